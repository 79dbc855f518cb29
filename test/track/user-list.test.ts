import { describe, expect, test } from 'vitest'
import { createEventReader } from '../../lib/track/selection.ts'
import type { WarningCode } from '../../lib/track/warning.ts'
import { aTrack } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

function read(events: unknown[], ...destinations: Record<string, unknown>[]) {
  const settings = settingsOf({ destinations: (destinations.length > 0 ? destinations : [{}]).map(aDestination) })
  const [source] = settings.sources
  if (!source) throw new Error('the settings have no source')
  const receipt = { routeType: undefined, receivedAt: 0, newId: () => 'new-id' }
  return createEventReader(settings, source).read(events, receipt)
}

const listsOf = (properties: Record<string, unknown>, ...destinations: Record<string, unknown>[]) =>
  read([aTrack({ properties })], ...destinations)

/** The session problems of an event, in their order. */
const problemsOf = ({ warnings }: ReturnType<typeof read>) =>
  warnings.named.map(({ code }) => code).filter((code: WarningCode) => code.startsWith('session_'))

const cut = (user: unknown, ...destinations: Record<string, unknown>[]) =>
  listsOf({ userListAdd: [user] }, ...destinations).lists[0]?.users[0]

const USER = { EMAIL: 'a@b.c', PHONE: '1', ST: 'ca', ZIP: '9', FN: 'f', COUNTRY: 'us', DOBY: '1990', other: 'x' }

describe('a user is cut to what its destinations need', () => {
  test.each([
    [['EMAIL'], ['EMAIL']],
    [
      ['EMAIL', 'FN'],
      ['EMAIL', 'FN'],
    ],
    [['PHONE'], ['PHONE', 'COUNTRY']],
    [['ST'], ['ST', 'COUNTRY']],
    [['ZIP'], ['ZIP', 'COUNTRY']],
    [
      ['COUNTRY', 'EMAIL'],
      ['EMAIL', 'COUNTRY'],
    ],
  ])('with the schema %j these are kept: %j', (userSchema, kept) => {
    expect(Object.keys(cut(USER, { userSchema }) ?? {}).sort()).toEqual([...kept].sort())
  })

  test('several destinations need the fields of each, of those that map the event', () => {
    const destinations = [
      { userSchema: ['EMAIL'] },
      { name: 'second', userSchema: ['FN'], events: { USER_ADD: OTHER_AUDIENCE } },
      { name: 'third', userSchema: ['DOBY'], events: { OTHER: OTHER_AUDIENCE.replace('2', '3') } },
    ]
    expect(cut(USER, ...destinations)).toEqual({ EMAIL: 'a@b.c', FN: 'f' })
  })

  test('limited data use needs what a user says about it', () => {
    const user = { EMAIL: 'a@b.c', DATA_PROCESSING_OPTIONS: ['LDU'], DATA_PROCESSING_OPTIONS_STATE: 1000 }
    expect(cut(user, { limitedDataUse: true })).toEqual(user)
    expect(cut(user)).toEqual({ EMAIL: 'a@b.c' })
  })

  test.each([
    [
      { Email: 'a', fn: 'b' },
      { EMAIL: 'a', FN: 'b' },
    ],
    [{ email: 'lower', EMAIL: 'exact' }, { EMAIL: 'exact' }],
    [{ EMAIL_SHA256: 'hash' }, { EMAIL: 'hash' }],
    [{ EMAIL: null, email_sha256: 'hash' }, { EMAIL: 'hash' }],
    [{ EMAIL: '', Email: 'a' }, { EMAIL: 'a' }],
    [
      { EMAIL: 5, FN: false },
      { EMAIL: 5, FN: false },
    ],
    [{ other: 1 }, {}],
  ])('%j becomes %j', (user, expected) => {
    expect(cut(user)).toEqual(expected)
  })

  test.each(['x', 7, null, [], true])('%j is no user, and keeps its place in the list', (user) => {
    expect(listsOf({ userListAdd: [user, { EMAIL: 'a' }] }).lists[0]?.users).toEqual([null, { EMAIL: 'a' }])
  })

  test('keys that every object inherits are no fields', () => {
    const user: unknown = JSON.parse('{"__proto__":{"EMAIL":"a"},"constructor":"x","EMAIL":"b"}')
    expect(cut(user)).toEqual({ EMAIL: 'b' })
    expect(cut(JSON.parse('{"__proto__":{"EMAIL":"a"}}'))).toEqual({})
  })

  test.each([
    ['too long', 'x'.repeat(2001)],
    ['an object', { a: 1 }],
    ['a list too long', Array.from({ length: 2000 }, () => 'xx')],
    ['a list of very many empty values', Array.from({ length: 100_000 }, () => '')],
    ['a list of lists', [['LDU']]],
    ['nested deeper than the stack', JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown],
  ])('a value that is %s is replaced by one that the consumer reports as unusable', (_, EMAIL) => {
    expect(cut({ EMAIL, FN: 'kept' })).toEqual({ EMAIL: {}, FN: 'kept' })
  })

  test('a value of 2,000 characters is kept', () => {
    expect(cut({ EMAIL: 'x'.repeat(2000) })).toEqual({ EMAIL: 'x'.repeat(2000) })
  })
})

