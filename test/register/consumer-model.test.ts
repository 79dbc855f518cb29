import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLong, runs } from '../support/long.ts'
import type { Cell } from '../../lib/audience/column.ts'
import { NOON, settingsOf, sha256 } from '../graph-api/builders.ts'
import { MISHAPS, runConsumers } from './consumers.ts'
import type { Broken, Invocation, Message, Mishap } from './consumers.ts'
import { packMessages } from '../../lib/track/message.ts'
import { createErasure } from '../../lib/erasure/erasure.ts'
import { memoryErasures, peopleBy } from '../erasure/memory-erasures.ts'
import { META_MODELS, createAudience } from './meta-model.ts'
import type { MetaModel } from './meta-model.ts'
import { lastRemoved, peopleIn, peopleInByTheRule, promisedByParts } from './oracle.ts'
import type { Event } from './oracle.ts'

/** MODEL_RUNS=60000 is a long search, for what a short one does not find. */
const RUNS = Number(process.env.MODEL_RUNS ?? runs(3_000, 100))
const TIMEOUT = { timeout: Math.max(180_000, RUNS * 300) }

const AUDIENCES = ['100001', '100002', '100003']

/** Today's settings, and settings of another day with other columns. `crm` feeds the first audience as well. */
const SETTINGS = (
  [
    ['EMAIL', 'PHONE', 'EXTERN_ID', 'FN', 'LN', 'ZIP'],
    ['EXTERN_ID', 'LN', 'FN', 'PHONE', 'ZIP', 'EMAIL'],
  ] as const
).map((userSchema) =>
  settingsOf(
    { name: 'main', userSchema, events: { BOTH: AUDIENCES.slice(0, 2), ONE: AUDIENCES[0] }, defaultCountry: 'DE' },
    { name: 'crm', userSchema, events: { ONE: [AUDIENCES[0], AUDIENCES[2]] }, defaultCountry: 'DE' },
  ),
)

/** Which audiences an event reaches. The list in which a row stands is its direction. */
const REACHED = { BOTH: ['100001', '100002'], ONE: ['100001', '100003'] }

type Row = { EMAIL?: string; PHONE?: string; EXTERN_ID?: string; FN?: string; LN?: string; ZIP?: string }
const PHONES: Readonly<Record<string, string>> = { ann: '493012345671', bob: '493012345672', home: '493012345673' }
const IDENTIFIERS = (name: string) => [
  `EMAIL:${sha256(`${name}@x.de`)}`,
  `PHONE:${sha256(PHONES[name] ?? '')}`,
  `EXTERN_ID:${name}`,
]
const PEOPLE = new Map(['ann', 'bob'].map((name) => [name, IDENTIFIERS(name)]))

/** Cleo is known by her name and place alone. */
const CLEO: Row = { FN: 'cleo', LN: 'meyer', ZIP: '10115' }
const PEOPLE_AND_CLEO = new Map([...PEOPLE, ['cleo', namedByRow(CLEO)]])

function namedByRow(row: Row): string[] {
  const { EMAIL = '', PHONE = '', EXTERN_ID = '', FN = '', LN = '', ZIP = '' } = row
  const hashOf = (value: string) => value && sha256(value)
  const cells = [hashOf(EMAIL), hashOf(PHONE), EXTERN_ID, hashOf(FN), hashOf(LN), hashOf(ZIP)]
  return namedIn(['EMAIL', 'PHONE', 'EXTERN_ID', 'FN', 'LN', 'ZIP'], cells)
}
function namedIn(schema: readonly string[], cells: readonly Cell[]): string[] {
  const partsOf = (...fields: string[]) =>
    fields.flatMap((field) => {
      const cell = cells[schema.indexOf(field)] ?? ''
      return typeof cell === 'string' && cell !== '' ? [`${field}:${cell}`] : []
    })
  const strong = partsOf('EMAIL', 'PHONE', 'EXTERN_ID')
  return strong.length > 0 ? strong : [partsOf('FN', 'LN', 'ZIP').join()]
}

/** One event with rows of one or two people, in either list, as it was queued. */
type Queued = {
  at: number
  name: keyof typeof REACHED
  add: Row[]
  remove: Row[]
  inSession: boolean
  sequence: number
}

