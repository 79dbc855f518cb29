import { hash } from 'node:crypto'

const SHA_256 = /^[0-9a-f]{64}$/i
const SHA_256_LENGTH = 64

/**
 * The hash of the empty string. Careless senders make it of a missing value, and it would match every other missing
 * value.
 */
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/**
 * The lower-case hexadecimal SHA-256 of the UTF-8 bytes, as Meta wants it. Empty stays empty.
 * Source: Meta's customer file custom audiences guide, "Hashing"
 * (developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences).
 */
export function sha256(text: string): string {
  return text === '' ? '' : hash('sha256', text, 'hex')
}

/**
 * The hash in a text that is a SHA-256 already (64 hexadecimal digits in any case, with spaces around it), in lower
 * case. Empty for the hash of the empty string; undefined for any other text. Nothing is ever hashed twice.
 */
export function hashGiven(text: string): string | undefined {
  if (text.length < SHA_256_LENGTH) return undefined
  const trimmed = text.trim()
  if (!SHA_256.test(trimmed)) return undefined
  const lower = trimmed.toLowerCase()
  return lower === HASH_OF_NOTHING ? '' : lower
}
