import fc from 'fast-check'

const SURROGATES = { first: 0xd800, count: 0x800 }

/**
 * Any character of Unicode, as the unit of a string: `fc.string({ unit: anyCharacter })`. fast-check's own unit `binary`
 * first makes a table of all of them, which takes a second and 140 MB.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES.count })
  .map((index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count), indexOf)

/** The way back, by which fast-check tries strings such as `__proto__` as well. */
function indexOf(character: unknown): number {
  const code = typeof character === 'string' ? (character.codePointAt(0) ?? 0) : 0
  if (character !== String.fromCodePoint(code)) throw new Error('not one character')
  return code < SURROGATES.first ? code : code - SURROGATES.count
}