const byEmail = fc.tuple(fc.constantFrom('ann', 'bob'), fc.boolean(), fc.boolean()).map(([name, phone, id]): Row => ({
  EMAIL: `${name}@x.de`,
  ...(phone && { PHONE: PHONES[name] ?? '' }),
  ...(id && { EXTERN_ID: name }),
}))
const sharedPhone = fc.constantFrom<Row>(
  { EMAIL: 'ann@x.de' },
  { PHONE: PHONES.ann ?? '' },
  { EMAIL: 'ann@x.de', PHONE: PHONES.home ?? '' },
  { EMAIL: 'bob@x.de', PHONE: PHONES.home ?? '' },
  { EMAIL: 'bob@x.de' },
  { PHONE: PHONES.home ?? '' },
)
/** Any of what is known of somebody, in one event this and in the next one that. */
const byParts = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom('ann', 'bob'), fc.integer({ min: 1, max: 7 }), fc.boolean()).map(somePartsOf),
  },
  { weight: 1, arbitrary: fc.constant(CLEO) },
)
function somePartsOf([name, parts, hasDetails]: [string, number, boolean]): Row {
  return {
    ...((parts & 1) > 0 && { EMAIL: `${name}@x.de` }),
    ...((parts & 2) > 0 && { PHONE: PHONES[name] ?? '' }),
    ...((parts & 4) > 0 && { EXTERN_ID: name }),
    ...(hasDetails && { FN: name, LN: 'meyer', ZIP: '10115' }),
  }
}

function queued(row: fc.Arbitrary<Row>): fc.Arbitrary<Queued> {
  const rows = fc.array(row, { maxLength: 2 })
  return fc
    .record({
      at: fc.nat(4),
      name: fc.constantFrom('BOTH' as const, 'ONE' as const),
      add: rows,
      remove: rows,
      inSession: fc.boolean(),
      sequence: fc.constantFrom(1, 2),
    })
    .filter(({ add, remove }) => add.length + remove.length > 0)
}

const invocation: fc.Arbitrary<Invocation> = fc.record({
  twice: fc.boolean(),
  skewMs: fc.constantFrom(0, -30_000, 30_000),
  settings: fc.nat(1),
  startsLate: fc.boolean(),
})
const mishap: fc.Arbitrary<Mishap> = fc.record({ step: fc.nat(60), kind: fc.constantFrom(...MISHAPS) })

function scenario(row: fc.Arbitrary<Row>) {
  return [
    fc.array(queued(row), { minLength: 1, maxLength: 5 }),
    fc.scheduler(),
    fc.uniqueArray(mishap, { maxLength: 4, selector: ({ step }) => step }),
    fc.array(invocation, { minLength: 1, maxLength: 6 }),
    fc.constantFrom<MetaModel>(...META_MODELS),
  ] as const
}

/** A session's message carries one direction for one destination; elsewhere both share a message. */
function messagesOf(events: readonly Queued[]): Message[] {
  return events.flatMap(({ at, name, add, remove, inSession, sequence }, index): Message[] => {
    const event = { messageId: `message-${index}`, name, at: NOON - 60_000 + at }
    const body = (content: object) =>
      JSON.stringify({ version: 1, source: 'server', receivedAt: NOON, events: [{ ...event, ...content }] })
    if (!inSession) return [{ body: body({ ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) }) }]
    const destinations = name === 'ONE' ? ['main', 'crm'] : ['main']
    return destinations.flatMap((destination) =>
      (['add', 'remove'] as const).flatMap((direction) => {
        const users = direction === 'add' ? add : remove
        const session = { sessionId: String(1 + (index % 2)), batchSequence: sequence, lastBatch: sequence === 2 }
        if (users.length === 0) return []
        return [
          {
            body: body({ destinations: [destination], [direction]: users, session }),
            groupId: `${direction} ${session.sessionId} ${destination}`,
          },
        ]
      }),
    )
  })
}

