/**
 * U+FFFD stands where bytes were that are no UTF-8, such as a name in Latin-1, and half of a surrogate pair is no character:
 * nobody can know what they meant. One expression, because it is asked for every value.
 */
const GARBLED = /[\uD800-\uDFFF\uFFFD]/u

/** Whether a text was not sent as UTF-8, or holds half of a surrogate pair. */
export function isGarbled(given: unknown): boolean {
  return typeof given === 'string' && GARBLED.test(given)
}
