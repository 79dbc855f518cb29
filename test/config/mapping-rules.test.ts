import { describe, expect, test } from 'vitest'
import { parseDestinations } from '../../lib/config/destinations.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../support/settings.ts'

const SOURCES = [{ name: 'server' }, { name: 'warehouse' }]
const parse = (...destinations: Record<string, unknown>[]) =>
  parseDestinations({ sources: SOURCES, destinations: destinations.map(aDestination) })
const problemsOf = (...destinations: Record<string, unknown>[]) => {
  const parsed = parse(...destinations)
  return parsed.ok ? [] : parsed.problems
}
const warningsOf = (...destinations: Record<string, unknown>[]) => {
  const parsed = parse(...destinations)
  return parsed.ok ? parsed.warnings : parsed.problems
}
const add = { audiences: AUDIENCE, action: 'add' }

test('the settings of a shop are usable as they stand', () => {
  const shop = {
    userSchema: ['EMAIL', 'PHONE', 'FN', 'LN', 'EXTERN_ID'],
    events: { USER_ADD: AUDIENCE, 'Order Completed': { audiences: [OTHER_AUDIENCE], action: 'add' } },
    memberships: { high_value: '23846440602800584' },
    sourceAudience: { warehouse: '23846440602800585' },
    userFields: { EMAIL: ['properties.customer.email'], EXTERN_ID: ['properties.customer.id', 'userId'] },
  }
  expect(parse(shop)).toMatchObject({
    ok: true,
    warnings: [],
    destinations: {
      destinations: [
        {
          events: { 'Order Completed': { audiences: [OTHER_AUDIENCE], action: 'add' } },
          memberships: { high_value: ['23846440602800584'] },
          sourceAudience: { warehouse: ['23846440602800585'] },
        },
      ],
    },
  })
})

test.each([{ memberships: { vip: AUDIENCE } }, { sourceAudience: { server: AUDIENCE, warehouse: AUDIENCE } }])(
  'a destination needs no events beside %j',
  (settings) => {
    expect(problemsOf({ events: undefined, ...settings })).toEqual([])
  },
)

