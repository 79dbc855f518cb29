import { describe, expect, test } from 'vitest'
import { SCHEMA_FIELDS } from '../../lib/config/schema-field.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'
import { readCalls } from './read-calls.ts'

const ALL = Object.keys(SCHEMA_FIELDS)
const ORDERS = { events: { 'Order Completed': { audiences: AUDIENCE, action: 'add' } } }
const times = { messageId: 'm-1', originalTimestamp: '2026-11-23T12:00:00.000Z' }

const read = (call: Record<string, unknown>, ...destinations: Record<string, unknown>[]) =>
  readCalls([{ type: 'track', event: 'Order Completed', ...times, ...call }], ...destinations)

/** The person whom an order is about, by a schema of all fields. */
const personIn = (call: Record<string, unknown>, settings: Record<string, unknown> = {}) =>
  read(call, { userSchema: ALL, isValueBasedAudience: true, ...ORDERS, ...settings }).lists[0]?.users[0]

describe('a call says who it is about by the specs of Segment and RudderStack', () => {
  const address = { street: 'Sixth St 6', city: 'San Mateo', state: 'CA', postalCode: '94401', country: 'USA' }
  const traits = {
    ...{ id: 4711, email: 'ann@example.com', phone: '555-0100', firstName: 'Ann', lastName: 'Lee', gender: 'female' },
    ...{ birthday: '1988-03-09T00:00:00.000Z', age: 38, plan: 'pro', address },
  }
  const person = {
    ...{ EMAIL: 'ann@example.com', PHONE: '555-0100', FN: 'Ann', FI: 'Ann', LN: 'Lee', GEN: 'female' },
    ...{ DOBY: '1988', DOBM: '03', DOBD: '09', CT: 'San Mateo', ST: 'CA', ZIP: '94401', COUNTRY: 'USA' },
  }

  test.each([
    ['traits, as Segment’s identify has them', { traits }],
    ['context.traits, as RudderStack’s calls have them', { context: { traits } }],
    ['properties, as orders of shops have them', { properties: { order_id: 'o-1', revenue: 20, ...traits } }],
  ])('in %s', (_, call) => {
    expect(personIn(call)).toEqual(person)
  })

  test.each([
    [
      { first_name: 'Ann', last_name: 'Lee' },
      { FN: 'Ann', FI: 'Ann', LN: 'Lee' },
    ],
    [
      { firstname: 'Ann', lastname: 'Lee' },
      { FN: 'Ann', FI: 'Ann', LN: 'Lee' },
    ],
    [
      { email: 'a@b.c', address: { zip: '94401' } },
      { EMAIL: 'a@b.c', ZIP: '94401' },
    ],
    [
      { email: 'a@b.c', birthday: '1988-03-09' },
      { EMAIL: 'a@b.c', DOBY: '1988', DOBM: '03', DOBD: '09' },
    ],
    [{ email: 'a@b.c', address: 'Sixth St 6' }, { EMAIL: 'a@b.c' }],
  ])('the traits %j are %j', (given, expected) => {
    expect(personIn({ traits: given })).toEqual(expected)
  })

  test('what is empty in the first place is looked for in the next', () => {
    const call = { traits: { email: ' ' }, context: { traits: { email: null } }, properties: { email: 'a@b.c' } }
    expect(personIn(call)).toEqual({ EMAIL: 'a@b.c' })
  })

  test('a device is named by its advertising id, unless its owner refuses tracking', () => {
    const device = { id: 'vendor-id', advertisingId: '6D92078A-8246-4BA4-AE5B-76104861E7DC', type: 'ios' }
    const named = { MADID: device.advertisingId }
    expect(personIn({ context: { device } })).toEqual(named)
    expect(personIn({ context: { device: { ...device, adTrackingEnabled: true } } })).toEqual(named)
    const refused = { context: { device: { ...device, adTrackingEnabled: false }, traits: { email: 'a@b.c' } } }
    expect(personIn(refused)).toEqual({ EMAIL: 'a@b.c' })
    expect(personIn(refused, { userFields: { MADID: ['context.device.advertisingId'] } })).toEqual({ EMAIL: 'a@b.c' })
  })

  test('a refusal of tracking never keeps a device in: it is removed by its advertising id', () => {
    const device = { advertisingId: '6D92078A-8246-4BA4-AE5B-76104861E7DC', adTrackingEnabled: false }
    const schema = { userSchema: ['EMAIL', 'MADID'] }
    const events = { 'Order Completed': { audiences: AUDIENCE, action: 'remove' } }
    const named = [{ direction: 'remove', users: [{ MADID: device.advertisingId }] }]
    expect(read({ context: { device } }, { ...schema, events }).lists).toMatchObject(named)
    const consent = { categories: ['ads'], onDenial: 'remove' }
    const denial = { context: { device, consentManagement: { deniedConsentIds: ['ads'] } } }
    expect(read(denial, { ...schema, consent }).lists).toMatchObject(named)
    const memberships = { vip: AUDIENCE, lapsed: OTHER_AUDIENCE }
    const told = { type: 'identify', traits: { email: 'a@b.c', vip: true, lapsed: false }, context: { device } }
    expect(read(told, { ...schema, events: {}, memberships }).lists).toMatchObject([
      { direction: 'add', users: [{ EMAIL: 'a@b.c' }] },
      { direction: 'remove', users: [{ EMAIL: 'a@b.c', MADID: device.advertisingId }] },
    ])
  })

  test.each(['12', 12, '1988', '09.03.1988'])(
    'a birthday %j is no date, and makes no day, month or year',
    (birthday) => {
      expect(personIn({ traits: { email: 'a@b.c', birthday } })).toEqual({
        EMAIL: 'a@b.c',
        DOBY: {},
        DOBM: {},
        DOBD: {},
      })
      const userFields = { DOBY: ['properties.year'] }
      expect(personIn({ traits: { email: 'a@b.c' }, properties: { year: '1988' } }, { userFields })).toEqual({
        ...{ EMAIL: 'a@b.c', DOBY: '1988' },
      })
    },
  )

  test('a userId is no EXTERN_ID by itself', () => {
    expect(personIn({ userId: 'u-1', traits: { email: 'a@b.c' } })).toEqual({ EMAIL: 'a@b.c' })
  })
})