test('an event that no destination maps has no lists', () => {
  expect(listsOf({ userListAdd: [{}] }, { events: { OTHER: AUDIENCE } }).lists).toEqual([])
})

test.each(['__proto__', 'constructor', 'toString'])('the event "%s" is mapped by nobody', (event) => {
  const { lists, ignored } = read([aTrack({ event })])
  expect([lists, ignored.counts]).toEqual([[], { event_unmapped: 1 }])
})

test('each direction is a list of its own, and an empty one is none', () => {
  const directions = (properties: Record<string, unknown>) =>
    listsOf(properties).lists.map(({ direction }) => direction)
  expect(directions({ userListAdd: [{}], userListDelete: [{}] })).toEqual(['add', 'remove'])
  expect(directions({ userListAdd: [], userListDelete: [{}] })).toEqual(['remove'])
})

describe('sessions', () => {
  const SESSION = { sessionIdAdd: 1, batchSequence: 1, lastBatchFlag: true }
  const several = { events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } }
  const one = { name: 'one', events: { USER_ADD: '23846440602800590' }, maxUserCount: 50 }

  test('a destination gets the session and its own size of batches', () => {
    const lists = listsOf({ userListAdd: [{}], ...SESSION }, one).lists
    expect(lists).toMatchObject([{ destinations: ['one'], session: { sessionId: '1', maxUsers: 50 } }])
  })

  test('each of several destinations gets a list of its own, with the session', () => {
    const lists = listsOf({ userListAdd: [{}], ...SESSION }, {}, one).lists
    expect(lists.map(({ destinations, session }) => [destinations, session?.maxUsers])).toEqual([
      [['main'], 10_000],
      [['one'], 50],
    ])
  })

  test('where the event feeds several audiences the users go without it, which is reported once', () => {
    const result = listsOf({ userListAdd: [{}], userListDelete: [{}], ...SESSION, sessionIdDelete: 2 }, several, one)
    expect(problemsOf(result)).toEqual(['session_several_audiences'])
    expect(
      result.lists.map(({ direction, destinations, session }) => [direction, destinations, session?.sessionId]),
    ).toEqual([
      ['add', ['one'], '1'],
      ['add', ['main'], undefined],
      ['remove', ['one'], '2'],
      ['remove', ['main'], undefined],
    ])
  })

  test('an incomplete one leaves the users, without it, for every destination', () => {
    const result = listsOf({ userListAdd: [{}], sessionIdAdd: 1 }, {}, one)
    expect(problemsOf(result)).toEqual(['session_incomplete'])
    expect(result).toMatchObject({ lists: [{ direction: 'add' }] })
    expect(result.lists[0]).not.toHaveProperty('session')
    expect(result.lists[0]).not.toHaveProperty('destinations')
  })

  test('a direction without an id of its own has no session', () => {
    const lists = listsOf({ userListAdd: [{}], userListDelete: [{}], ...SESSION }).lists
    expect(lists.map(({ session }) => session?.sessionId)).toEqual(['1', undefined])
  })
})
