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

/** What a rule may know besides the text itself. */
export type RowContext = {
  /** The row's own COUNTRY by its rule; empty if there is none. */
  country: string
  /** The country whose national phone numbers the row's PHONE may be written in; empty if unknown. */
  callingCountry: string
  clock: () => number
}

/**
 * A pure function of one text, and the same hashed. Results are remembered with the function itself, not with a
 * destination, so that nothing is taken for something else and memory does not grow with destinations.
 */
export type TextRule = { plain: (text: string) => string; hashed: (text: string) => string }

/** A rule for a value that is not text and never hashed: the value to send, or empty if it cannot be used. */
export type ValueRule = { value: (given: unknown) => number | readonly string[] | '' }

/** Picks the rule that a row's context asks for. */
export type Normaliser = ((row: RowContext) => TextRule) | ValueRule

const EMAIL = various(email)
const ADVERTISER_ID = various(advertiserId)
const EXTERNAL_ID = various(externalId)
const NAME = various(name)
const INITIAL = few(initial)
const GENDER = few(gender)
const BIRTH_MONTH = few(birthMonth)
const BIRTH_DAY = few(birthDay)
const CITY = various(city)
const STATE = few(stateOrCode)
const STATE_ABROAD = few(city)
const ZIP = various(zipOrPostcode)
const POSTCODE = various(postcode)
const COUNTRY = few(country)

/** The rules of Meta's table by name; each function's own description has the rule and its source. */
export const NORMALISERS = {
  email: () => EMAIL,
  phone: (row) => phoneFrom(row.callingCountry),
  gender: () => GENDER,
  birthYear: (row) => birthYearAt(row.clock()),
  birthMonth: () => BIRTH_MONTH,
  birthDay: () => BIRTH_DAY,
  name: () => NAME,
  initial: () => INITIAL,
  city: () => CITY,
  state: (row) => (mayBeUnitedStates(row) ? STATE : STATE_ABROAD),
  zip: (row) => (mayBeUnitedStates(row) ? ZIP : POSTCODE),
  country: () => COUNTRY,
  advertiserId: () => ADVERTISER_ID,
  externalId: () => EXTERNAL_ID,
  lookalikeValue: { value: lookalikeValue },
  processingOptions: { value: processingOptions },
  processingCountry: { value: processingCountry },
  processingState: { value: processingState },
} satisfies Record<NormalisationRule, Normaliser>

/** A rule for values of which there are many: remembering them would cost more than it saves. */
function various(plain: (text: string) => string): TextRule {
  return { plain, hashed: (text) => sha256(plain(text)) }
}

/** A rule for values of which there are few, such as months and countries. */
function few(plain: (text: string) => string): TextRule {
  return { plain, hashed: recall((text) => sha256(plain(text))) }
}

const phonesFrom = new Map<string, TextRule>()

function phoneFrom(callingCountry: string): TextRule {
  let rule = phonesFrom.get(callingCountry)
  if (rule === undefined) phonesFrom.set(callingCountry, (rule = various((text) => phone(text, callingCountry))))
  return rule
}

/** The rule for DOBY, which changes on New Year's Eve (UTC), and until when it stands. */
let birthYears: { rule: TextRule; from: number; until: number } | undefined

function birthYearAt(time: number): TextRule {
  if (birthYears === undefined || time < birthYears.from || time >= birthYears.until) {
    const year = new Date(time).getUTCFullYear()
    const rule = few((text) => birthYear(text, year))
    birthYears = { rule, from: Date.UTC(year, 0), until: Date.UTC(year + 1, 0) }
  }
  return birthYears.rule
}

/** The territories have country codes of their own, and the states' codes and ZIPs of the US. */
const UNITED_STATES: ReadonlySet<string> = new Set(['', 'us', 'pr', 'gu', 'vi', 'as', 'mp', 'um'])

function mayBeUnitedStates(row: RowContext): boolean {
  return UNITED_STATES.has(row.country)
}
