import { isAscii, lowerCase, trimmed } from './text.ts'

const LONGEST_ADDRESS = 254

/** In lower case: dot-separated atoms, then labels without hyphens at their ends, then a top-level domain of two letters or more. */
const ASCII_ADDRESS =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/
const ADDRESS =
  /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@(?:[\p{L}\p{M}\p{N}]+(?:-+[\p{L}\p{M}\p{N}]+)*\.)+(?:\p{L}[\p{L}\p{M}]+|xn--[a-z0-9-]+)$/u

/**
 * EMAIL: trimmed and in lower case, composed (NFC); empty when it does not look like an address. Dots and tags before
 * the `@` stay, since Meta only asks for trimming and lower case. What Meta's newest own normaliser refuses (two dots,
 * a dot at an end, no top-level domain, spaces) is refused; addresses and domains in any script are taken as written.
 *
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export function email(text: string): string {
  if (ASCII_ADDRESS.test(text) && text.length <= LONGEST_ADDRESS) return text
  const plain = text.trim().toLowerCase()
  if (ASCII_ADDRESS.test(plain) && plain.length <= LONGEST_ADDRESS) return plain
  const address = lowerCase(trimmed(text))
  if (address.length > LONGEST_ADDRESS) return ''
  return (isAscii(address) ? ASCII_ADDRESS : ADDRESS).test(address) ? address : ''
}
