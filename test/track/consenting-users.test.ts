import { describe, expect, test } from 'vitest'
import { aTrack } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'
import { readCalls } from './read-calls.ts'

const ADS = { consent: { categories: ['advertising'] } }
const allowing = { consent: { categoryPreferences: { advertising: true } } }
const denying = { consent: { categoryPreferences: { advertising: false } } }

const read = (call: object, ...destinations: Record<string, unknown>[]) => readCalls([call], ...destinations)
const users = (...own: unknown[]) =>
  own.map((consent, index) => ({ EMAIL: `${index}@example.com`, ...(consent !== undefined && { consent }) }))
const listCall = (context: object, properties: object) => aTrack({ context, properties })
const shown = ({ lists }: ReturnType<typeof read>) =>
  lists.map(({ direction, destinations, users: sent, places }) => ({
    ...{ direction, destinations, places },
    users: sent.map((user) => String(user?.EMAIL).slice(0, 1)).join(''),
  }))
const denied = ({ warnings }: ReturnType<typeof read>) =>
  warnings.named.flatMap(({ code, index: _, ...about }) => (code === 'consent_denied' ? [about] : []))

const WORDS = { field: 'context.consent.categoryPreferences.advertising', given: 'false' }
const main = { ...ADS, userSchema: ['EMAIL'] }
const other = { name: 'other', userSchema: ['EMAIL'] }

describe('a list', () => {
  test('is queued as before, as one entry, where everybody consents', () => {
    const call = listCall(allowing, { userListAdd: users(undefined, undefined) })
    const [asked, asksNobody] = [read(call, main, other), read(call, { userSchema: ['EMAIL'] }, other)]
    expect([asked.lists, asked.warnings]).toEqual([asksNobody.lists, asksNobody.warnings])
    expect(asked.lists).toHaveLength(1)
  })

  test('without consent is not added, is counted, and takes out whom it removes', () => {
    const reading = read(listCall(denying, { userListAdd: users(undefined, true), userListDelete: users(false) }), main)
    expect(shown(reading)).toEqual([
      { direction: 'add', users: '1', places: [1], destinations: undefined },
      { direction: 'remove', users: '0', places: undefined, destinations: undefined },
    ])
    expect(denied(reading)).toEqual([
      { destination: 'main', category: 'advertising', said: 'denied', ...WORDS, count: 1 },
    ])
    expect(reading.warnings.counts).toEqual({ consent_denied: 1 })
  })

  test('holds each user once, however its destinations differ', () => {
    const own = users(true, undefined, false, 'maybe', true)
    const reading = read(listCall({}, { userListAdd: own }), main, other)
    expect(shown(reading)).toEqual([
      { direction: 'add', users: '04', places: [0, 4], destinations: undefined },
      { direction: 'add', users: '123', places: [1, 2, 3], destinations: ['other'] },
    ])
    expect(denied(reading)).toEqual([
      { destination: 'main', category: 'advertising', said: 'unknown', count: 1 },
      { destination: 'main', said: 'denied', field: 'consent', given: 'false', count: 1 },
      { destination: 'main', said: 'unreadable', field: 'consent', given: 'maybe', count: 1 },
    ])
  })

  test('keeps its order, whoever says it: the users or the call', () => {
    const reading = read(listCall(allowing, { userListAdd: users(undefined, true, false, undefined, true) }), main)
    expect(shown(reading)).toMatchObject([{ users: '0134', places: [0, 1, 3, 4] }])
  })

  test('of whose consent nothing is known is sent only where the settings say so', () => {
    const call = listCall({}, { userListAdd: users(undefined) })
    expect(shown(read(call, main))).toEqual([])
    expect(shown(read(call, { ...main, consent: { ...ADS.consent, unknown: 'send' } }))).toMatchObject([{ users: '0' }])
  })

  test('in a session is one list for each destination, numbered on without those who are left out', () => {
    const session = { sessionIdAdd: '7', batchSequence: 1, lastBatchFlag: true }
    const call = listCall(denying, { userListAdd: users(true, undefined, true), ...session })
    const { lists } = read(call, { ...main, maxUserCount: 1 }, { ...other, maxUserCount: 2 })
    expect(lists).toMatchObject([
      { destinations: ['main'], places: [0, 2], session: { sessionId: '7', batchSequence: 1, maxUsers: 1 } },
      { destinations: ['other'], session: { sessionId: '7', batchSequence: 1, maxUsers: 2 } },
    ])
    expect(lists[1]?.users).toHaveLength(3)
    expect(lists[1]).not.toHaveProperty('places')
  })

  test('whose users say their consent, which nobody asks for, is sent with a warning that says so', () => {
    const reading = read(listCall({}, { userListAdd: users(false, undefined, true) }), other)
    expect(shown(reading)).toMatchObject([{ users: '012', places: undefined }])
    expect(reading.warnings.counts).toEqual({ consent_unused: 2 })
  })

  test('never queues what users say of their consent', () => {
    const { lists } = read(listCall({}, { userListAdd: [{ EMAIL: 'a', CONSENT: true }] }), main)
    expect(lists.map(({ users: sent }) => sent)).toEqual([[{ EMAIL: 'a' }]])
  })
})

