import { describe, expect, it } from 'vitest'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import { joinLots, toChanges } from '../../lib/audience/lot.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import { toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import { createRowBuilder, createToRow, rowSchema } from '../../lib/audience/row.ts'
import { parseDestinations } from '../../lib/config/destinations.ts'
import type { QueueMessage, QueuedEvent } from '../../lib/track/message.ts'
import { settingsOf } from '../support/settings.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, aDestination, people, sha256 } from '../graph-api/builders.ts'

const parsed = parseDestinations({
  sources: [{ name: 'server' }, { name: 'shop', allowedOrigins: ['https://www.example.com'] }],
  destinations: [
    { name: 'one', userSchema: ['EMAIL'], events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } },
    { name: 'two', userSchema: ['EMAIL'], events: { USER_ADD: AUDIENCE } },
    { name: 'web', userSchema: ['EMAIL'], events: { USER_ADD: AUDIENCE }, sources: ['shop'] },
  ],
})
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
const { destinations: settings } = parsed

const aMessage = (event: Partial<QueuedEvent>, source = 'server'): QueueMessage => ({
  version: 1,
  source,
  receivedAt: NOON,
  events: [{ messageId: 'm', name: 'USER_ADD', at: NOON, add: [{ EMAIL: 'a@example.com' }], ...event }],
})
const shown = (message: QueueMessage) =>
  toOperations(message, settings).map(({ destination, audienceIds, direction }) => [
    destination.name,
    direction,
    audienceIds.length,
  ])

describe('operations', () => {
  it('go to every destination that maps the event and is fed by its source, in both directions', () => {
    expect(shown(aMessage({ remove: [{ EMAIL: 'b@example.com' }] }))).toEqual([
      ['one', 'add', 2],
      ['one', 'remove', 2],
      ['two', 'add', 1],
      ['two', 'remove', 1],
    ])
    expect(shown(aMessage({}, 'shop'))).toEqual([['web', 'add', 1]])
  })

  it('go only to the destinations that the event names', () => {
    expect(shown(aMessage({ destinations: ['two', 'gone'] }))).toEqual([['two', 'add', 1]])
  })

  it('of a destination go to all its audiences, once each, also when another source feeds it', () => {
    const removalOf = (name: string): QueueMessage => ({
      ...aMessage({}),
      events: [{ messageId: 'm', by: 'destination', name, at: NOON, remove: [{ EMAIL: 'a@example.com' }] }],
    })
    const { destinations } = settingsOf({
      sources: [{ name: 'server' }, { name: 'shop' }],
      destinations: [
        {
          ...{
            name: 'one',
            sources: ['shop'],
            userSchema: ['EMAIL'],
            events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] },
          },
          ...{ memberships: { vip: OTHER_AUDIENCE }, sourceAudience: { shop: '23846440602800585' } },
        },
        { name: 'two', userSchema: ['EMAIL'], events: { one: AUDIENCE } },
      ],
    })
    const operations = toOperations(removalOf('one'), { sources: [], destinations })
    expect(
      operations.map(({ destination, direction, audienceIds }) => [destination.name, direction, audienceIds]),
    ).toEqual([['one', 'remove', [AUDIENCE, OTHER_AUDIENCE, '23846440602800585']]])
    const gone = removalOf('gone')
    expect([toOperations(gone, settings), unmappedPart(gone, settings)]).toEqual([[], gone])
  })

  it('of several names are one for each destination, with every audience that any of them leads to, once', () => {
    const { destinations } = settingsOf({
      destinations: [
        { name: 'one', userSchema: ['EMAIL'], memberships: { a: AUDIENCE, b: [OTHER_AUDIENCE, AUDIENCE] } },
        { name: 'two', userSchema: ['EMAIL'], memberships: { c: AUDIENCE } },
      ],
    })
    const message = aMessage({ by: 'membership', name: 'a', more: ['b', 'c', 'gone'] })
    const operations = toOperations(message, { sources: [], destinations })
    expect(operations.map(({ destination, audienceIds }) => [destination.name, audienceIds])).toEqual([
      ['one', [AUDIENCE, OTHER_AUDIENCE]],
      ['two', [AUDIENCE]],
    ])
  })

  it('are missed for each name that leads nowhere any more, and the users of those are told once', () => {
    const { destinations } = settingsOf({
      destinations: [{ name: 'one', userSchema: ['EMAIL'], memberships: { a: AUDIENCE } }],
    })
    const left = (event: Partial<QueuedEvent>) =>
      unmappedPart(aMessage({ by: 'membership', ...event }), { sources: [], destinations })?.events.map(
        ({ name, more, destinations: to }) => [name, more, to],
      )
    expect(left({ name: 'a' })).toBeUndefined()
    expect(left({ name: 'a', more: ['x', 'y'] })).toEqual([['x', ['y'], undefined]])
    expect(left({ name: 'x', more: ['a'], destinations: ['one', 'gone'] })).toEqual([
      ['x', undefined, ['one', 'gone']],
      ['a', undefined, ['gone']],
    ])
  })

  it('are none for an event that nothing maps, whatever its name', () => {
    for (const name of ['user_add', 'toString', '__proto__', 'constructor'])
      expect(shown(aMessage({ name }))).toEqual([])
    expect(shown(aMessage({}, 'unknown'))).toEqual([])
  })
})

