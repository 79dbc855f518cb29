import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/long.ts'
import type { Change } from '../../lib/audience/change.ts'
import type { Cell } from '../../lib/audience/column.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import { encodeWords, wordsIn } from '../../lib/register/entries.ts'
import type { Words } from '../../lib/register/last-word.ts'
import { toSend } from '../../lib/register/to-send.ts'
import type { ToSend } from '../../lib/register/to-send.ts'
import { META_MODELS, createAudience } from './meta-model.ts'
import type { MetaModel } from './meta-model.ts'
import { lastRemoved, peopleIn, peopleInByTheRule, promisedByParts } from './oracle.ts'
import type { Event } from './oracle.ts'

/** RULE_RUNS=200000 is a long search, for what a short one does not find. */
const RUNS = Number(process.env.RULE_RUNS ?? runs(3_000, 200))
const TIMEOUT = { timeout: Math.max(180_000, RUNS * 20) }

const SCHEMA = ['EMAIL', 'PHONE', 'EXTERN_ID', 'FN'] as const
type Row = readonly [email: string, phone: string, externId: string]

const PEOPLE = new Map(['ann', 'bob'].map((name) => [name, [`EMAIL:${name}`, `PHONE:${name}`, `EXTERN_ID:${name}`]]))
const namedIn = (cells: readonly Cell[]) =>
  SCHEMA.flatMap((field, index) =>
    typeof cells[index] === 'string' && cells[index] !== '' && field !== 'FN' ? [`${field}:${cells[index]}`] : [],
  )

/** An event, the turn in which it is served, and a later turn in which it is served again. */
type Arrival = { row: Row; add: boolean; at: number; turn: number; again: number | undefined }

type Rule = (hand: { add: Change[]; remove: Change[] }, log: Words) => ToSend

const theRule: Rule = (hand, log) => toSend([{ schema: SCHEMA, ...hand }], log)[0] ?? { add: [], remove: [] }

/** Serves arrivals turn by turn, one sender at a time. Answers who is in the audience in the end. */
function served(arrivals: readonly Arrival[], model: MetaModel, rule: Rule): Set<string> {
  const audience = createAudience(model)
  const log = { add: [] as Uint8Array[], remove: [] as Uint8Array[] }
  for (let turn = 0; turn < 12; turn += 1) {
    const atHand = arrivals.filter((arrival) => arrival.turn === turn || arrival.again === turn)
    const changes = (add: boolean) =>
      atHand
        .filter((arrival) => arrival.add === add)
        .map(({ row, at }): Change => {
          const cells = [...row, 'name']
          return { cells, identifiers: identifiersOf(SCHEMA, cells), at }
        })
    const hand = { add: changes(true), remove: changes(false) }
    const read = (pieces: readonly Uint8Array[]) => pieces.flatMap((piece) => [...wordsIn(piece)])
    const { add, remove } = rule(hand, { add: read(log.add), remove: read(log.remove) })
    log.add.push(...encodeWords(hand.add))
    log.remove.push(...encodeWords(hand.remove))
    for (const { cells } of remove) audience.apply('remove', namedIn(cells))
    for (const { cells } of [...remove.flatMap(({ behind }) => behind ?? []), ...add])
      audience.apply('add', namedIn(cells))
  }
  return audience.identifiers()
}

const eventsOf = (arrivals: readonly Arrival[]): Event[] =>
  arrivals.map(({ row, add, at }) => ({ at, add, named: namedIn(row) }))

function arrivals(row: fc.Arbitrary<Row>) {
  const turn = fc.nat(5)
  const again = fc.option(fc.integer({ min: 6, max: 11 }), { nil: undefined, freq: 2 })
  return fc.array(fc.record({ row, add: fc.boolean(), at: fc.nat(4), turn, again }), { minLength: 1, maxLength: 6 })
}

const byEmail = fc
  .tuple(fc.constantFrom('ann', 'bob'), fc.boolean(), fc.boolean())
  .map(([name, phone, id]): Row => [name, phone ? name : '', id ? name : ''])

/** Any of what is known of somebody, in one event this and in the next one that. */
const byParts = fc
  .tuple(fc.constantFrom('ann', 'bob'), fc.integer({ min: 1, max: 7 }))
  .map(([name, parts]): Row => [parts & 1 ? name : '', parts & 2 ? name : '', parts & 4 ? name : ''])

/** Ann and Bob share a phone, beside what is their own. */
const sharedPhone = fc.constantFrom<Row>(
  ...([
    ['ann', '', ''],
    ['', 'ann', ''],
    ['ann', 'ann', ''],
    ['ann', 'home', ''],
  ] as Row[]),
  ...([
    ['bob', 'home', ''],
    ['bob', '', ''],
    ['', 'home', ''],
  ] as Row[]),
)

function whoIsWrong(all: readonly Arrival[], model: MetaModel, rule: Rule) {
  return { actual: peopleIn(PEOPLE, served(all, model, rule)), expected: peopleInByTheRule(PEOPLE, eventsOf(all)) }
}

