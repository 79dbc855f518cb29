import { asciiDigits, trimmed } from './text.ts'

const FIRST_YEAR = 1900
/** Whole numbers, also as spreadsheets and data frames write them: `7`, `07`, `7.0`. */
const WHOLE_NUMBER = /^(\d{1,4})(?:\.0+)?$/

const MONTHS = new Map<string, string>([['sept', '09']])
const NAMES = 'january february march april may june july august september october november december'
NAMES.split(' ').forEach((month, index) => {
  const number = String(index + 1).padStart(2, '0')
  MONTHS.set(month, number).set(month.slice(0, 3), number)
})

/**
 * DOBY: four digits, 1900 to this year; else empty.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function birthYear(text: string, thisYear: number): string {
  const digits = wholeNumber(text)
  const year = Number(digits)
  return digits.length === 4 && year >= FIRST_YEAR && year <= thisYear ? digits : ''
}

/** DOBM: 01 to 12, from a number of one or two digits or an English month name, full or short; else empty. Source: as DOBY. */
export function birthMonth(text: string): string {
  const month = MONTHS.get(trimmed(text).toLowerCase().replace(/\.$/, ''))
  return month ?? twoDigits(text, 12)
}

/** DOBD: 01 to 31, from a number of one or two digits; else empty. Source: as DOBY. */
export function birthDay(text: string): string {
  return twoDigits(text, 31)
}

function twoDigits(text: string, most: number): string {
  const digits = wholeNumber(text)
  const number = Number(digits)
  return digits.length <= 2 && number >= 1 && number <= most ? digits.padStart(2, '0') : ''
}

function wholeNumber(text: string): string {
  return WHOLE_NUMBER.exec(trimmed(asciiDigits(text)))?.[1] ?? ''
}