function eventsFor(audience: string, events: readonly Queued[]): Event[] {
  return events
    .filter(({ name }) => REACHED[name].includes(audience))
    .flatMap(({ at, add, remove }) => [
      ...add.map((row) => ({ at, add: true, named: namedByRow(row) })),
      ...remove.map((row) => ({ at, add: false, named: namedByRow(row) })),
    ])
}

type Conditions = {
  mishaps: readonly Mishap[]
  invocations: readonly Invocation[]
  broken?: Broken
} & Pick<Parameters<typeof runConsumers>[2], 'erasures' | 'meanwhile'>

async function audiencesAfter(
  events: readonly Queued[],
  scheduler: fc.Scheduler,
  model: MetaModel,
  conditions: Conditions,
) {
  const audiences = new Map(AUDIENCES.map((id) => [id, createAudience(model)]))
  await runConsumers(messagesOf(events), scheduler, { settings: SETTINGS, audiences, namedIn, ...conditions })
  return AUDIENCES.map((id) => {
    const inside = audiences.get(id)?.identifiers() ?? new Set<string>()
    return { inside, actual: peopleIn(PEOPLE, inside), events: eventsFor(id, events) }
  })
}

describe('whatever the order of steps, failures, crashes, redeliveries, clocks and settings', () => {
  test('who is always named by e-mail ends in every audience as the newest word says', TIMEOUT, async () => {
    await fc.assert(
      fc.asyncProperty(...scenario(byEmail), async (events, scheduler, mishaps, invocations, model) => {
        for (const { actual, events: about } of await audiencesAfter(events, scheduler, model, {
          mishaps,
          invocations,
        }))
          expect(actual).toEqual(peopleInByTheRule(PEOPLE, about))
      }),
      { numRuns: RUNS },
    )
  })

  test(
    'who is named by other parts in each event is in when added behind all removals, and out by what was last removed',
    TIMEOUT,
    async () => {
      await fc.assert(
        fc.asyncProperty(...scenario(byParts), async (events, scheduler, mishaps, invocations, model) => {
          const after = await audiencesAfter(events, scheduler, model, { mishaps, invocations })
          for (const { inside, events: about } of after) {
            const actual = peopleIn(PEOPLE_AND_CLEO, inside)
            for (const [person, identifiers] of PEOPLE_AND_CLEO)
              expect(actual.includes(person)).toBe(promisedByParts(identifiers, about) ?? actual.includes(person))
            // An account that comes back by one identifier has its others too, where Meta remembers them.
            if (model !== 'account') expect(lastRemoved([...inside], about)).toEqual([])
          }
        }),
        { numRuns: RUNS },
      )
    },
  )

  test('where people share a phone, nobody is in whose own e-mail was last removed', TIMEOUT, async () => {
    await fc.assert(
      fc.asyncProperty(...scenario(sharedPhone), async (events, scheduler, mishaps, invocations, model) => {
        if (model === 'account') return
        for (const { inside, events: about } of await audiencesAfter(events, scheduler, model, {
          mishaps,
          invocations,
        })) {
          const emails = ['ann', 'bob'].map((name) => `EMAIL:${sha256(`${name}@x.de`)}`)
          expect(lastRemoved(emails, about).filter((email) => inside.has(email))).toEqual([])
        }
      }),
      { numRuns: RUNS },
    )
  })
})

/** Remembers these people as erased, as ingest does, and answers the messages of their removals. */
async function erase(
  names: readonly string[],
  at: number,
  erasures: ReturnType<typeof memoryErasures>,
  id = 'erasure-1',
) {
  const plan = createErasure(SETTINGS[0]?.destinations ?? [], () => NOON)
  const people = peopleBy(...names.map((name) => ({ EMAIL: `${name}@x.de` })))
  const { identifiers, lists } = plan({ id, at, people })
  await erasures.people().remember(identifiers, 'erased')
  return packMessages('server', NOON, lists).removal
}

