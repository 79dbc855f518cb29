import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { unreadableReason } from '../../../config/unreadable-file.ts'
import { printable } from '../../terminal/terminal.ts'
import { FileError } from '../../wrong-use.ts'
import { csvFormat, dialectOf } from './csv.ts'
import type { Separator } from './csv.ts'
import { NDJSON } from './ndjson.ts'
import { recordsOf } from './records.ts'
import type { FileRecord, Position, RecordFormat } from './records.ts'

/** What tells that a file is still the same. */
export type FileIdentity = { size: number; modifiedAt: string; beginning: string }

/** A file of users, and how it is read. */
export type SourceFile = {
  path: string
  identity: FileIdentity
  modifiedAt: number
  isGzip: boolean
  /** The last four bytes of the file as a number. */
  unpacked: number
  kind: { format: 'csv'; separator: Separator; header: readonly string[] } | { format: 'ndjson' }
  format: RecordFormat
  /** Where the first row begins. */
  start: Position
}

/** So much is looked at to tell what a file is. A header is never longer. */
const BEGINNING = 64 * 1024

const BOMS = [
  { bytes: Buffer.from([0xff, 0xfe]), encoding: 'UTF-16' },
  { bytes: Buffer.from([0xfe, 0xff]), encoding: 'UTF-16' },
]
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** Opens a file of users: CSV or a JSON object in each line, plain or gzip. Throws FileError. */
export async function openSource(path: string): Promise<SourceFile> {
  let size, modifiedAt, raw
  try {
    const stats = statSync(path)
    if (!stats.isFile())
      throw Object.assign(new Error('it is no plain file'), stats.isDirectory() && { code: 'EISDIR' })
    size = stats.size
    modifiedAt = Math.trunc(stats.mtimeMs)
    raw = firstBytes(path)
  } catch (error) {
    throw new FileError(`${path} cannot be read: ${unreadableReason(error)}`)
  }
  const isGzip = raw[0] === 0x1f && raw[1] === 0x8b
  const identity = {
    size,
    modifiedAt: new Date(modifiedAt).toISOString(),
    beginning: createHash('sha256').update(raw).digest('hex'),
  }
  const beginning = await beginningOf(path, isGzip)
  for (const { bytes, encoding } of BOMS)
    if (beginning.subarray(0, 2).equals(bytes))
      throw new FileError(
        `${path} is ${encoding}, and must be UTF-8. Convert it: iconv -f ${encoding} -t UTF-8 ${path} > users.csv`,
      )
  const skipped = beginning.subarray(0, 3).equals(UTF8_BOM) ? 3 : 0
  const text = beginning.subarray(skipped)
  const first = /\S/.exec(text.toString('latin1'))?.[0]
  if (first === undefined) throw new FileError(`${path} is empty`)
  if (text.includes(0)) throw new FileError(`${path} is no text: send a CSV in UTF-8, or a JSON object in each line`)
  if (first === '[')
    throw new FileError(
      `${path} is one JSON array. Write its objects one in each line, such as with: jq -c '.[]' ${path} > users.ndjson`,
    )
  if (/^"?sep=/i.test(text.toString('latin1', 0, 5)))
    throw new FileError(`${path} begins with a line for Excel, "sep=…". Take it out: tail -n +2 ${path} > users.csv`)
  const start = { bytes: skipped, line: 1 }
  const about = { path, identity, modifiedAt, isGzip, unpacked: isGzip ? lastNumber(path, size) : size }
  if (first === '{') return { ...about, kind: { format: 'ndjson' }, format: NDJSON, start }
  const dialect = dialectOf(text)
  const head = await firstRecord({ path, isGzip, format: csvFormat(dialect), start })
  if (!head || !('cells' in head))
    throw new FileError(`${path}: the first line cannot be read as the names of the columns`)
  const header = head.cells.map((cell) => cell.trim())
  if (header.some((cell) => cell.includes('@')))
    throw new FileError(
      `${path} begins with a person. Its first line must name the columns, such as: EMAIL${dialect.separator}FN`,
    )
  const repeated = header.find((name, place) => name !== '' && header.indexOf(name) !== place)
  if (repeated !== undefined)
    throw new FileError(`${path} has two columns named "${printable(repeated)}". Give each a name of its own.`)
  return {
    ...about,
    kind: { format: 'csv', separator: dialect.separator, header },
    format: csvFormat(dialect, header.length),
    start: { bytes: head.end, line: head.nextLine },
  }
}

/** How long a file is when it is unpacked; undefined where nobody can tell. */
export function unpackedSize({ isGzip, identity, unpacked }: SourceFile): number | undefined {
  if (!isGzip) return identity.size
  // Gzip ends with this length, but for what is over 4 GB or in several parts.
  return unpacked >= identity.size ? unpacked : undefined
}

/** The records of a file from a position on. */
export function readRecords(
  { path, isGzip, format }: Pick<SourceFile, 'path' | 'isGzip' | 'format'>,
  from: Position,
): AsyncGenerator<readonly FileRecord[]> {
  return recordsOf(bytesOf(path, isGzip, from.bytes), format, from)
}

/** The bytes of a file. Those of a plain file are overwritten by the next ones: see `recordsOf`. */
async function* bytesOf(path: string, isGzip: boolean, from: number): AsyncGenerator<Buffer> {
  if (!isGzip) {
    yield* plainBytes(path, from)
    return
  }
  let skip = from
  const file = createReadStream(path)
  const unpacked = createGunzip({ chunkSize: BEGINNING })
  file.on('error', (error) => unpacked.destroy(error))
  try {
    for await (const chunk of file.pipe(unpacked) as AsyncIterable<Buffer>) {
      if (skip < chunk.length) yield chunk.subarray(skip)
      skip = Math.max(0, skip - chunk.length)
    }
  } catch (error) {
    throw new FileError(`${path} begins like gzip, and cannot be unpacked to its end: ${(error as Error).message}`)
  } finally {
    file.destroy()
  }
}

// Each piece in memory of its own would be some hundred MB until somebody collects them.
async function* plainBytes(path: string, from: number): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    const bytes = Buffer.allocUnsafeSlow(BEGINNING)
    for (let place = from; ;) {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, place)
      if (bytesRead === 0) return
      place += bytesRead
      yield bytes.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function firstRecord(source: Parameters<typeof readRecords>[0] & { start: Position }) {
  for await (const records of readRecords(source, source.start)) return records[0]
  return undefined
}

async function beginningOf(path: string, isGzip: boolean): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of bytesOf(path, isGzip, 0)) {
    parts.push(Buffer.from(chunk))
    length += chunk.length
    if (length >= BEGINNING) break
  }
  return Buffer.concat(parts).subarray(0, BEGINNING)
}

function lastNumber(path: string, size: number): number {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(4)
    readSync(file, bytes, 0, 4, Math.max(0, size - 4))
    return bytes.readUInt32LE()
  } finally {
    closeSync(file)
  }
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(BEGINNING)
    return bytes.subarray(0, readSync(file, bytes, 0, BEGINNING, 0))
  } finally {
    closeSync(file)
  }
}