describe('userFields says where else', () => {
  test('its paths come before the usual ones, in their order', () => {
    const userFields = { EMAIL: ['properties.customer.email', 'properties.buyer'] }
    const customer = { email: 'own@b.c' }
    const rest = { traits: { email: 'usual@b.c' } }
    expect(personIn({ properties: { customer, buyer: 'second@b.c' }, ...rest }, { userFields })).toEqual({
      EMAIL: 'own@b.c',
    })
    expect(personIn({ properties: { buyer: 'second@b.c' }, ...rest }, { userFields })).toEqual({ EMAIL: 'second@b.c' })
    expect(personIn(rest, { userFields })).toEqual({ EMAIL: 'usual@b.c' })
  })

  test.each(['properties.orders.1.mail', 'properties.orders[1].mail'])('%s leads into an array', (path) => {
    const properties = { orders: [{ mail: 'first@b.c' }, { mail: 'second@b.c' }] }
    expect(personIn({ properties }, { userFields: { EMAIL: [path] } })).toEqual({ EMAIL: 'second@b.c' })
  })

  test.each(['properties.__proto__.x', 'properties.constructor.name', 'properties.length', 'properties.a.b.c'])(
    '%s leads nowhere',
    (path) => {
      const call = { properties: { a: 'text' }, traits: { email: 'a@b.c' } }
      expect(personIn(call, { userFields: { EXTERN_ID: [path] } })).toEqual({ EMAIL: 'a@b.c' })
    },
  )

  test('an EXTERN_ID that is an e-mail address is left out, and told: it would be sent as it is', () => {
    const userFields = { EXTERN_ID: ['userId', 'properties.customer.id'] }
    const call = { userId: 'ann@example.com', traits: { email: 'ann@example.com' } }
    const destination = { userSchema: ['EMAIL', 'EXTERN_ID'], userFields, ...ORDERS }
    const { lists, warnings } = read(call, destination)
    expect(lists[0]?.users).toEqual([{ EMAIL: 'ann@example.com' }])
    expect(warnings.named).toMatchObject([{ code: 'external_id_is_email', count: 1 }])
    const next = read({ ...call, properties: { customer: { id: 'c-1' } } }, destination)
    expect(next.lists[0]?.users).toEqual([{ EMAIL: 'ann@example.com', EXTERN_ID: 'c-1' }])
  })

  const hidden = [['ann@example.com'], 'ann @example.com', ['ann＠example.com'], 'ann﹫example.com']
  const encoded = ['Ann%40Example.com', 'ann%2540example.com', 'ann&#64;example.com', 'ann&#x40;example.com']
  test.each([...hidden, ...encoded].map((userId) => ({ userId })))(
    'an EXTERN_ID that hides an e-mail address is left out as well: $userId',
    (call) => {
      const destination = { userSchema: ['EMAIL', 'EXTERN_ID'], userFields: { EXTERN_ID: ['userId'] }, ...ORDERS }
      const { lists, warnings } = read({ ...call, traits: { email: 'ann@example.com' } }, destination)
      expect(lists[0]?.users).toEqual([{ EMAIL: 'ann@example.com' }])
      expect(warnings.counts).toEqual({ external_id_is_email: 1 })
    },
  )

  test.each(['100%', '@ann', 'ann@', '40', 'a&b', 'ann%20example'])(
    'an EXTERN_ID such as %s is no e-mail address',
    (userId) => {
      const destination = { userSchema: ['EMAIL', 'EXTERN_ID'], userFields: { EXTERN_ID: ['userId'] }, ...ORDERS }
      expect(read({ userId }, destination).lists[0]?.users).toEqual([{ EXTERN_ID: userId }])
    },
  )

  test('an EXTERN_ID that is a very deep array is unusable, and the call goes on', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
    const destination = { userSchema: ['EMAIL', 'EXTERN_ID'], userFields: { EXTERN_ID: ['properties.id'] }, ...ORDERS }
    const { lists } = read({ traits: { email: 'ann@example.com' }, properties: { id: deep } }, destination)
    expect(lists[0]?.users).toEqual([{ EMAIL: 'ann@example.com', EXTERN_ID: {} }])
  })

  test.each([false, 'False', 0, 'no', 'disabled', 2, [false], {}])(
    'an advertising id is not read for adds where adTrackingEnabled is %j, by any path',
    (no) => {
      const destination = {
        userSchema: ['EMAIL', 'MADID'],
        userFields: { MADID: ['context.device.idfa'] },
        ...ORDERS,
      }
      const device = { idfa: 'one', advertisingId: 'two' }
      const person = { traits: { email: 'a@b.c' } }
      const usersWith = (enabled: unknown) =>
        read({ ...person, context: { device: { ...device, adTrackingEnabled: enabled } } }, destination).lists[0]?.users
      expect(usersWith(no)).toEqual([{ EMAIL: 'a@b.c' }])
      for (const yes of [true, 'true', 1, '1', null, undefined, ''])
        expect(usersWith(yes)).toEqual([{ EMAIL: 'a@b.c', MADID: 'one' }])
      const dotted = { 'device.advertisingId': 'two', 'device.adTrackingEnabled': no }
      expect(read({ ...person, context: dotted }, destination).lists[0]?.users).toEqual([{ EMAIL: 'a@b.c' }])
    },
  )

  test.each(['ad_tracking_enabled', 'AdTrackingEnabled', 'adtrackingenabled'])(
    'whoever refuses tracking by %s is not added by the device, whatever path has its id',
    (key) => {
      const userFields = { MADID: ['context.device.advertising_id', 'properties.idfa'] }
      const destination = { userSchema: ['EMAIL', 'MADID'], userFields, ...ORDERS }
      const usersOf = (advertising_id: string | undefined, enabled: boolean) =>
        read(
          {
            ...{ traits: { email: 'a@b.c' }, properties: { idfa: 'two' } },
            context: { device: { advertising_id, [key]: enabled } },
          },
          destination,
        ).lists[0]?.users
      expect(usersOf('one', true)).toEqual([{ EMAIL: 'a@b.c', MADID: 'one' }])
      expect(usersOf('one', false)).toEqual([{ EMAIL: 'a@b.c' }])
      expect(usersOf(undefined, false)).toEqual([{ EMAIL: 'a@b.c' }])
    },
  )

  test('each destination reads its own places', () => {
    const own = (name: string, path: string, audience: string) => ({
      ...{ name, userSchema: ['EMAIL'], userFields: { EMAIL: [path] } },
      events: { 'Order Completed': { audiences: audience, action: 'add' } },
    })
    const call = { properties: { buyer: 'buyer@b.c', payer: 'payer@b.c' } }
    const { lists } = read(
      call,
      own('one', 'properties.buyer', AUDIENCE),
      own('two', 'properties.payer', OTHER_AUDIENCE),
    )
    expect(lists.map(({ destinations, users }) => [destinations, users])).toEqual([
      [['one'], [{ EMAIL: 'buyer@b.c' }]],
      [['two'], [{ EMAIL: 'payer@b.c' }]],
    ])
  })
})

