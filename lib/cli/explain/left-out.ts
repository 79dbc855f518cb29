import { SCHEMA_FIELDS } from '../../config/schema-field.ts'
import type { SchemaField } from '../../config/schema-field.ts'

/** Why a user or a value would not be sent, in words. */
export const LEFT_OUT = {
  not_an_object: 'It is not a JSON object, such as {"EMAIL": "ann@example.com"}.',
  no_usable_value: 'It has no value that Meta could match.',
  cannot_match: 'Thousands of people share all its values; add a field such as EMAIL, PHONE, EXTERN_ID or MADID.',
  unusable_value: 'The field cannot hold this value, so the column stays blank.',
  not_hashed:
    'The value is not a hash, and isHashRequired is false, so the column stays blank. A hash is SHA-256 (64 hex digits).',
  invalid_encoding: 'The value is not valid UTF-8, so nobody knows what it means. The column stays blank.',
  consent_denied: 'There is no consent to send it to this destination; the warnings say what is missing.',
  repeated: 'The same person is in the list already.',
  removed_as_well: 'The same person is to be removed at the same time, and the removal wins.',
  added_since: 'The same person is added by a newer event.',
} as const

export type LeftOut = keyof typeof LEFT_OUT

/** Why a value of a field would not be sent, and what it must be like. */
export function whyLeftOut(field: SchemaField, reason: LeftOut): string {
  if (reason !== 'unusable_value') return LEFT_OUT[reason]
  const { hashed } = SCHEMA_FIELDS[field]
  return [
    LEFT_OUT.unusable_value,
    ...(EXAMPLES[field] === undefined ? [] : [EXAMPLES[field]]),
    ...(hashed ? ['A hash must be SHA-256 (64 hex digits); Meta does not take MD5 or SHA-1.'] : []),
  ].join(' ')
}

const BIRTHDAY = 'A birthday is written like 1988-03-09.'
const EXAMPLES: Partial<Record<SchemaField, string>> = {
  EMAIL: 'An address is written like ann@example.com.',
  PHONE: 'A number is written like +49 30 123456; one like 4.9E+11 has lost digits in a spreadsheet.',
  EXTERN_ID: 'Who has no id has no value; an id like 4.9E+11 has lost digits in a spreadsheet.',
  ...{ DOBY: BIRTHDAY, DOBM: BIRTHDAY, DOBD: BIRTHDAY },
  COUNTRY: 'A country is written like DE or Germany.',
}
