import { hash } from 'node:crypto'

/**
 * What stands for an identifier in the list of erased people: the first 52 bits of the SHA-256 of the stack's own secret and
 * the identifier. Without the secret nobody can tell whether a person is in the list. Among a million erased people with two
 * identifiers each, the chance that somebody else's is taken for one of theirs is 1 in 2 billion.
 */
export type KeyedHash = number

/** Bytes of a hash where it is stored. */
export const HASH_BYTES = 7

const DIGITS = 13

/**
 * The keyed hash of an identifier: see `identifiersOf` in lib/audience/identifiers.ts. HMAC would add nothing, because the
 * secret has one length and most of the digest is cut off; and it takes six times as long, for each row of each turn.
 */
export function keyedHash(secret: string, identifier: string): KeyedHash {
  return Number.parseInt(hash('sha256', secret + identifier, 'hex').slice(0, DIGITS), 16)
}
