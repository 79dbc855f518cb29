/**
 * A text is garbled if it has U+FFFD, which stands for bytes that are not UTF-8 (such as a name in Latin-1), or half of
 * a surrogate pair. Nobody can know what these meant. It is one expression, because it is asked for every value.
 */
const GARBLED = /[\uD800-\uDFFF\uFFFD]/u

/** Whether a text was not sent as UTF-8, or has half of a surrogate pair. */
export function isGarbled(given: unknown): boolean {
  return typeof given === 'string' && GARBLED.test(given)
}
