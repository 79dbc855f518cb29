import { asciiDigits, isAscii, lowerCase } from './text.ts'

const ASCII_WORD = /^[a-z]+$/
const NOT_A_TO_Z = /[^a-z]+/g
const NOT_A_LETTER = /[^\p{L}\p{M}]+|[\u02b9-\u02ff]+/gu
const LATIN_LETTER = /\p{Script=Latin}\p{M}*/gu
const MARKS = /\p{M}+/gu
const MARKS_IN_FRONT = /^\p{M}+/u

/** Latin letters that Unicode does not decompose into a letter of a–z and marks. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ŋ: 'n', ħ: 'h', ŧ: 't', ĸ: 'k' },
  ...{ ɖ: 'd', ɗ: 'd', ɓ: 'b', ƙ: 'k', ɨ: 'i', ɫ: 'l', ƶ: 'z', ƀ: 'b', ǥ: 'g', ɛ: 'e', ɔ: 'o', ə: 'e', ɲ: 'n' },
}

/**
 * CT: lower case, letters only. Accents and ligatures come off Latin letters (`são paulo` → `saopaulo`, `łódź` →
 * `lodz`); other scripts keep their letters and marks.
 *
 * Meta asks for a–z without special characters and leaves open whether an accented letter is dropped or made plain;
 * `sanjose` is what people without accents on their keyboard type, `sanjos` is nobody's city.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function city(text: string): string {
  const plain = text.toLowerCase()
  if (ASCII_WORD.test(plain)) return plain
  if (isAscii(plain)) return plain.replace(NOT_A_TO_Z, '')
  const letters = lowerCase(text).replace(NOT_A_LETTER, '').replace(LATIN_LETTER, plainLatin)
  return letters.replace(MARKS_IN_FRONT, '').normalize('NFC')
}

function plainLatin(letter: string): string {
  const base = letter.normalize('NFKD').toLowerCase().replace(MARKS, '').replace(NOT_A_LETTER, '')
  return base.replace(/[^a-z]/gu, (special) => PLAIN_LETTERS[special] ?? special)
}

const STATES =
  'al Alabama, ak Alaska, az Arizona, ar Arkansas, ca California, co Colorado, ct Connecticut, de Delaware, ' +
  'dc District of Columbia, dc Washington DC, fl Florida, ga Georgia, hi Hawaii, id Idaho, il Illinois, in Indiana, ' +
  'ia Iowa, ks Kansas, ky Kentucky, la Louisiana, me Maine, md Maryland, ma Massachusetts, mi Michigan, mn Minnesota, ' +
  'ms Mississippi, mo Missouri, mt Montana, ne Nebraska, nv Nevada, nh New Hampshire, nj New Jersey, nm New Mexico, ' +
  'ny New York, ny New York State, nc North Carolina, nd North Dakota, oh Ohio, ok Oklahoma, or Oregon, ' +
  'pa Pennsylvania, ri Rhode Island, sc South Carolina, sd South Dakota, tn Tennessee, tx Texas, ut Utah, vt Vermont, ' +
  'va Virginia, wa Washington, wa Washington State, wv West Virginia, wi Wisconsin, wy Wyoming, as American Samoa, ' +
  'gu Guam, mp Northern Mariana Islands, pr Puerto Rico, vi Virgin Islands, vi US Virgin Islands, ' +
  'vi United States Virgin Islands'

const stateCodes = new Map<string, string>()
for (const state of STATES.split(', ')) {
  const code = state.slice(0, 2)
  stateCodes.set(city(state.slice(3)), code).set(`us${code}`, code)
}

/**
 * ST in the US or without a COUNTRY: the two-letter code of a US state, the District of Columbia or a territory, from
 * its code (`CA`, `US-CA`) or its name with any spacing and punctuation. Any other text is treated as CT, which is
 * Meta's rule for states abroad. Source: as CT.
 */
export function stateOrCode(text: string): string {
  const letters = city(text)
  return stateCodes.get(letters) ?? letters
}

const SHORTEST_CODE = 2
const NOT_IN_ASCII_CODE = /[^a-z0-9]+/g
const NOT_IN_A_CODE = /[^\p{L}\p{N}]+/gu
const FIVE_DIGITS = /^\d{5}$/
const US_ZIP = /^\d{5}(?:\d{4})?$/

/**
 * ZIP outside the US: lower case, letters and digits without spaces and dashes.
 *
 * The guide asks for no white space; Meta's Conversions API page, whose data is matched the same way, adds "no dash".
 * UK codes are sent whole (`m11ae`), as that page's own example is.
 * Sources: as CT, and Meta's Conversions API, "Customer Information Parameters".
 */
export function postcode(text: string): string {
  const code = isAscii(text)
    ? text.toLowerCase().replace(NOT_IN_ASCII_CODE, '')
    : lowerCase(asciiDigits(text)).replace(NOT_IN_A_CODE, '').normalize('NFC')
  return code.length < SHORTEST_CODE ? '' : code
}

/**
 * ZIP in the US or without a COUNTRY: the first five digits of a US ZIP or ZIP+4, written in any way. Any other text is
 * treated as a postcode abroad. Sources: as `postcode`.
 */
export function zipOrPostcode(text: string): string {
  if (FIVE_DIGITS.test(text)) return text
  const code = postcode(text)
  return US_ZIP.test(code) ? code.slice(0, 5) : code
}
