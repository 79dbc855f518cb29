import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/long.ts'
import { country } from '../../lib/audience/normalise/country.ts'
import { email } from '../../lib/audience/normalise/email.ts'
import { birthDay, birthMonth, birthYear } from '../../lib/audience/normalise/birth.ts'
import { advertiserId, externalId } from '../../lib/audience/normalise/identifier.ts'
import { gender, initial, name } from '../../lib/audience/normalise/person.ts'
import { phone } from '../../lib/audience/normalise/phone.ts'
import { city, postcode, stateOrCode, zipOrPostcode } from '../../lib/audience/normalise/place.ts'
import { asciiDigits, lowerCase, trimmed } from '../../lib/audience/normalise/text.ts'
import { anyCharacter } from '../support/any-character.ts'

const RULES: Readonly<Record<string, (text: string) => string>> = {
  email,
  name,
  initial,
  gender,
  city,
  stateOrCode,
  postcode,
  zipOrPostcode,
  country,
  birthMonth,
  birthDay,
  advertiserId,
  externalId,
  birthYear: (text) => birthYear(text, 2026),
  phone: (text) => phone(text, ''),
}

/** Anything: all of Unicode, and mixtures of what has given normalisers trouble. */
const PIECES = [
  'a',
  'Z',
  '1',
  '0',
  ' ',
  '-',
  '.',
  '@',
  '+',
  "'",
  '(',
  ')',
  'é',
  'e\u0301',
  'J\u030c',
  'İ',
  'ß',
  'Σ',
  'ﬀ',
  'Ⅷ',
]
const TRICKY = [
  '\u200d',
  '\ufeff',
  '\ud800',
  '\0',
  'ǅ',
  'ᴬ',
  '٣',
  '５',
  '정',
  'की',
  'ʼ',
  'Å',
  '½',
  '00',
  '12345',
  'US',
  'the ',
]
const text = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...PIECES, ...TRICKY), { maxLength: 12 }).map((pieces) => pieces.join('')),
)

function always<Value>(values: fc.Arbitrary<Value>, check: (value: Value) => void, numRuns = 2_000): void {
  fc.assert(
    fc.property(values, (value) => {
      check(value)
    }),
    { numRuns: runs(numRuns) },
  )
}

describe.each(Object.entries(RULES))('%s', (_name, rule) => {
  it('changes nothing the second time', () => {
    always(text, (given) => expect(rule(rule(given))).toBe(rule(given)), 3_000)
  })
})

describe.each(Object.entries(RULES).filter(([, rule]) => rule !== advertiserId && rule !== externalId))(
  '%s',
  (_name, rule) => {
    it('leaves no control and zero-width characters, and is composed', () => {
      always(text, (given) => {
        expect(rule(given)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        expect(rule(given)).toBe(rule(given).normalize('NFC'))
      })
    })
  },
)

describe('a phone number in a country', () => {
  const home = fc.constantFrom('us', 'gb', 'de', 'it', 'in', 'br', 'ru', 'fr', 'au')

  it('is international afterwards: written with a plus, it stays as it is', () => {
    const digits = fc.stringMatching(/^[ 0-9().+-]{0,18}$/)
    always(
      fc.tuple(fc.oneof(digits, text), home),
      ([given, where]) => {
        const number = phone(given, where)
        // An impossible number is kept as digits, and may look like another country's code and trunk zero.
        fc.pre(!/^\d{1,3}0/.test(number))
        expect(number === '' ? '' : phone(`+${number}`, where)).toBe(number)
      },
      5_000,
    )
  })

  it('is 7 to 15 digits without a leading zero, or blank', () => {
    always(fc.tuple(text, home), ([given, where]) => expect(phone(given, where)).toMatch(/^(?:[1-9]\d{6,14})?$/))
  })
})

describe('short cuts for ASCII give what the long way gives:', () => {
  const ascii = fc.oneof(
    fc.string({ unit: 'binary-ascii' }),
    fc.stringMatching(/^[ A-Za-z0-9@.'-]{0,14}$/),
    fc.emailAddress(),
  )
  /** The same text with a character that makes it non-ASCII, and that every rule takes away. */
  const longWay = (rule: (text: string) => string, given: string) => rule(`${given}\u200b`)

  it.each([
    name,
    initial,
    city,
    postcode,
    email,
    country,
    stateOrCode,
    zipOrPostcode,
    lowerCaseTrimmed,
    asciiDigitsTrimmed,
  ])('%o', (rule) => {
    always(ascii, (given) => expect(rule(given)).toBe(longWay(rule, given)))
  })

  it('phone numbers', () => {
    const number = fc.stringMatching(/^\+?[1-9][0-9 ().-]{5,18}$/)
    always(number, (given) => expect(phone(given, 'gb')).toBe(longWay((given) => phone(given, 'gb'), given)))
  })
})

function lowerCaseTrimmed(given: string): string {
  return trimmed(lowerCase(given))
}

function asciiDigitsTrimmed(given: string): string {
  return trimmed(asciiDigits(given))
}
