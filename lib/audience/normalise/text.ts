import { isGarbled } from '../../track/garbled.ts'

/**
 * Longer texts are not a name, address, place or number. They are refused before any rule sees them. Composing long
 * runs of combining marks takes quadratic time, and anybody with a public write key could use that.
 */
export const LONGEST_TEXT = 500

const AROUND = /[\p{Z}\p{Cc}\p{Cf}]/u
const NOT_ASCII = /[^\0-\x7f]/
const DECIMAL_DIGIT = /\p{Nd}/u
const OTHER_DIGITS = /[^\0-\x7f]/gu

/**
 * A value as text. Numbers and booleans are written out. These are empty: anything that is not a single value; a whole
 * number above 2^53, because JSON may have rounded it to somebody else's; a garbled text.
 */
export function asText(given: unknown): string {
  if (typeof given === 'string') return isGarbled(given) ? '' : given
  if (typeof given === 'number') return isExact(given) ? String(given) : ''
  return typeof given === 'boolean' || typeof given === 'bigint' ? String(given) : ''
}

function isExact(number: number): boolean {
  return Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number)
}

/** Without spaces, control characters, zero-width characters and byte order marks around it. */
export function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isAround(text, start)) start++
  while (end > start && isAround(text, end - 1)) end--
  return text.slice(start, end)
}

function isAround(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code <= 0x20 || (code >= 0x7f && AROUND.test(text.charAt(index)))
}

export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text)
}

/** In lower case and composed (NFC), the one form in which equal letters have equal bytes. */
export function lowerCase(text: string): string {
  // Lower-casing can leave a letter and a mark that compose, such as J with caron.
  return isAscii(text) ? text.toLowerCase() : text.normalize('NFC').toLowerCase().normalize('NFC')
}

/** Decimal digits of every script and full-width forms, written in ASCII. */
export function asciiDigits(text: string): string {
  if (isAscii(text)) return text
  return text.normalize('NFKC').replace(OTHER_DIGITS, (character) => {
    if (!DECIMAL_DIGIT.test(character)) return character
    // Unicode keeps the ten digits of a script in order, so the distance to the start of the run is the value.
    let start = character.codePointAt(0) ?? 0
    const value = start
    while (DECIMAL_DIGIT.test(String.fromCodePoint(start - 1))) start--
    return String((value - start) % 10)
  })
}
