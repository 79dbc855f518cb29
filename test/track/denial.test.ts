import { describe, expect, test } from 'vitest'
import { aTrack } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'
import { readCalls } from './read-calls.ts'

const leaving = (more: object = {}) => ({
  userSchema: ['EMAIL', 'FN'],
  consent: { categories: ['advertising'], onDenial: 'remove', ...more },
})
const denying = { consent: { categoryPreferences: { advertising: false } } }
const traits = { email: 'ann@example.com', firstName: 'Ann' }

const read = (call: object, ...destinations: Record<string, unknown>[]) => readCalls([call], ...destinations)
const removals = (reading: ReturnType<typeof read>) =>
  reading.lists.flatMap(({ by, name, more, direction, users, places, person }) =>
    by === 'destination' ? [{ name, more, direction, users, places, person }] : [],
  )
const ofAnn = {
  more: undefined,
  direction: 'remove',
  users: [{ EMAIL: traits.email }],
  places: undefined,
  person: true,
}

describe('a call that tells a denial removes its person from the destination', () => {
  test.each<[what: string, call: object]>([
    [
      'Segment’s consent change',
      aTrack({ event: 'Segment Consent Preference Updated', properties: {}, traits, context: denying }),
    ],
    ['an event that nobody maps', aTrack({ event: 'Page Opened', properties: {}, context: { ...denying, traits } })],
    ['identify, though nobody has memberships', { type: 'identify', messageId: 'i', traits, context: denying }],
    [
      'RudderStack’s identify',
      {
        ...{ type: 'identify', messageId: 'i' },
        context: { traits, consentManagement: { deniedConsentIds: ['advertising'] } },
      },
    ],
    [
      'a record',
      {
        type: 'record',
        action: 'insert',
        messageId: 'r',
        fields: { EMAIL: traits.email, FN: 'Ann' },
        context: denying,
      },
    ],
    [
      'a record with a column of consent',
      { type: 'record', action: 'update', messageId: 'r', fields: { EMAIL: traits.email, consent: 'false' } },
    ],
  ])('%s', (_, call) => {
    const reading = read(call, leaving())
    expect(removals(reading)).toEqual([{ name: 'main', ...ofAnn }])
    expect([reading.events.length, reading.ignored.named]).toEqual([1, []])
  })

  test('beside what the call does otherwise, whose add is not sent', () => {
    const order = aTrack({ event: 'Order Completed', properties: {}, traits, context: denying })
    const events = { 'Order Completed': { audiences: AUDIENCE, action: 'add' } }
    const plain = { name: 'plain', userSchema: ['EMAIL', 'FN'], events }
    const { lists, warnings } = read(order, { ...leaving(), events }, plain)
    expect(lists).toMatchObject([
      { direction: 'add', name: 'Order Completed', destinations: ['plain'] },
      { direction: 'remove', by: 'destination', name: 'main' },
    ])
    expect(warnings.counts).toEqual({ consent_denied: 1 })
  })

  test('once for all destinations that know people alike, each by its own categories', () => {
    const call = { type: 'identify', messageId: 'i', traits, context: denying }
    const third = { ...leaving({ categories: ['analytics'] }), name: 'third' }
    expect(removals(read(call, leaving(), { ...leaving(), name: 'second' }, third))).toEqual([
      { name: 'main', ...ofAnn, more: ['second'] },
    ])
  })

  test('by the columns that name one person, and never by a name that others have too', () => {
    const call = { type: 'identify', messageId: 'i', traits: { firstName: 'Ann', lastName: 'Lee' }, context: denying }
    const named = { ...leaving(), userSchema: ['EMAIL', 'FN', 'LN'] }
    expect(read(call, named)).toMatchObject({ lists: [], rejected: { counts: { denial_person_missing: 1 } } })
    const phone = { ...leaving(), userSchema: ['PHONE', 'EXTERN_ID'], userFields: { EXTERN_ID: ['userId'] } }
    const known = {
      ...call,
      userId: '4711',
      traits: { phone: '030 123', address: { country: 'DE' }, firstName: 'Ann' },
    }
    expect(removals(read(known, phone))).toMatchObject([
      { users: [{ PHONE: '030 123', COUNTRY: 'DE', EXTERN_ID: '4711' }] },
    ])
  })
})