describe('whatever the order and partition of events, and however often they come', () => {
  test.each(META_MODELS)('who is always named by e-mail ends as the newest word says (Meta: %s)', TIMEOUT, (model) => {
    fc.assert(
      fc.property(arrivals(byEmail), (all) => {
        const { actual, expected } = whoIsWrong(all, model, theRule)
        expect(actual).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  })

  test.each(META_MODELS)(
    'who is named by other parts in each event is in when added behind all removals, and out by what was last removed (Meta: %s)',
    TIMEOUT,
    (model) => {
      fc.assert(
        fc.property(arrivals(byParts), (all) => {
          const inside = served(all, model, theRule)
          const actual = peopleIn(PEOPLE, inside)
          for (const [person, identifiers] of PEOPLE)
            expect(actual.includes(person)).toBe(promisedByParts(identifiers, eventsOf(all)) ?? actual.includes(person))
          // An account that comes back by one identifier has its others too, where Meta remembers them.
          if (model !== 'account') expect(lastRemoved([...inside], eventsOf(all))).toEqual([])
        }),
        { numRuns: RUNS },
      )
    },
  )

  // If Meta remembers accounts, a person who was removed by e-mail and added by phone alone is in again.
  test.each(['row', 'forgetful'] as const)(
    'where people share a phone, nobody is in whose own e-mail was last removed (Meta: %s)',
    TIMEOUT,
    (model) => {
      fc.assert(
        fc.property(arrivals(sharedPhone), (all) => {
          const inside = served(all, model, theRule)
          const removed = lastRemoved(['EMAIL:ann', 'EMAIL:bob'], eventsOf(all))
          expect(removed.filter((email) => inside.has(email))).toEqual([])
        }),
        { numRuns: RUNS },
      )
    },
  )
})

describe('who is always named by e-mail does not end as the newest word says', () => {
  const NOTHING = { add: [], remove: [] }
  test.each<[string, Rule]>([
    ['adds are sent that do not stand', (hand, log) => ({ ...theRule(hand, log), add: hand.add })],
    [
      'a removal is sent with the identifiers that a newer add names',
      (hand, log) => ({ ...theRule(hand, log), remove: hand.remove }),
    ],
    [
      'who came back is not added again behind a removal',
      (hand, log) => {
        const { add, remove } = theRule(hand, log)
        return { add, remove: remove.map(({ behind: _, ...removal }) => removal) }
      },
    ],
    ['the log is not looked up', (hand) => theRule(hand, NOTHING)],
    ['only removals are looked up', (hand, log) => theRule(hand, { ...log, add: [] })],
    ['only adds are looked up', (hand, log) => theRule(hand, { ...log, remove: [] })],
    [
      'an add wins against a removal of the same time',
      (hand, log) => {
        const later = (changes: Change[]) => changes.map((change) => ({ ...change, at: change.at + 0.5 }))
        return theRule({ ...hand, add: later(hand.add) }, log)
      },
    ],
  ])('when %s', TIMEOUT, (_, rule) => {
    const property = fc.property(arrivals(byEmail), fc.constantFrom(...META_MODELS), (all, model) => {
      const { actual, expected } = whoIsWrong(all, model, rule)
      return actual.join() === expected.join()
    })
    expect(fc.check(property, { numRuns: 20_000, endOnFailure: true }).failed).toBe(true)
  })
})

test.each(META_MODELS)(
  'who came back is added again by all identifiers that stay together, so that a later removal by one takes out the other (%s)',
  (model) => {
    const arrivals: Arrival[] = [
      { row: ['ann', '', 'ann'], add: true, at: 4, turn: 0, again: undefined },
      { row: ['ann', 'ann', 'ann'], add: false, at: 1, turn: 1, again: undefined },
      { row: ['ann', '', ''], add: true, at: 4, turn: 1, again: undefined },
      { row: ['ann', 'ann', ''], add: false, at: 4, turn: 2, again: undefined },
    ]
    expect(peopleIn(PEOPLE, served(arrivals, model, theRule))).toEqual([])
  },
)

test.each([
  ['row', ['ann']],
  ['account', []],
  ['forgetful', []],
] as const)(
  'what stays open: who is removed by EXTERN_ID alone is in by a row of e-mail and phone only where Meta matches by row (%s)',
  (model, inside) => {
    const arrivals: Arrival[] = [
      { row: ['ann', 'ann', ''], add: true, at: 1, turn: 0, again: undefined },
      { row: ['ann', '', 'ann'], add: true, at: 3, turn: 1, again: undefined },
      { row: ['ann', '', ''], add: false, at: 2, turn: 2, again: undefined },
      { row: ['', '', 'ann'], add: false, at: 4, turn: 3, again: undefined },
    ]
    expect(peopleIn(PEOPLE, served(arrivals, model, theRule))).toEqual(inside)
  },
)