describe('an event with an action', () => {
  const cancelled = { 'Order Completed': { audiences: AUDIENCE, action: 'remove' } }

  test.each([
    ['add', ORDERS.events],
    ['remove', cancelled],
  ])('%ss the person', (direction, events) => {
    const { lists } = read({ traits: { email: 'a@b.c' } }, { events })
    expect(lists).toMatchObject([{ by: 'event', name: 'Order Completed', direction, users: [{ EMAIL: 'a@b.c' }] }])
  })

  test('that carries lists is about those alone', () => {
    const { lists } = read({ traits: { email: 'a@b.c' }, properties: { userListAdd: [{ EMAIL: 'l@b.c' }] } }, ORDERS)
    expect(lists.map(({ users }) => users)).toEqual([[{ EMAIL: 'l@b.c' }]])
  })

  test('whose list has a wrong name is not about the person: somebody else was meant', () => {
    const properties = { userListDelet: [{ EMAIL: 'out@b.c' }] }
    const { lists, rejected } = read({ traits: { email: 'a@b.c' }, properties }, ORDERS)
    expect(lists).toEqual([])
    expect(rejected.named).toMatchObject([
      { code: 'lists_missing', field: 'userListDelet', suggestion: 'userListDelete' },
    ])
  })

  test.each([
    [{ userListDelete: [] }, 'lists_empty'],
    [{ userListAdd: {} }, 'list_not_an_array'],
  ])('whose lists are %j is not about a person all the same', (properties, code) => {
    const { lists, rejected } = read({ traits: { email: 'a@b.c' }, properties }, ORDERS)
    expect([lists, rejected.named]).toMatchObject([[], [{ code }]])
  })

  test('is about a person only for the destinations that give it the action', () => {
    const listsOnly = { name: 'lists', events: { 'Order Completed': OTHER_AUDIENCE } }
    const { lists } = read({ traits: { email: 'a@b.c' } }, listsOnly, { ...ORDERS })
    expect(lists).toMatchObject([{ destinations: ['main'] }])
  })

  test.each([
    ['nobody', {}],
    ['somebody by what thousands share', { traits: { firstName: 'Ann' } }],
  ])('that names %s is rejected, with the names of what it has', (_, call) => {
    const { lists, events, rejected } = read({ ...call, properties: { order_id: 'o-1' } }, ORDERS)
    expect([lists, events]).toEqual([[], []])
    expect(rejected.named).toMatchObject([{ index: 0, messageId: 'm-1', code: 'person_missing' }])
    expect(rejected.named[0]?.keys).toContain('properties.order_id')
  })

  test('without an action is about lists, as ever', () => {
    const { rejected } = read({ traits: { email: 'a@b.c' } }, { events: { 'Order Completed': AUDIENCE } })
    expect(rejected.named).toMatchObject([{ code: 'lists_missing' }])
  })
})

