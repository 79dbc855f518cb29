import { describe, expect, test } from 'vitest'
import { MOST_NAMED } from '../../lib/track/findings.ts'
import { createEventReader } from '../../lib/track/selection.ts'
import { aTrack } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

function warningsOf(users: unknown[], userSchema = ['EMAIL', 'FN']) {
  const settings = settingsOf({ destinations: [aDestination({ userSchema })] })
  const [source] = settings.sources
  if (!source) throw new Error('the settings have no source')
  const receipt = { routeType: undefined, receivedAt: Date.parse('2026-11-23T12:00:00Z'), newId: () => 'new-id' }
  return createEventReader(settings, source).read([aTrack({ properties: { userListAdd: users } })], receipt).warnings
}

describe('a field that no destination of the event knows', () => {
  test.each([
    ['emial', 'EMAIL'],
    ['E-Mail', 'EMAIL'],
    ['EMAL', 'EMAIL'],
    ['email_address', 'EMAIL'],
    ['Email Address', 'EMAIL'],
    ['first_name', 'FN'],
    ['firstname', 'FN'],
    ['frist_name', 'FN'],
    ['lastName', 'LN'],
    ['zip_code', 'ZIP'],
    ['mobile', 'PHONE'],
    ['phone_number', 'PHONE'],
    ['contry', 'COUNTRY'],
    ['plan', undefined],
    ['name', undefined],
    ['jane@example.com', undefined],
    ['emily', undefined],
    ['k'.repeat(1000), undefined],
  ])('%s is told, with %s as what was meant', (key, suggestion) => {
    const { named } = warningsOf([{ EMAIL: 'a@b.c', [key]: 'x' }])
    expect(named).toEqual([
      { index: 0, code: 'field_unknown', field: key.slice(0, 100), ...(suggestion && { suggestion }), count: 1 },
    ])
  })

  test('is counted in users, and what resembles a field is told first', () => {
    const users = [{ EMAIL: 'a', plan: 'x' }, { EMAIL: 'b', plan: 'y', emial: 'b' }, { EMAIL: 'c' }]
    expect(warningsOf(users).named).toEqual([
      { index: 0, code: 'field_unknown', field: 'emial', suggestion: 'EMAIL', count: 1 },
      { index: 0, code: 'field_unknown', field: 'plan', count: 2 },
    ])
  })

  test('is not told where its value is empty', () => {
    expect(warningsOf([{ EMAIL: 'a', plan: '', other: null }]).named).toEqual([])
  })

  test('a thousand made-up ones are counted, and the first are named', () => {
    const user = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`made up ${index}`, 1]))
    const { named, counts } = warningsOf([{ EMAIL: 'a', ...user }])
    expect([named.length, counts]).toEqual([MOST_NAMED, { field_unknown: 1000 }])
  })
})

test('a field of Meta’s that the schema lacks has a code of its own, in whatever spelling, and no suggestion', () => {
  const users = [
    { EMAIL: 'a', PHONE: '1' },
    { EMAIL: 'b', phone: '2' },
    { EMAIL: 'c', ' Phone_SHA256 ': '3', LN: '' },
  ]
  expect(warningsOf(users).named).toEqual([{ index: 0, code: 'field_not_in_schema', field: 'PHONE', count: 3 }])
})

test.each([
  ['nothing that is known', { emial: 'a' }, 'cannot_match'],
  ['a first name alone', { FN: 'Ann' }, 'cannot_match'],
  ['a value that is not UTF-8', { EMAIL: 'a', FN: 'J\uFFFDrg' }, 'invalid_encoding'],
  ['half a surrogate pair', { EMAIL: 'a', FN: 'J\ud800rg' }, 'invalid_encoding'],
  ['no object', 'jane@example.com', 'user_not_an_object'],
])('a user with %s is warned of', (_, user, code) => {
  expect(warningsOf([user, user]).counts).toMatchObject({ [code]: 2 })
})

test('a first and a last name are enough to match somebody', () => {
  expect(warningsOf([{ FN: 'Ann', LN: 'Lee' }], ['FN', 'LN']).counts).toEqual({})
})
