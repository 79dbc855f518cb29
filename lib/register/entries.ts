import type { Word } from './last-word.ts'

// A word in the log is one byte (how many identifiers it has), six bytes of time, and eight bytes for each identifier.
const TIME_BYTES = 6
const HEAD_BYTES = 1 + TIME_BYTES
const IDENTIFIER_BYTES = 8
const LATEST = 2 ** (8 * TIME_BYTES) - 1

/** DynamoDB's items hold 400 KB, including names and the other values. */
const MAX_ENTRIES_BYTES = 390_000

/** The words as bytes, in as few pieces as items hold them. */
export function encodeWords(words: Iterable<Word>): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let left = 0
  for (const word of words) left += bytesOf(word)
  let piece = Buffer.alloc(Math.min(left, MAX_ENTRIES_BYTES))
  let offset = 0
  for (const word of words) {
    const { identifiers, at } = word
    const size = bytesOf(word)
    if (offset + size > piece.length) {
      pieces.push(piece.subarray(0, offset))
      piece = Buffer.alloc(Math.min(left, MAX_ENTRIES_BYTES))
      offset = 0
    }
    piece.writeUInt8(identifiers.length, offset)
    piece.writeUIntBE(Math.min(Math.max(0, Math.floor(at)), LATEST), offset + 1, TIME_BYTES)
    piece.write(identifiers.join(''), offset + HEAD_BYTES, 'hex')
    offset += size
    left -= size
  }
  if (offset > 0) pieces.push(piece.subarray(0, offset))
  return pieces
}

function bytesOf({ identifiers }: Word): number {
  return HEAD_BYTES + identifiers.length * IDENTIFIER_BYTES
}

/** The words in a piece of a log. */
export function* wordsIn(piece: Uint8Array): Iterable<Word> {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  for (let offset = 0; offset < bytes.length;) {
    const start = offset + HEAD_BYTES
    const end = start + bytes.readUInt8(offset) * IDENTIFIER_BYTES
    const identifiers: string[] = []
    for (let at = start; at < end; at += IDENTIFIER_BYTES)
      identifiers.push(bytes.toString('hex', at, at + IDENTIFIER_BYTES))
    yield { identifiers, at: bytes.readUIntBE(offset + 1, TIME_BYTES) }
    offset = end
  }
}