describe('a denial that names nobody', () => {
  const changed = { event: 'Segment Consent Preference Updated', properties: {}, context: denying }
  const misnamed = aTrack({ ...changed, traits: { Email: 'ann@example.com' } })

  test.each<[what: string, call: object, keys: string[]]>([
    ['a misnamed trait', misnamed, ['traits.Email']],
    [
      'a name that others have too',
      { type: 'identify', messageId: 'i', traits: { firstName: 'Ann' }, context: denying },
      ['traits.firstName'],
    ],
    [
      'false in place of an e-mail',
      { type: 'identify', messageId: 'i', traits: { email: false }, context: denying },
      ['traits.email'],
    ],
    [
      'a userId that nobody reads',
      { type: 'track', event: 'E', userId: 'u-1', context: denying },
      ['type', 'event', 'userId', 'context'],
    ],
  ])('but has %s is rejected, with what it has', (_, call, keys) => {
    const { lists, rejected, ignored } = read(call, leaving())
    expect([lists, ignored.counts]).toEqual([[], {}])
    expect(rejected.named).toMatchObject([{ index: 0, code: 'denial_person_missing', keys }])
  })

  test('is told beside an add to a destination that asks nobody', () => {
    const userSchema = ['EMAIL', 'FN', 'LN']
    const events = { 'Order Completed': { audiences: '23846440602800599', action: 'add' } }
    const order = aTrack({
      event: 'Order Completed',
      properties: {},
      traits: { firstName: 'Ann', lastName: 'Lee' },
      context: denying,
    })
    const { lists, rejected } = read(order, leaving(), { name: 'plain', userSchema, events })
    expect(lists).toMatchObject([{ direction: 'add', users: [{ FN: 'Ann', LN: 'Lee' }] }])
    expect(rejected.counts).toEqual({ denial_person_missing: 1 })
  })

  test('is that of an anonymous visitor, and a foreign event like any other', () => {
    const { rejected, ignored } = read(aTrack({ ...changed, userId: undefined, anonymousId: 'a-1' }), leaving())
    expect([rejected.counts, ignored.counts]).toEqual([{}, { event_unmapped: 1 }])
  })

  test('is none beside lists: the context may be that of the person who uploads them', () => {
    const { rejected } = read(aTrack({ userId: 'admin', context: denying }), leaving())
    expect(rejected.counts).toEqual({})
  })
})

describe('nobody is removed', () => {
  test.each<[what: string, context: object]>([
    ['of whom nothing is known', {}],
    ['who allows it', { consent: { categoryPreferences: { advertising: true } } }],
    ['whose consent cannot be read', { consent: { categoryPreferences: { advertising: 'no' } } }],
    ['who denies another category', { consent: { categoryPreferences: { analytics: false } } }],
  ])('%s', (_, context) => {
    expect(read({ type: 'identify', messageId: 'i', traits, context }, leaving())).toMatchObject({
      ...{ lists: [], events: [], ignored: { counts: { call_type: 1 } } },
    })
  })

  test('by a destination that keeps people, or that does not ask', () => {
    const call = aTrack({ event: 'Page Opened', properties: {}, traits, context: denying })
    const reading = read(call, { ...leaving({ onDenial: 'keep' }) }, { name: 'plain', userSchema: ['EMAIL', 'FN'] })
    expect([reading.lists, reading.ignored.counts]).toEqual([[], { event_unmapped: 1 }])
  })

  test('by pages and screens, which lead to nothing', () => {
    expect(read({ type: 'page', messageId: 'p', traits, context: denying }, leaving()).lists).toEqual([])
  })
})

