import { createHash } from 'node:crypto'
import type { Change } from '../audience/change.ts'
import { keyIn } from '../audience/identifiers.ts'

// A word about a person: how many keys, six bytes of a time, and eight bytes of a hash for each identifier. Two
// different people are taken for one once in some 10^9 requests.
const KEY_BYTES = 8
const TIME_BYTES = 6
const HEAD_BYTES = 1 + TIME_BYTES

/** DynamoDB's items hold 400 KB; a full request of 10,000 users with four identifiers needs one. */
const MAX_ENTRIES_BYTES = 390_000

/**
 * Who changed and when, as bytes, in as few pieces as items hold. Identifiers that the register itself has told are left
 * out: the event did not name them.
 */
export function encodeEntries(changes: readonly Change[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let bytes = Buffer.alloc(0)
  let offset = 0
  let left = changes.reduce((sum, change) => sum + sizeOf(change), 0)
  for (const change of changes) {
    const size = sizeOf(change)
    if (offset + size > bytes.length) {
      if (offset > 0) pieces.push(bytes.subarray(0, offset))
      bytes = Buffer.alloc(Math.min(left, MAX_ENTRIES_BYTES))
      offset = 0
    }
    const identifiers = namedIn(change)
    bytes.writeUInt8(identifiers.length, offset)
    bytes.writeUIntBE(Math.floor(change.at), offset + 1, TIME_BYTES)
    identifiers.forEach((identifier, index) => {
      bytes.write(keyOf(identifier), offset + HEAD_BYTES + index * KEY_BYTES, 'latin1')
    })
    offset += size
    left -= size
  }
  if (offset > 0) pieces.push(bytes.subarray(0, offset))
  return pieces
}

function namedIn({ identifiers }: Change): readonly string[] {
  return identifiers.filter((identifier) => keyIn(identifier) === undefined)
}

function sizeOf(change: Change): number {
  return HEAD_BYTES + namedIn(change).length * KEY_BYTES
}

/** Calls back with every key and its time, and how to get all keys of the same word. */
export function eachEntry(entries: Uint8Array, entry: (key: string, at: number, keys: () => string[]) => void): void {
  const bytes = Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength)
  for (let offset = 0; offset < bytes.length;) {
    const keysAt = offset + HEAD_BYTES
    const end = keysAt + bytes.readUInt8(offset) * KEY_BYTES
    const at = bytes.readUIntBE(offset + 1, TIME_BYTES)
    const keys = () => {
      const all: string[] = []
      for (let start = keysAt; start < end; start += KEY_BYTES) all.push(keyAt(bytes, start))
      return all
    }
    for (let start = keysAt; start < end; start += KEY_BYTES) entry(keyAt(bytes, start), at, keys)
    offset = end
  }
}

function keyAt(bytes: Buffer, start: number): string {
  return bytes.toString('latin1', start, start + KEY_BYTES)
}

/** The key that entries know an identifier by. */
export function keyOf(identifier: string): string {
  return keyIn(identifier) ?? createHash('sha256').update(identifier).digest().toString('latin1', 0, KEY_BYTES)
}
