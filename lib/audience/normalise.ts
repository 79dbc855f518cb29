import type { NormalisationRule } from '../config/schema-field.ts'
import { sha256 } from './hash.ts'
import { birthDay, birthMonth, birthYear } from './normalise/birth.ts'
import { country } from './normalise/country.ts'
import { email } from './normalise/email.ts'
import { advertiserId, externalId } from './normalise/identifier.ts'
import { gender, initial, name } from './normalise/person.ts'
import { phone } from './normalise/phone.ts'
import { city, postcode, stateOrCode, zipOrPostcode } from './normalise/place.ts'
import { lookalikeValue, processingCountry, processingOptions, processingState } from './normalise/value.ts'
import { recall } from './recall.ts'
import type { RowContext } from './row-context.ts'

/**
 * The text as it stands in its row, and its hash. Hashes are remembered for each rule, not for each destination, so
 * that memory does not grow with destinations.
 */
export type TextRule = {
  plain: (text: string, row: RowContext) => string
  hashed: (text: string, row: RowContext) => string
}

/**
 * A rule for a value that is not a text and is never hashed. It gives the value to send, or empty if the value cannot
 * be used.
 */
export type ValueRule = { value: (given: unknown) => number | readonly string[] | '' }

/** The rules of Meta's table, by name. The description of each function has the rule and its source. */
export const NORMALISERS = {
  email: various(email),
  phone: various((text, row) => phone(text, row.callingCountry)),
  gender: few(gender),
  birthYear: chosen(birthYearRule),
  birthMonth: few(birthMonth),
  birthDay: few(birthDay),
  name: various(name),
  initial: few(initial),
  city: various(city),
  state: inUnitedStates(few(stateOrCode), few(city)),
  zip: inUnitedStates(various(zipOrPostcode), various(postcode)),
  country: few(country),
  advertiserId: various(advertiserId),
  externalId: various(externalId),
  lookalikeValue: { value: lookalikeValue },
  processingOptions: { value: processingOptions },
  processingCountry: { value: processingCountry },
  processingState: { value: processingState },
} satisfies Record<NormalisationRule, TextRule | ValueRule>

/** A rule for a field with many different values. Remembering them would cost more than it saves. */
function various(plain: TextRule['plain']): TextRule {
  return { plain, hashed: (text, row) => sha256(plain(text, row)) }
}

/** A rule for a field with few different values, such as months and countries. Results are remembered. */
function few(plain: (text: string) => string): TextRule {
  return { plain, hashed: recall((text) => sha256(plain(text))) }
}

/** A rule that is chosen by the row's context. */
function chosen(choose: (row: RowContext) => TextRule): TextRule {
  return { plain: (text, row) => choose(row).plain(text, row), hashed: (text, row) => choose(row).hashed(text, row) }
}

/**
 * One rule for the US and rows without a country, another for other countries. US territories have states' codes and
 * ZIPs, too.
 */
function inUnitedStates(there: TextRule, abroad: TextRule): TextRule {
  const codes: ReadonlySet<string> = new Set(['', 'us', 'pr', 'gu', 'vi', 'as', 'mp', 'um'])
  return chosen((row) => (codes.has(row.country) ? there : abroad))
}

/** The rule for DOBY, which changes at New Year (UTC). */
let birthYears = { rule: few(() => ''), from: 0, until: 0 }

function birthYearRule(row: RowContext): TextRule {
  const time = row.clock()
  if (time < birthYears.from || time >= birthYears.until) {
    const year = new Date(time).getUTCFullYear()
    birthYears = { rule: few((text) => birthYear(text, year)), from: Date.UTC(year, 0), until: Date.UTC(year + 1, 0) }
  }
  return birthYears.rule
}