describe('the changes of an operation', () => {
  const destination = aDestination({ userSchema: ['EMAIL', 'FN'] })
  const rows = createRowBuilder(destination, () => NOON)
  const operation = {
    destination,
    audienceIds: [AUDIENCE],
    direction: 'add' as const,
    offset: 100,
    messageId: 'm',
    at: NOON - 5,
    isPerson: false,
    session: undefined,
    isErasure: false,
  }

  it('carry the time of the event, and bad users are reported by their place while the others go on', () => {
    const users = [{ EMAIL: 'a@example.com' }, null, { EMAIL: 'no address', FN: 'Ann' }, { LN: 'x' }]
    const { changes, reports } = toChanges({ ...operation, users }, rows)
    expect(changes.map(({ cells, at }) => [cells, at])).toEqual([[[sha256('a@example.com'), ''], NOON - 5]])
    expect(reports.map(({ index, dropped, fields }) => [index, dropped, fields.map(({ field }) => field)])).toEqual([
      [101, 'not_an_object', []],
      [102, 'cannot_match', ['EMAIL']],
      [103, 'no_usable_value', []],
    ])
  })

  it('of a list that is sent in part know the place of each user in the whole list', () => {
    const [partial] = toOperations(aMessage({ add: [null, { EMAIL: 'no address' }], places: [3, 7] }), settings)
    if (!partial) throw new Error('No operation')
    expect(toChanges(partial, rows).reports.map(({ index }) => index)).toEqual([3, 7])
  })
})

describe('lots', () => {
  const [one, two] = settings.destinations
  if (!one || !two) throw new Error('No destinations')
  const [a, b] = [people('a'), people('b')]
  const aLot = (more: Partial<Lot>): Lot => ({
    destination: one,
    audienceIds: [AUDIENCE],
    schema: ['EMAIL'],
    add: [],
    remove: [],
    ...more,
  })
  const joined = (...lots: Partial<Lot>[]) => joinLots(lots.map(aLot))

  it('of the same destination, audiences and columns are joined, whatever messages they came in', () => {
    const lots = joined(
      { add: a },
      { add: b },
      { remove: a },
      { add: a, audienceIds: [OTHER_AUDIENCE] },
      { add: a, destination: two },
      { add: a, schema: ['EMAIL', 'FN'] },
    )
    expect(lots.map(({ add, remove }) => [add.length, remove.length])).toEqual([
      [2, 1],
      [1, 0],
      [1, 0],
      [1, 0],
    ])
  })

  it('of which some were too slow are sent in the smallest of their sizes', () => {
    expect(joined({ add: a, atOnce: 50 }, { add: b, atOnce: 7 }, { add: b })).toMatchObject([{ atOnce: 7 }])
    expect(joined({ add: a }, { add: b })[0]).not.toHaveProperty('atOnce')
  })
})

describe('an identifier', () => {
  it('is the digit of its field and the beginning of the SHA-256 of what is sent', () => {
    const hashed = sha256('jane@example.com')
    expect(identifiersOf(['EMAIL', 'PHONE', 'MADID', 'EXTERN_ID'], [hashed, sha256('49301'), 'ab-c', 'é'])).toEqual([
      `1${hashed.slice(0, 15)}`,
      `2${sha256('49301').slice(0, 15)}`,
      `3${sha256('ab-c').slice(0, 15)}`,
      `4${sha256('é').slice(0, 15)}`,
    ])
  })

  it('of an EXTERN_ID that looks like a hash is made of it as of any other', () => {
    const text = sha256('x')
    expect(identifiersOf(['EXTERN_ID'], [text])).toEqual([`4${sha256(text).slice(0, 15)}`])
  })

  it('of a row that names nobody on its own is of all that says who it is, in any order of the columns', () => {
    const [ann, smith] = [sha256('ann'), sha256('smith')]
    const [whole] = identifiersOf(['FN', 'LN', 'EMAIL'], [ann, smith, ''])
    const known = JSON.stringify([
      ['FN', ann],
      ['LN', smith],
    ])
    expect(whole).toBe(`f${sha256(known).slice(0, 15)}`)
    expect(identifiersOf(['LN', 'EMAIL', 'FN'], [smith, '', ann])).toEqual([whole])
    expect(identifiersOf(['FN', 'LN', 'LOOKALIKE_VALUE'], [ann, smith, 7])).toEqual([whole])
    expect(identifiersOf(['FN', 'LN', 'LOOKALIKE_VALUE'], [ann, smith, 8])).toEqual([whole])
    expect(identifiersOf(['FN', 'LN'], [smith, ann])).not.toEqual([whole])
  })
})

it('rows are known by the same identifiers before and after they waited', () => {
  const destination = aDestination({ userSchema: ['EMAIL', 'PHONE', 'FN', 'LN', 'MADID', 'EXTERN_ID'] })
  const toRow = createToRow(destination, () => NOON)
  const users = [
    { EMAIL: 'a@example.com', FN: 'Ann' },
    { FN: 'Ann', LN: 'Lee' },
    { EXTERN_ID: 'é', MADID: '6D92078A-8246-4BA4-AE5B-76104861E7DC' },
  ]
  for (const user of users) {
    const result = toRow(user)
    if (!('row' in result)) throw new Error('The user was dropped')
    expect(identifiersOf(rowSchema(destination), result.row.cells)).toEqual(result.row.identifiers)
  }
})