describe('an event with an action that seems to have a list is about its users, and not about its sender', () => {
  const uploads = { userSchema: ['EMAIL'], events: { Upload: { audiences: AUDIENCE, action: 'add' } } }
  const users = [{ EMAIL: 'x@example.com' }]
  test.each<[properties: object, field: string | undefined, suggestion: string | undefined]>([
    [{ listData: { update: users } }, 'listData.update', 'listData.add'],
    [{ listData: { people: users } }, 'listData', 'listData.add or listData.remove'],
    [{ listData: {} }, undefined, undefined],
    [{ userList: users }, 'userList', 'userListAdd'],
    [{ users }, 'users', 'userListAdd'],
    [{ Members: users }, 'Members', 'userListAdd'],
  ])('%j', (properties, field, suggestion) => {
    const call = { event: 'Upload', messageId: 'u', traits: { email: 'uploader@example.com' }, properties }
    const { lists, rejected } = readCalls([call], uploads)
    expect(lists).toEqual([])
    expect(rejected.named).toMatchObject([{ code: field ? 'lists_missing' : 'lists_empty' }])
    expect([rejected.named[0]?.field, rejected.named[0]?.suggestion]).toEqual([field, suggestion])
  })

  test.each([{ users: 3 }, { members: ['ann'] }, { users: {} }, { listData: null }])(
    'but %j holds no users, so the person counts',
    (properties) => {
      const call = { event: 'Upload', messageId: 'u', traits: { email: 'ann@example.com' }, properties }
      expect(readCalls([call], uploads).lists).toMatchObject([{ users: [{ EMAIL: 'ann@example.com' }] }])
    },
  )
})