test('whatever happens, no erased person ends in any audience, and nobody else is missing', TIMEOUT, async () => {
  const erased = fc.record({
    names: fc.subarray(['ann', 'bob'], { minLength: 1 }),
    /** Before, among or after the times of the events: it makes no difference. */
    at: fc.constantFrom(NOON - 120_000, NOON - 60_000 + 2, NOON),
  })
  await fc.assert(
    fc.asyncProperty(
      erased,
      ...scenario(byEmail),
      async ({ names, at }, events, scheduler, mishaps, invocations, model) => {
        const erasures = memoryErasures()
        const meanwhile = [() => erase(names, at, erasures)]
        const after = await audiencesAfter(events, scheduler, model, { mishaps, invocations, erasures, meanwhile })
        const others = new Map([...PEOPLE].filter(([name]) => !names.includes(name)))
        for (const { actual, events: about } of after) expect(actual).toEqual(peopleInByTheRule(others, about))
        // Every audience has let them go, and that is recorded.
        const done = names.map((_, place) => place)
        for (const [destination, audienceId] of ERASED_FROM) {
          const noted = erasures.progress.filter(
            (each) => each.destination === destination && each.audienceId === audienceId,
          )
          expect([...new Set(noted.flatMap((each) => each.done))].sort()).toEqual(done)
        }
      },
    ),
    { numRuns: RUNS },
  )
})

test(
  'many erasures of one person each are all recorded, whatever happens, and nobody of them is in',
  TIMEOUT,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ann', 'bob'), { minLength: 2, maxLength: 40 }),
        ...scenario(byEmail),
        async (names, events, scheduler, mishaps, invocations, model) => {
          const erasures = memoryErasures()
          const meanwhile = names.map((name, index) => () => erase([name], NOON, erasures, `erasure-${index}`))
          const after = await audiencesAfter(events, scheduler, model, { mishaps, invocations, erasures, meanwhile })
          const others = new Map([...PEOPLE].filter(([name]) => !names.some((each) => each === name)))
          for (const { actual, events: about } of after) expect(actual).toEqual(peopleInByTheRule(others, about))
          for (const index of names.keys()) {
            const letGo = await erasures.letGo(`erasure-${index}`)
            expect(letGo.map(({ destination, audienceId, done }) => [destination, audienceId, done]).sort()).toEqual(
              ERASED_FROM.map((target) => [...target, 1]).sort(),
            )
          }
        },
      ),
      { numRuns: RUNS },
    )
  },
)

const ERASED_FROM = [
  ['main', '100001'],
  ['main', '100002'],
  ['crm', '100001'],
  ['crm', '100003'],
]

/**
 * Events about Ann alone, with mishaps of these kinds at the first steps. Chance alone would hardly find what they
 * break.
 */
function closeUp(kinds: readonly Mishap['kind'][]) {
  const early = fc.record({ step: fc.nat(16), kind: fc.constantFrom(...kinds) })
  const one = queued(fc.constant<Row>({ EMAIL: 'ann@x.de' })).map((event): Queued => ({ ...event, inSession: false }))
  return [
    fc.array(one, { minLength: 2, maxLength: 3 }),
    fc.scheduler(),
    fc.uniqueArray(early, { minLength: 1, maxLength: 3, selector: ({ step }) => step }),
    fc.constant([]),
    fc.constant<MetaModel>('row'),
  ] as const
}

describe.runIf(isLong)('the newest word does not win', () => {
  test.each<[string, Broken, Mishap['kind'][]]>([
    ['two invocations may hold the head of an audience at once', 'head', ['slow', 'crash']],
    ['the newest time of a head is trusted that was never given back', 'crashed head', ['refused']],
    ['an audience does not rest after a request without an answer', 'rest', ['late']],
    ['nothing is written down before it is sent', 'write first', ['slow']],
    ['the log is not looked up', 'look-up', ['slow']],
  ])('when %s', { timeout: 300_000 }, async (_, broken, kinds) => {
    const ends = async (taken: { broken?: Broken }) => {
      const property = fc.asyncProperty(...closeUp(kinds), async (events, scheduler, mishaps, invocations, model) => {
        const after = await audiencesAfter(events, scheduler, model, { mishaps, invocations, ...taken })
        return after.every(({ actual, events: about }) => actual.join() === peopleInByTheRule(PEOPLE, about).join())
      })
      return fc.check(property, { numRuns: 'broken' in taken ? 20_000 : 200, endOnFailure: true })
    }
    expect((await ends({ broken })).failed).toBe(true)
    expect((await ends({})).failed).toBe(false)
  })
})