describe('the person of a call', () => {
  const people = {
    events: {
      'Order Completed': { audiences: AUDIENCE, action: 'add' },
      'Order Refunded': { audiences: AUDIENCE, action: 'remove' },
    },
    memberships: { vip: OTHER_AUDIENCE, lapsed: OTHER_AUDIENCE },
    sourceAudience: { server: OTHER_AUDIENCE },
  }
  const traits = { email: 'ann@example.com' }
  const record = (context: object, fields: object = {}) => ({
    ...{ type: 'record', action: 'insert', messageId: 'r', context, fields: { EMAIL: 'a@example.com', ...fields } },
  })
  const order = (context: object) => ({ type: 'track', event: 'Order Completed', messageId: 'o', traits, context })
  const identify = (context: object, more: object) => ({
    ...{ type: 'identify', messageId: 'i', context, traits: { ...traits, ...more } },
  })

  test.each<[what: string, call: (context: object) => object]>([
    ['an order', order],
    ['a membership', (context) => identify(context, { vip: true })],
    ['a record', (context) => record(context)],
  ])('is added by %s with consent, and not without', (_, call) => {
    expect(read(call(allowing), { ...main, ...people }).lists).toMatchObject([{ direction: 'add', person: true }])
    const without = read(call(denying), { ...main, ...people })
    expect([without.lists, without.events.length, denied(without)]).toEqual([
      [],
      1,
      [{ destination: 'main', category: 'advertising', said: 'denied', ...WORDS, count: 1 }],
    ])
  })

  test.each<[what: string, call: object]>([
    ['a refund', { ...order(denying), event: 'Order Refunded' }],
    ['a membership that ends', identify(denying, { vip: false })],
    ['a deleted record', { ...record(denying), action: 'delete' }],
  ])('is removed by %s without consent', (_, call) => {
    expect(read(call, { ...main, ...people }).lists).toMatchObject([{ direction: 'remove' }])
  })

  test('is sent to the destinations that need no consent, or have it', () => {
    const third = { ...people, name: 'third', userSchema: ['EMAIL'], consent: { categories: ['analytics'] } }
    const { lists } = read(order(denying), { ...main, ...people }, { ...other, ...people }, third)
    expect(lists).toMatchObject([{ direction: 'add', destinations: ['other'] }])
    const half = identify(denying, { vip: true, lapsed: false })
    expect(read(half, { ...main, ...people }, { ...other, ...people }).lists).toMatchObject([
      { direction: 'add', name: 'vip', destinations: ['other'] },
      { direction: 'remove', name: 'lapsed' },
    ])
  })

  test('of a record is believed before the call: its row has a column of consent', () => {
    expect(read(record(denying, { CONSENT: 'true' }), { ...main, ...people }).lists).toHaveLength(1)
    expect(read(record(allowing, { consent: false }), { ...main, ...people }).lists).toHaveLength(0)
    expect(read(record({}, { consent: true }), { ...other, ...people }).warnings.counts).toEqual({
      time_unknown: 1,
      consent_unused: 1,
    })
  })
})

test('whose own denial a destination does not ask for is told with its name, and an allowance is not', () => {
  const reading = read(listCall({}, { userListAdd: users(false, true) }), main, other)
  const unused = reading.warnings.named.filter(({ code }) => code === 'consent_unused')
  expect(unused).toEqual([{ index: 0, code: 'consent_unused', destination: 'other', count: 1 }])
})