describe('users of lists', () => {
  const userListAdd = [
    { EMAIL: 'a@example.com', consent: true },
    { EMAIL: 'b@example.com', FN: 'Bob', consent: false },
    { FN: 'Cleo', consent: false },
    { EMAIL: 'd@example.com' },
  ]

  test('who deny are removed from every destination that removes, and others are not, whatever the call says', () => {
    const call = aTrack({ context: denying, properties: { userListAdd, userListDelete: [userListAdd[1]] } })
    const elsewhere = { ...leaving(), name: 'elsewhere', events: { OTHER: OTHER_AUDIENCE } }
    const bob = { name: 'main', more: ['elsewhere'], direction: 'remove', users: [{ EMAIL: 'b@example.com' }] }
    expect(removals(read(call, leaving(), elsewhere))).toEqual([
      { ...bob, places: [1], person: undefined },
      { ...bob, places: [0], person: undefined },
    ])
  })

  test.each(['userListAdd', 'userListDelete'])('who deny in %s are removed if nobody maps the event, too', (list) => {
    const call = aTrack({ event: 'Typo', properties: { [list]: userListAdd } })
    const reading = read(call, leaving())
    expect(reading.lists).toEqual([
      expect.objectContaining({ by: 'destination', name: 'main', direction: 'remove', places: [1] }),
    ])
    expect(removals(reading)).toMatchObject([{ users: [{ EMAIL: 'b@example.com' }] }])
    // The others are in an event that leads to nothing.
    expect(reading.ignored.named).toMatchObject([{ code: 'event_unmapped', event: 'Typo' }])
    expect(read(call, leaving({ onDenial: 'keep' })).lists).toEqual([])
  })

  test.each([false, {}, [], '  '])(
    'who deny and have %j for an e-mail are nobody to remove, and not added: that is told',
    (EMAIL) => {
      const { lists, warnings } = read(aTrack({ properties: { userListAdd: [{ EMAIL, consent: false }] } }), leaving())
      expect(lists).toEqual([])
      expect(warnings.named).toMatchObject([{ code: 'consent_denied', destination: 'main', said: 'denied', count: 1 }])
    },
  )

  test('are queued once for destinations that know people by different columns, with all of these', () => {
    const properties = {
      userListAdd: [{ EMAIL: 'a@example.com', phone: '030 1', COUNTRY: 'DE', FN: 'Al', consent: false }],
    }
    const byPhone = { ...leaving(), name: 'phone', userSchema: ['PHONE', 'FN'], events: { OTHER: OTHER_AUDIENCE } }
    expect(removals(read(aTrack({ properties }), leaving(), byPhone))).toMatchObject([
      { name: 'main', more: ['phone'], users: [{ EMAIL: 'a@example.com', PHONE: '030 1', COUNTRY: 'DE' }] },
    ])
  })
})

test.each([
  [{ advertising: 'no' }, 'advertising', 'no'],
  [{ Advertising: false }, 'Advertising', 'false'],
])('%j, which may be a denial, is told and never silently unmapped', (categoryPreferences, key, given) => {
  const call = {
    ...{ event: 'Segment Consent Preference Updated', messageId: 'c', traits: { email: 'ann@example.com' } },
    context: { consent: { categoryPreferences } },
  }
  const consent = { categories: ['advertising'], onDenial: 'remove' }
  const { lists, ignored, warnings } = readCalls(
    [call],
    { consent },
    { name: 'keeps', consent: { ...consent, onDenial: 'keep' } },
  )
  expect([lists, ignored.counts]).toEqual([[], { event_unmapped: 1 }])
  expect(warnings.named).toEqual([
    {
      ...{
        index: 0,
        code: 'denial_unreadable',
        destination: 'main',
        category: 'advertising',
        said: 'unreadable',
        count: 1,
      },
      ...{ field: `context.consent.categoryPreferences.${key}`, given },
    },
  ])
})
