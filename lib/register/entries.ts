import { createHash } from 'node:crypto'
import type { Change } from '../audience/change.ts'

// Eight bytes of a hash and six of a time: two different people are taken for one once in some 10^9 requests.
const KEY_BYTES = 8
const ENTRY_BYTES = KEY_BYTES + 6

/** DynamoDB's items hold 400 KB; a full request of 10,000 users with two identifiers needs one. */
const MAX_ENTRIES_BYTES = 380_000

/** Who changed and when, as bytes: an entry for each identifier of each change, in as few pieces as items hold. */
export function encodeEntries(changes: readonly Change[]): Uint8Array[] {
  const total = changes.reduce((sum, { identifiers }) => sum + identifiers.length, 0) * ENTRY_BYTES
  const bytes = Buffer.alloc(total)
  let offset = 0
  for (const { identifiers, at } of changes)
    for (const identifier of identifiers) {
      bytes.write(keyOf(identifier), offset, 'latin1')
      bytes.writeUIntBE(Math.max(0, Math.floor(at)), offset + KEY_BYTES, ENTRY_BYTES - KEY_BYTES)
      offset += ENTRY_BYTES
    }
  const pieces: Uint8Array[] = []
  const step = MAX_ENTRIES_BYTES - (MAX_ENTRIES_BYTES % ENTRY_BYTES)
  for (let start = 0; start < total; start += step) pieces.push(bytes.subarray(start, start + step))
  return pieces
}

/** Calls back with the key and time of every entry. */
export function eachEntry(entries: Uint8Array, entry: (key: string, at: number) => void): void {
  const bytes = Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength)
  for (let offset = 0; offset + ENTRY_BYTES <= bytes.length; offset += ENTRY_BYTES)
    entry(
      bytes.toString('latin1', offset, offset + KEY_BYTES),
      bytes.readUIntBE(offset + KEY_BYTES, ENTRY_BYTES - KEY_BYTES),
    )
}

/** The key that entries know an identifier by. */
export function keyOf(identifier: string): string {
  return createHash('sha256').update(identifier).digest().toString('latin1', 0, KEY_BYTES)
}
