import { HASH_BYTES } from './keyed-hash.ts'
import type { KeyedHash } from './keyed-hash.ts'

/**
 * Words of the list of erased people: that somebody is erased, or is so no longer. There may be millions, so each is one
 * number: the hash, or below zero the hash of a person who is erased no longer. The newest word about a hash counts.
 */
export type ErasureWords = Float64Array

/** The word that says this of a hash. */
export function wordAbout(hash: KeyedHash, is: 'erased' | 'unerased'): number {
  return is === 'erased' ? hash : -1 - hash
}

export function isNoLonger(word: number): boolean {
  return word < 0
}

export function hashIn(word: number): KeyedHash {
  return isNoLonger(word) ? -1 - word : word
}

/**
 * A page of the list of erased people, as it is stored. Pages are numbered from 0 without a gap. Words are appended to the
 * last page until it is full, and nothing is ever changed. So who knows a page needs to read only what is behind it.
 */
export type Page = { number: number; bytes: Uint8Array }

/** Where pages are kept. Both reject when the table cannot be reached. */
export type PageTable = {
  /** The pages from this number on, in their order, strongly consistent. */
  read: (from: number) => AsyncIterable<Page[]>
  /**
   * Writes a page to which so many words were added. False if somebody else was faster; then nothing is written.
   */
  write: (page: Page, added: number) => Promise<boolean>
}

/** A page with its key takes one read unit of DynamoDB, of 4 KB. Each turn of an audience reads the last page. */
const WORDS_IN_PAGE = 560
const PAGE_BYTES = WORDS_IN_PAGE * HASH_BYTES

// Of a hash's seven bytes the first four bits are free.
const NO_LONGER = 0x80
const LOW_BYTES = HASH_BYTES - 1
const HIGH = 2 ** (8 * LOW_BYTES)

/** The words in the bytes of a page. */
export function wordsIn(bytes: Uint8Array): ErasureWords {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Float64Array(buffer.length / HASH_BYTES)
  for (let index = 0; index < words.length; index += 1) {
    const first = buffer.readUInt8(index * HASH_BYTES)
    const hash = (first & ~NO_LONGER) * HIGH + buffer.readUIntBE(index * HASH_BYTES + 1, LOW_BYTES)
    words[index] = wordAbout(hash, first & NO_LONGER ? 'unerased' : 'erased')
  }
  return words
}

/** Bytes of a page before so many words were added to it. */
export function bytesBefore({ bytes }: Page, added: number): number {
  return bytes.length - added * HASH_BYTES
}

/**
 * The last page with as many of these words behind it as it holds; a new page if it is full or there is none. `added` are
 * so many of the words.
 */
export function pageWith(last: Page | undefined, words: readonly number[]): { page: Page; added: number } {
  const isFull = last === undefined || last.bytes.length >= PAGE_BYTES
  const before = isFull ? new Uint8Array() : last.bytes
  const room = WORDS_IN_PAGE - before.length / HASH_BYTES
  const number = isFull ? (last?.number ?? -1) + 1 : last.number
  const fitting = words.slice(0, room)
  return { page: { number, bytes: Buffer.concat([before, ...fitting.map(bytesOf)]) }, added: fitting.length }
}

function bytesOf(word: number): Uint8Array {
  const hash = hashIn(word)
  const bytes = Buffer.alloc(HASH_BYTES)
  bytes.writeUInt8(Math.floor(hash / HIGH) | (isNoLonger(word) ? NO_LONGER : 0), 0)
  bytes.writeUIntBE(hash % HIGH, 1, LOW_BYTES)
  return bytes
}
