import { COUNTRIES } from './country-names.ts'
import { city } from './place.ts'

const FILLERS = /\b(?:the|and)\b|&/gi
const SAINT = /\bst\b/gi

/**
 * COUNTRY: the two-letter code of ISO 3166-1 in lower case, from codes of two and three letters (also UK) and from
 * English names in common use. Anything else is empty, because a guessed country matches somebody else.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function country(text: string): string {
  countryCodes ??= readCountries()
  return countryCodes.get(city(text)) ?? countryCodes.get(nameLetters(text)) ?? ''
}

/** Only the letters of a name count; case, accents, spaces, punctuation, `the`, `and` and `&` do not. */
function nameLetters(name: string): string {
  return city(name.replace(FILLERS, '').replace(SAINT, 'Saint'))
}

let countryCodes: Map<string, string> | undefined

function readCountries(): Map<string, string> {
  const codes = new Map<string, string>()
  for (const line of COUNTRIES.trim().split('\n')) {
    const code = line.slice(0, 2).toLowerCase()
    codes.set(code, code).set(line.slice(3, 6).toLowerCase(), code)
    for (const name of line.slice(7).split(' | ')) codes.set(nameLetters(name), code)
  }
  return codes
}
