import { fieldReader, type SchemaField } from '../config/schema-field.ts'
import type { RowContext } from './normalise.ts'
import { country } from './normalise/country.ts'
import { asText, LONGEST_TEXT } from './normalise/text.ts'
import { recall } from './recall.ts'

export type UserObject = Readonly<Record<string, unknown>>

/** A user's values in the order of the schema, undefined where there is none, and what their rules may know. */
export type ReadUser = { values: readonly unknown[]; context: RowContext }

export function isUserObject(user: unknown): user is UserObject {
  return typeof user === 'object' && user !== null && !Array.isArray(user)
}

/** The fields whose rules depend on the row's country. */
const PLACED_FIELDS: readonly SchemaField[] = ['PHONE', 'ST', 'ZIP']

/**
 * Reads users for one schema. COUNTRY is read also when it is not sent: it decides how phone numbers, states and zips
 * are meant. Without one, phone numbers are those of `defaultCountry`.
 */
export function createUserReader(
  schema: readonly SchemaField[],
  defaultCountry: string | undefined,
  clock: () => number,
): (user: UserObject) => ReadUser {
  const nowhere: RowContext = { country: '', callingCountry: country(defaultCountry ?? ''), clock }
  if (!schema.some((field) => PLACED_FIELDS.includes(field))) {
    const readFields = fieldReader(schema)
    return (user) => ({ values: readFields(user), context: nowhere })
  }
  const sent = schema.indexOf('COUNTRY')
  const countrySlot = sent < 0 ? schema.length : sent
  const readFields = fieldReader(sent < 0 ? [...schema, 'COUNTRY'] : schema)
  return (user) => {
    const values = readFields(user)
    const given = values[countrySlot]
    const code = given === undefined ? '' : countryOf(asText(given))
    return { values, context: code === '' ? nowhere : { country: code, callingCountry: code, clock } }
  }
}

const recentCountries = recall(country)

function countryOf(text: string): string {
  return text.length > LONGEST_TEXT ? '' : recentCountries(text)
}
