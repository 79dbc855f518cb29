import { fieldReader } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { isGarbled } from '../track/garbled.ts'
import { country } from './normalise/country.ts'
import { LONGEST_TEXT, asText, trimmed } from './normalise/text.ts'
import { recall } from './recall.ts'

/** What a rule may know in addition to the text itself. */
export type RowContext = {
  /** The row's own COUNTRY, by the rule of COUNTRY; empty if there is none. */
  country: string
  /** The country of the row's PHONE if it is a national number; empty if unknown. */
  callingCountry: string
  clock: () => number
}

/** The fields whose rules depend on the row's country. */
const PLACED_FIELDS: readonly SchemaField[] = ['PHONE', 'ST', 'ZIP']

/**
 * What the rules of a schema may know about each row. COUNTRY counts even if it is not sent: phone numbers, states and
 * zips depend on it. Without a COUNTRY, phone numbers are those of `defaultCountry`. With a COUNTRY that cannot be
 * read, their country is unknown, because it is hardly the default one.
 */
export function createRowContext(
  schema: readonly SchemaField[],
  defaultCountry: string | undefined,
  clock: () => number,
): (user: Readonly<Record<string, unknown>>) => RowContext {
  const nowhere: RowContext = { country: '', callingCountry: country(defaultCountry ?? ''), clock }
  const elsewhere: RowContext = { country: '', callingCountry: '', clock }
  if (!schema.some((field) => PLACED_FIELDS.includes(field))) return () => nowhere
  const readCountry = fieldReader(['COUNTRY'])
  return (user) => {
    const given = readCountry(user)[0]
    const text = asText(given)
    const code = countryOf(text)
    if (code !== '') return { country: code, callingCountry: code, clock }
    return trimmed(text) === '' && !isGarbled(given) ? nowhere : elsewhere
  }
}

const recentCountries = recall(country)

function countryOf(text: string): string {
  return text.length > LONGEST_TEXT ? '' : recentCountries(text)
}
