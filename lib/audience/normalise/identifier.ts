import { trimmed } from './text.ts'

const ONLY_ZEROES = /^[0-]*$/
/** What programs write where they have no value. Everybody with it would be one person. */
const NO_VALUE = /^(?:undefined|null|nan|\[object object\])$/i

/**
 * MADID: Apple's IDFA or Android's advertising id, trimmed, in lower case, hyphens kept. A phone with tracking off
 * answers all zeroes; they name nobody and are empty.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function advertiserId(text: string): string {
  const id = trimmed(text).toLowerCase()
  return ONLY_ZEROES.test(id) || NO_VALUE.test(id) ? '' : id
}

/**
 * EXTERN_ID: "your own id, any string". Not a character is changed, not even spaces around it, because it must equal
 * what the advertiser sent elsewhere. A text of only spaces is empty, and so is what programs write for no value, such as
 * `undefined`. Source: as MADID.
 */
export function externalId(text: string): string {
  const id = trimmed(text)
  return id === '' || NO_VALUE.test(id) ? '' : text
}
