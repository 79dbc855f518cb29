import type { Direction } from '../audience/change.ts'
import { concat } from './last-word.ts'
import type { Word, Words } from './last-word.ts'

// A word in the log: a byte with its direction and how many identifiers it has, six bytes of its time, and eight for
// each identifier.
const REMOVAL_BIT = 0x80
const TIME_BYTES = 6
const HEAD_BYTES = 1 + TIME_BYTES
const IDENTIFIER_BYTES = 8
const LATEST = 2 ** (8 * TIME_BYTES) - 1

/** DynamoDB's items hold 400 KB, with the names and the other values. */
const MAX_ENTRIES_BYTES = 390_000

/** Words as bytes, in as few pieces as items hold them. */
export function encodeWords(words: Words): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let left = bytesOf(concat(words.remove, words.add))
  let piece = Buffer.alloc(Math.min(left, MAX_ENTRIES_BYTES))
  let offset = 0
  const put = ({ identifiers, at }: Word, bit: number) => {
    const size = bytesOf([{ identifiers, at }])
    if (offset + size > piece.length) {
      pieces.push(piece.subarray(0, offset))
      piece = Buffer.alloc(Math.min(left, MAX_ENTRIES_BYTES))
      offset = 0
    }
    piece.writeUInt8(bit | identifiers.length, offset)
    piece.writeUIntBE(Math.min(Math.max(0, Math.floor(at)), LATEST), offset + 1, TIME_BYTES)
    piece.write(identifiers.join(''), offset + HEAD_BYTES, 'hex')
    offset += size
    left -= size
  }
  for (const word of words.remove) put(word, REMOVAL_BIT)
  for (const word of words.add) put(word, 0)
  if (offset > 0) pieces.push(piece.subarray(0, offset))
  return pieces
}

function bytesOf(words: Iterable<Word>): number {
  let bytes = 0
  for (const { identifiers } of words) bytes += HEAD_BYTES + identifiers.length * IDENTIFIER_BYTES
  return bytes
}

/** The words in pieces of the log, read from the bytes each time they are gone through. */
export function decodeWords(pieces: readonly Uint8Array[]): Words {
  const of = (direction: Direction): Iterable<Word> => ({
    *[Symbol.iterator]() {
      for (const piece of pieces) yield* wordsIn(piece, direction)
    },
  })
  return { add: of('add'), remove: of('remove') }
}

function* wordsIn(piece: Uint8Array, direction: Direction): Iterable<Word> {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  for (let offset = 0; offset < bytes.length;) {
    const first = bytes.readUInt8(offset)
    const start = offset + HEAD_BYTES
    const end = start + (first & ~REMOVAL_BIT) * IDENTIFIER_BYTES
    if ((first & REMOVAL_BIT) > 0 === (direction === 'remove')) {
      const identifiers: string[] = []
      for (let at = start; at < end; at += IDENTIFIER_BYTES)
        identifiers.push(bytes.toString('hex', at, at + IDENTIFIER_BYTES))
      yield { identifiers, at: bytes.readUIntBE(offset + 1, TIME_BYTES) }
    }
    offset = end
  }
}
