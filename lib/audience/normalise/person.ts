import { city } from './place.ts'
import { isAscii, lowerCase } from './text.ts'

/** Lower-case ASCII and Latin-1: what most names are, and always composed. */
const PLAIN_WORD = /^[a-z0-9ß-öø-ÿ]+$/
const NOT_IN_AN_ASCII_NAME = /[^a-z0-9]+/g
/** Apostrophes that Unicode counts as letters (ʻ ʼ ʹ …): an O'Brien typed with them is still the same O'Brien. */
const LETTER_APOSTROPHES = /[\u02b9-\u02ff]+/g
const NOT_IN_A_NAME = /[^\p{L}\p{M}\p{N}]+/gu
const MARKS_IN_FRONT = /^\p{M}+/u
const FIRST_LETTER = /\p{L}\p{M}*/u

/**
 * FN and LN: lower case, letters of any script with their combining marks, and digits; nothing else, composed (NFC).
 *
 * Meta asks for a–z without punctuation and allows special characters in UTF-8; its own examples keep `valéry` and
 * `정`, so accents stay. Digits stay because Meta's newest own normaliser keeps them.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function name(text: string): string {
  const plain = text.toLowerCase()
  if (PLAIN_WORD.test(plain)) return plain
  if (isAscii(plain)) return plain.replace(NOT_IN_AN_ASCII_NAME, '')
  const letters = lowerCase(text).replace(LETTER_APOSTROPHES, '').replace(NOT_IN_A_NAME, '').normalize('NFC')
  return letters.replace(MARKS_IN_FRONT, '')
}

/**
 * FI: the first letter of the name by the rule of FN, with its combining marks. A digit is not an initial. Source: as
 * FN.
 */
export function initial(text: string): string {
  return FIRST_LETTER.exec(name(text))?.[0] ?? ''
}

const GENDERS = new Map<string, 'm' | 'f'>()
for (const word of ['m', 'male', 'males', 'man', 'men', 'boy', 'boys', 'masculine', 'masc']) GENDERS.set(word, 'm')
for (const word of ['f', 'female', 'females', 'woman', 'women', 'girl', 'girls', 'feminine', 'fem'])
  GENDERS.set(word, 'f')

/**
 * GEN: `m` or `f` from the usual English words. Anything else is unknown and empty, never a guess. Titles (Mr, Mrs) are
 * not used: they say how someone is addressed. Source: as FN.
 */
export function gender(text: string): string {
  return GENDERS.get(city(text)) ?? ''
}
