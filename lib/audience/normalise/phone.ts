import parsePhoneNumber from 'libphonenumber-js/core'
import metadata from 'libphonenumber-js/min/metadata'
import { numberingPlan } from './numbering-plan.ts'
import { asciiDigits } from './text.ts'

const SHORTEST = 7
const LONGEST = 15

const NOT_A_DIGIT = /\D+/g
const LEADING_ZEROES = /^0+/
/** International: begins with a plus, or with the 00 (in Australia 0011) that stands for it. */
const INTERNATIONAL = /^[^\d+]*(?:\+|00)/
const DIALLED_ABROAD = /^0+(?:11)?/
/** A plus, then digits with the usual symbols: most numbers, and there is nothing to decide about them. */
const INTERNATIONAL_NUMBER = /^\+[1-9][\d ().-]*$/
const MAYBE_TRUNK_ZERO = /^\d{1,3}0/
const BRACKETED_ZERO = /(\d\D*)\(\s*0\s*\)/
const TRUNK_ZERO = new RegExp(`^(?:${Object.keys(metadata.country_calling_codes).join('|')})0`)
/** Digits in groups, with nothing around them that would have to go first. */
const ORDINARY = /^(?:[\d ()/+-]|\.\d\d)*$/
const EXTENSION = /(?:ext(?:ension|n)?|x|#)[\s.:=]*\d{1,7}\W*$/i
/** A number that a program has written as a few digits and a power of ten, `4.9E+11` or `4.9E11`: digits are lost. */
const POWER_OF_TEN = /^\D*\d(?:[.,]\d+)?e\+?\d+\D*$/i
const DECIMAL_ZERO = /^(\s*\d{7,})\.0\s*$/
const ONE_DIGIT = /^(\d)\1*$/
const ZEROES_AFTER_CODE = /^\d{1,3}0{7,}$/

/**
 * PHONE: the digits of the international number, without `+`, symbols, letters, leading zeroes and extension.
 * - `country` (the row's COUNTRY, else the destination's defaultCountry) makes national numbers international. Digits
 *   that begin with the country's own code, followed by a number of that country, are international already.
 * - without a country only symbols, letters and leading zeroes come off: nobody can know the code.
 * - a number impossible in its country is kept as digits if 7 to 15 long, since numbering plans change; shorter and
 *   longer ones (E.164 ends at 15), and placeholders of one digit, are empty.
 *
 * Meta asks to remove symbols, letters and leading zeroes and to prefix the country code. A trunk zero is no part of
 * an international number, so `+44 (0)20…` and `+44 020…` lose it, and Italy's zero stays.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function phone(text: string, country: string): string {
  if (INTERNATIONAL_NUMBER.test(text)) {
    const digits = text.replace(NOT_A_DIGIT, '')
    if (!hasTrunkZero(digits)) return usable(digits)
  }
  const written = ORDINARY.test(text) ? text : tidied(text)
  const digits = written.replace(NOT_A_DIGIT, '')
  if (ONE_DIGIT.test(digits)) return ''
  if (INTERNATIONAL.test(written)) return usable(international(digits, written))
  return usable(national(digits, country) ?? withoutBracketedZero(written))
}

/**
 * Whether a number has no country code and the country is unknown. Then `phone` leaves it as it is. A number that is
 * valid with a plus in front of it is in Meta's own format, 16505551212.
 */
export function lacksCountry(text: string, country: string): boolean {
  if (numberingPlan(country) !== undefined) return false
  const written = asciiDigits(text)
  return !INTERNATIONAL.test(written) && !isInternational(written.replace(NOT_A_DIGIT, ''))
}

function isInternational(digits: string): boolean {
  // No country code begins with a zero, but most numbers written as at home do.
  if (digits.startsWith('0')) return false
  return parsePhoneNumber(`+${digits}`, { extract: false }, metadata)?.isValid() ?? false
}

function tidied(text: string): string {
  const written = asciiDigits(text)
  return POWER_OF_TEN.test(written) ? '' : written.replace(EXTENSION, '').replace(DECIMAL_ZERO, '$1')
}

function usable(digits: string): string {
  const number = digits.replace(LEADING_ZEROES, '')
  if (number.length < SHORTEST || number.length > LONGEST) return ''
  return ONE_DIGIT.test(number) || ZEROES_AFTER_CODE.test(number) ? '' : number
}

function international(all: string, written: string): string {
  const digits = all.replace(DIALLED_ABROAD, '')
  if (!hasTrunkZero(digits)) return digits
  const number = parsePhoneNumber(`+${digits}`, { extract: false }, metadata)
  if (number?.isValid()) return number.number.slice(1)
  return withoutBracketedZero(written).replace(DIALLED_ABROAD, '')
}

function hasTrunkZero(digits: string): boolean {
  return MAYBE_TRUNK_ZERO.test(digits) && TRUNK_ZERO.test(digits)
}

function national(digits: string, country: string): string | undefined {
  const plan = numberingPlan(country)
  if (plan === undefined) return undefined
  const known = plan.international(digits)
  if (known !== undefined) return known
  const number = parsePhoneNumber(digits, { defaultCountry: plan.country, extract: false }, metadata)
  return number?.isPossible() ? number.number.slice(1) : undefined
}

function withoutBracketedZero(written: string): string {
  return written.replace(BRACKETED_ZERO, '$1').replace(NOT_A_DIGIT, '')
}
