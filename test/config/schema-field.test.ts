import { describe, expect, test } from 'vitest'
import { SCHEMA_FIELDS, SCHEMA_FIELD_NAMES, canonicalField, fieldReader } from '../../lib/config/schema-field.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'

const read = (user: Record<string, unknown>, ...fields: SchemaField[]) => fieldReader(fields)(user)

describe('a field of a user', () => {
  test.each([
    ['by its exact name', { EMAIL: 'a' }, 'a'],
    ['in any case', { eMaIl: 'a' }, 'a'],
    ['by an alias', { EMAIL_SHA256: 'a' }, 'a'],
    ['by an alias in any case', { email_sha256: 'a' }, 'a'],
    ['the exact name before any other', { email: 'b', EMAIL_SHA256: 'c', EMAIL: 'a' }, 'a'],
    ['an exact alias before other cases', { email: 'b', EMAIL_SHA256: 'a' }, 'a'],
    ['the first of several cases', { Email: 'a', email: 'b' }, 'a'],
    ['another spelling behind an empty value', { EMAIL: '', Email: null, email: 'a' }, 'a'],
    ['0, which is a value', { EMAIL: 0, email: 'a' }, 0],
    ['false, which is a value', { EMAIL: false, email: 'a' }, false],
    ['nothing, where the user has none', { FN: 'x' }, undefined],
    ['nothing, where the values are empty', { EMAIL: '', email: null }, undefined],
  ])('is found %s', (_, user, value) => {
    expect(read(user, 'EMAIL')).toEqual([value])
  })

  test('each of several is found, in the order asked for', () => {
    expect(read({ fn: 'f', MOBILE_ADVERTISER_ID: 'm', EMAIL: 'e' }, 'MADID', 'LN', 'EMAIL', 'FN')).toEqual([
      'm',
      undefined,
      'e',
      'f',
    ])
  })

  test('what every object inherits is no value', () => {
    const user = JSON.parse('{"__proto__":{"EMAIL":"x"},"constructor":"x","toString":"x"}') as Record<string, unknown>
    expect(read(user, 'EMAIL', 'FN')).toEqual([undefined, undefined])
  })

  test('is found as well after a thousand made-up keys', () => {
    const reader = fieldReader(['EMAIL'])
    for (let index = 0; index < 2000; index += 1) reader({ [`key${index}`]: 1 })
    expect(reader({ Email_Sha256: 'a' })).toEqual(['a'])
  })
})

test('every name of a schema, alias or not, is one field, and no name is two', () => {
  expect(new Set(SCHEMA_FIELD_NAMES).size).toBe(SCHEMA_FIELD_NAMES.length)
  for (const name of SCHEMA_FIELD_NAMES) expect(Object.keys(SCHEMA_FIELDS)).toContain(canonicalField(name))
})

test.each(['email', 'NAME', '', '__proto__', 'constructor'])('"%s" is no name of a schema', (name) => {
  expect(() => canonicalField(name)).toThrow(RangeError)
})