describe('a problem is told by its path, with what to do', () => {
  test.each([
    [
      'nothing that names an audience',
      { events: {} },
      'events',
      /^needs at least one event name, .* or use memberships/,
    ],
    [
      'an action that is none',
      { events: { A: { ...add, action: 'insert' } } },
      'events.A',
      /"insert", which must be "add" or "remove"/,
    ],
    ['no action', { events: { A: { audiences: AUDIENCE } } }, 'events.A', /write the id without braces/],
    ['a misspelt key', { events: { A: { audience: AUDIENCE, action: 'add' } } }, 'events.A', /^has "audience", /],
    [
      'audiences that are numbers',
      { events: { A: { audiences: 7, action: 'add' } } },
      'events.A',
      /^needs "audiences"/,
    ],
    ['memberships that are a list', { memberships: ['vip'] }, 'memberships', /^must be an object: \{"vip": "238/],
    [
      'an audience twice',
      { memberships: { vip: [AUDIENCE, AUDIENCE] } },
      'memberships.vip',
      /^names audience \d+ twice/,
    ],
    [
      'a source that is none',
      { sourceAudience: { werehouse: AUDIENCE } },
      'sourceAudience.werehouse',
      /write "warehouse"/,
    ],
    [
      'a source that does not feed it',
      { sources: ['server'], sourceAudience: { warehouse: AUDIENCE } },
      'sourceAudience.warehouse',
      /add "warehouse" to its sources/,
    ],
    [
      'an event by which tools tell memberships',
      { events: { 'Audience Entered': add }, memberships: { vip: OTHER_AUDIENCE } },
      'events.Audience Entered',
      /leave it to memberships/,
    ],
    [
      'an event with an action that is a membership too',
      { events: { vip: add }, memberships: { vip: OTHER_AUDIENCE } },
      'events.vip',
      /keep one of them/,
    ],
    [
      'a field that is none',
      { userFields: { email_address: ['traits.mail'] } },
      'userFields.email_address',
      /^write EMAIL: /,
    ],
    [
      'a field that the schema lacks',
      { userFields: { PHONE: ['traits.tel'] } },
      'userFields.PHONE',
      /add PHONE to userSchema/,
    ],
    [
      'a path that is text alone',
      { userFields: { EMAIL: 'traits.mail' } },
      'userFields.EMAIL',
      /^must be a list of paths/,
    ],
    [
      'a path without a root',
      { userFields: { EMAIL: ['customer.email'] } },
      'userFields.EMAIL.0',
      /write "properties\.customer\.email"/,
    ],
    ['a path of JSONPath', { userFields: { EMAIL: ['$.traits.mail'] } }, 'userFields.EMAIL.0', /write "traits\.mail"/],
    [
      'a root in another case',
      { userFields: { EMAIL: ['Properties.mail'] } },
      'userFields.EMAIL.0',
      /write "properties\.mail"/,
    ],
    [
      'a path below the event',
      { userFields: { EMAIL: ['event.traits.mail'] } },
      'userFields.EMAIL.0',
      /write "traits\.mail"/,
    ],
    ['a path in braces', { userFields: { EMAIL: ['{{traits.mail}}'] } }, 'userFields.EMAIL.0', /write "traits\.mail"/],
    ['a root misspelt', { userFields: { EMAIL: ['user_id'] } }, 'userFields.EMAIL.0', /write "userId"/],
    ['a path into an id', { userFields: { EMAIL: ['userId.mail'] } }, 'userFields.EMAIL.0', /write "userId"/],
    [
      'a path for every item of an array',
      { userFields: { EMAIL: ['properties.customers[*].mail'] } },
      'userFields.EMAIL.0',
      /customers\[0\]/,
    ],
    [
      'a path with a gap',
      { userFields: { EMAIL: ['properties..mail'] } },
      'userFields.EMAIL.0',
      /does not say which value/,
    ],
    [
      'a star in a path',
      { userFields: { EMAIL: ['properties.items[*].mail'] } },
      'userFields.EMAIL.0',
      /only dots, and numbers from 0/,
    ],
    [
      'a place from behind',
      { userFields: { EMAIL: ['properties.items[-1].mail'] } },
      'userFields.EMAIL.0',
      /only dots, and numbers from 0/,
    ],
    [
      'the last of a list',
      { userFields: { EMAIL: ['properties.items.-1.mail'] } },
      'userFields.EMAIL.0',
      /"-1": only dots, and numbers from 0, lead on/,
    ],
    ['a filter', { userFields: { EMAIL: ['traits.mail|lower'] } }, 'userFields.EMAIL.0', /"mail\|lower": only dots/],
    ['blanks in a path', { userFields: { EMAIL: ['properties. mail'] } }, 'userFields.EMAIL.0', /which value/],
    ['more behind an id', { userFields: { EMAIL: ['userId.mail'] } }, 'userFields.EMAIL.0', /is one value/],
    ['a root alone', { userFields: { EMAIL: ['properties'] } }, 'userFields.EMAIL.0', /does not say which value/],
    [
      'two names of one column',
      { userFields: { EMAIL: ['traits.mail'], EMAIL_SHA256: ['traits.hash'] }, events: { A: add } },
      'userFields.EMAIL_SHA256',
      /^is the column EMAIL, as "EMAIL" is; write all paths in one list/,
    ],
    [
      'people who nobody could match',
      { userSchema: ['EXTERN_ID'], events: { A: add } },
      'userFields',
      /^must say where calls about one person have EXTERN_ID/,
    ],
  ])('%s', (_, settings, key, message) => {
    expect(problemsOf({ ...settings })).toContainEqual({
      path: `destinations.0.${key}`,
      message: expect.stringMatching(message) as string,
    })
  })

  test('an audience keeps one schema, whatever leads to it', () => {
    const other = {
      name: 'other',
      userSchema: ['PHONE'],
      memberships: { vip: AUDIENCE },
      events: { B: OTHER_AUDIENCE },
    }
    expect(problemsOf({}, other)).toMatchObject([{ path: 'destinations.1.memberships.vip' }])
  })
})

describe('a warning is told of', () => {
  test.each([
    [
      'userFields that nothing uses',
      { userFields: { EMAIL: ['traits.mail'] } },
      'userFields',
      /^is for calls about one person/,
    ],
    [
      'a field that calls about one person leave blank',
      { userSchema: ['EMAIL', 'EXTERN_ID'], events: { A: add } },
      'userFields',
      /^says nothing about EXTERN_ID/,
    ],
    [
      'a path that is named twice',
      {
        userFields: { EMAIL: ['traits.mail', 'traits.work', 'traits.mail'] },
        events: { A: add },
      },
      'userFields.EMAIL',
      /^names "traits.mail" twice/,
    ],
    [
      'an audience key that is a path',
      { memberships: { 'traits.vip': AUDIENCE } },
      'memberships.traits.vip',
      /write "vip"/,
    ],
    [
      'an audience key that is the name of an event',
      { memberships: { 'Audience Entered': AUDIENCE } },
      'memberships.Audience Entered',
      /^is the name of an event .* write the key that its calls have/,
    ],
    ...['email', 'first_name', 'address', 'Phone'].map((key): [string, object, string, RegExp] => [
      `an audience key that says who a person is: ${key}`,
      { memberships: { [key]: AUDIENCE } },
      `memberships.${key}`,
      /^says who a person is, and is neither true nor false/,
    ]),
    ['a type of call for an event', { events: { identify: add } }, 'events.identify', /use memberships for it$/],
    ['a record for an event', { events: { record: AUDIENCE } }, 'events.record', /use sourceAudience for it$/],
    [
      'an event by which tools tell every membership, without memberships',
      { events: { 'Audience Exited': { ...add, action: 'remove' } } },
      'events.Audience Exited',
      /^is how tools tell a membership, and applies to every audience key/,
    ],
    ['a blank key', { memberships: { ' ': AUDIENCE } }, 'memberships. ', /^is blank.* write a name$/],
    ['a key with blanks around it', { memberships: { 'vip ': AUDIENCE } }, 'memberships.vip ', /write "vip"/],
  ])('%s', (_, settings, key, message) => {
    expect(warningsOf({ ...settings })).toEqual([
      { path: `destinations.0.${key}`, message: expect.stringMatching(message) as string },
    ])
  })

  test('one event that adds to an audience in one destination and removes from it in another', () => {
    const removing = { name: 'other', events: { A: { ...add, action: 'remove' } } }
    expect(warningsOf({ events: { A: add } }, removing)).toEqual([
      {
        path: 'destinations.1.events.A',
        message: expect.stringMatching(/"add" in destination "main"; keep one of them/) as string,
      },
    ])
    expect(warningsOf({ events: { A: add } }, { name: 'other', events: { A: add } })).toEqual([])
  })
})
