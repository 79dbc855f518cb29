import { describe, expect, it } from 'vitest'
import { createCollection, toChanges } from '../../lib/audience/collect.ts'
import type { UserReport } from '../../lib/audience/collect.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import { toOperations } from '../../lib/audience/operation.ts'
import { createRowBuilder, rowSchema } from '../../lib/audience/row.ts'
import { parseDestinations } from '../../lib/config/destinations.ts'
import type { QueuedEvent, QueueMessage } from '../../lib/track/message.ts'
import { aDestination, AUDIENCE, NOON, OTHER_AUDIENCE, people, sha256 } from '../graph-api/builders.ts'

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

  it('are none for an event that nothing maps, whatever its name', () => {
    for (const name of ['user_add', 'toString', '__proto__', 'constructor'])
      expect(shown(aMessage({ name }))).toEqual([])
    expect(shown(aMessage({}, 'unknown'))).toEqual([])
  })
})

describe('the changes of an operation', () => {
  const destination = aDestination({ userSchema: ['EMAIL', 'FN'] })
  const rows = { schema: rowSchema(destination), toRow: createRowBuilder(destination, () => NOON) }
  const operation = {
    destination,
    audienceIds: [AUDIENCE],
    direction: 'add' as const,
    offset: 100,
    messageId: 'm',
    at: NOON - 5,
    session: undefined,
  }

  it('carry the time of the event, and bad users are reported by their place while the others go on', () => {
    const reports: UserReport[] = []
    const users = [{ EMAIL: 'a@example.com' }, null, { EMAIL: 'no address', FN: 'Ann' }, { LN: 'x' }]
    const changes = toChanges({ ...operation, users }, rows, (report) => reports.push(report))
    expect(changes.map(({ cells, at }) => [cells, at])).toEqual([
      [[sha256('a@example.com'), ''], NOON - 5],
      [['', sha256('ann')], NOON - 5],
    ])
    expect(reports.map(({ index, dropped, fields }) => [index, dropped, fields.map(({ field }) => field)])).toEqual([
      [101, 'not_an_object', []],
      [102, undefined, ['EMAIL']],
      [103, 'no_usable_value', []],
    ])
  })
})

it('changes are collected by destination, audience and columns, whatever they came in', () => {
  const collection = createCollection()
  const [one, two] = settings.destinations
  if (!one || !two) throw new Error('No destinations')
  const [a, b] = [people('a'), people('b')]
  collection.add(one, AUDIENCE, ['EMAIL'], 'add', a)
  collection.add(one, AUDIENCE, ['EMAIL'], 'add', b)
  collection.add(one, AUDIENCE, ['EMAIL'], 'remove', a)
  collection.add(one, OTHER_AUDIENCE, ['EMAIL'], 'add', a)
  collection.add(two, AUDIENCE, ['EMAIL'], 'add', a)
  collection.add(one, AUDIENCE, ['EMAIL', 'FN'], 'add', a)
  expect(collection.groups().map(({ add, remove }) => [add.length, remove.length])).toEqual([
    [2, 1],
    [1, 0],
    [1, 0],
    [1, 0],
  ])
})

it('a row is known by each field that names one person, and otherwise by the whole of it', () => {
  expect(identifiersOf(['EMAIL', 'FN', 'MADID', 'EXTERN_ID'], ['e', 'f', '', '7'])).toEqual(['EMAIL:e', 'EXTERN_ID:7'])
  expect(identifiersOf(['EMAIL', 'FN'], ['', 'f'])).toEqual(['ROW:["","f"]'])
})

it('rows are known by the same identifiers before and after they waited', () => {
  const destination = aDestination({ userSchema: ['EMAIL', 'PHONE', 'FN', 'MADID', 'EXTERN_ID'] })
  const toRow = createRowBuilder(destination, () => NOON)
  const users = [
    { EMAIL: 'a@example.com', FN: 'Ann' },
    { FN: 'Ann' },
    { EXTERN_ID: 'é', MADID: '6D92078A-8246-4BA4-AE5B-76104861E7DC' },
  ]
  for (const user of users) {
    const result = toRow(user)
    if (!('row' in result)) throw new Error('The user was dropped')
    expect(identifiersOf(rowSchema(destination), result.row.cells)).toEqual(result.row.identifiers)
  }
})