describe('a value that says nothing', () => {
  test.each([
    ['object', {}],
    ['list', []],
    ['false', false],
    ['blank', '  '],
  ])('does not hide that of a later place or another spelling: %s', (_, useless) => {
    const emailsOf = (call: object) =>
      readCalls([call], { userSchema: ['EMAIL'], ...ORDERS, sourceAudience: { server: AUDIENCE } }).lists.map(
        ({ users }) => users[0]?.EMAIL,
      )
    const order = { event: 'Order Completed', traits: { email: useless }, context: { traits: { email: 'a@b.de' } } }
    const record = { type: 'record', action: 'delete', fields: { EMAIL: useless, email: 'a@b.de' } }
    expect([emailsOf(order), emailsOf(record)]).toEqual([['a@b.de'], ['a@b.de']])
    const places = { type: 'record', action: 'delete', identifiers: { EMAIL: 'a@b.de' }, fields: { EMAIL: useless } }
    expect(emailsOf(places)).toEqual(['a@b.de'])
  })
})

test.each([
  { 'customer.email': 'a@b.de' },
  { customer: { id: 7 }, 'customer.email': 'a@b.de' },
  { customer: { email: null }, 'customer.email': 'a@b.de' },
  { customer: 'c-7', 'customer.email': 'a@b.de' },
  { customer: { email: 'a@b.de' }, 'customer.email': 'other@b.de' },
])('a path finds a key with dots in it where there is no value behind its first name: %j', (properties) => {
  const userFields = { EMAIL: ['properties.customer.email'] }
  const call = { event: 'Order Completed', properties }
  expect(readCalls([call], { userSchema: ['EMAIL'], ...ORDERS, userFields }).lists).toMatchObject([
    { users: [{ EMAIL: 'a@b.de' }] },
  ])
})
