import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Random } from './random.ts'

const MEBIBYTE = 1024 * 1024

/** A gzip of many members: `mebibytes` from about a thousandth of that. */
export function bomb(mebibytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(MEBIBYTE, ' '), { level: 9 })
  return Buffer.concat(Array.from({ length: mebibytes }, () => member))
}

const BOMBS = [bomb(17), bomb(64), gzipSync(bomb(1_024))]

/** Bytes that were meant to be `text`, and that something happened to on the way. */
export function oddBytes(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text)
  const changes: (() => Buffer)[] = [
    () => bytes,
    () => bytes.subarray(0, random.below(bytes.length + 1)),
    () => flipped(bytes, random),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.concat([bytes, bytes]),
    () => Buffer.concat([bytes, Buffer.from([0, 0xc0, 0x80, 0xff, 0xfe])]),
    () => Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256))),
    () => Buffer.alloc(0),
    () => Buffer.from(random.pick(['null', '1', '"text"', 'NaN', '[', '{"batch":[', '[]', '{}', 'a=1&b=2'])),
  ]
  return random.pick(changes)()
}

/** The bytes as somebody compressed them, and perhaps damaged them afterwards. */
export function oddlyCompressed(bytes: Buffer, random: Random): Buffer {
  const changes: (() => Buffer)[] = [
    () => gzipSync(bytes),
    () => gzipSync(bytes),
    () => gzipSync(bytes).subarray(0, random.below(40)),
    () => flipped(gzipSync(bytes), random),
    () => gzipSync(gzipSync(bytes)),
    () => Buffer.concat([gzipSync(bytes), Buffer.from('trailing')]),
    () => Buffer.concat([gzipSync(bytes), gzipSync(bytes)]),
    () => deflateSync(bytes),
    () => brotliCompressSync(bytes),
    () => Buffer.from([0x1f, 0x8b]),
    // A gateway that took it for text has done this.
    () => Buffer.from(gzipSync(bytes).toString('utf8')),
    () => (random.once(15) ? random.pick(BOMBS) : gzipSync(bytes)),
  ]
  return random.pick(changes)()
}

function flipped(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  for (let count = random.below(8); count >= 0 && changed.length > 0; count -= 1)
    changed[random.below(changed.length)] = random.below(256)
  return changed
}
