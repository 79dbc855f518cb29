import { trimmed } from './text.ts'

const ONLY_ZEROES = /^[0-]*$/

/**
 * MADID: Apple's IDFA or Android's advertising id, trimmed, in lower case, hyphens kept. All zeroes are what a phone
 * answers when tracking is off, so they name nobody and are empty.
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function advertiserId(text: string): string {
  const id = trimmed(text).toLowerCase()
  return ONLY_ZEROES.test(id) ? '' : id
}

/**
 * EXTERN_ID: "your own id, any string", so not a character is changed, not even spaces around it: it must equal what
 * the advertiser sent elsewhere. Only a text of nothing but spaces is empty. Source: as MADID.
 */
export function externalId(text: string): string {
  return trimmed(text) === '' ? '' : text
}
