import { fieldReader, type SchemaField } from '../config/schema-field.ts'
import { isGarbled } from '../track/garbled.ts'
import { country } from './normalise/country.ts'
import { asText, LONGEST_TEXT, trimmed } from './normalise/text.ts'
import { recall } from './recall.ts'

/** What a rule may know besides the text itself. */
export type RowContext = {
  /** The row's own COUNTRY by its rule; empty if there is none. */
  country: string
  /** The country whose national phone numbers the row's PHONE may be written in; empty if unknown. */
  callingCountry: string
  clock: () => number
}

/** The fields whose rules depend on the row's country. */
const PLACED_FIELDS: readonly SchemaField[] = ['PHONE', 'ST', 'ZIP']

/**
 * What the rules of a schema may know of each user's row. COUNTRY counts also when it is not sent: it decides how phone
 * numbers, states and zips are meant. Without one, phone numbers are those of `defaultCountry`; with one that cannot be
 * read, of no country, since they are hardly that country's.
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
