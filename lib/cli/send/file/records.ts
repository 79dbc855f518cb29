import type { JsonObject } from '../../../track/json-object.ts'

/** What is wrong with a line of a file, before anybody looks at what it says. */
export type LineProblem =
  'wrong_number_of_columns' | 'quote_not_closed' | 'quote_in_text' | 'invalid_json' | 'not_an_object' | 'line_too_long'

/** A record of a file: one row of a CSV, which may be several lines long, or a line of JSON; or a line that is neither. */
export type FileRecord = {
  /** Of its first line, counted from 1. */
  line: number
  /** Where the next record begins, in bytes of the unpacked file. */
  end: number
  /** The line of the next record. */
  nextLine: number
  /** As it stands in the file. */
  text: () => string
} & ({ cells: readonly string[] } | { object: JsonObject } | { problem: LineProblem })

/** How records are read: `cut` is where the last whole record of some bytes ends, and `read` reads what is before it. */
export type RecordFormat = {
  /** The byte at the end of a line. */
  lineEnd: number
  cut: (bytes: Buffer) => number
  /** `from` is the place of the bytes. With a problem, it is about the first line from `end` on. */
  read: (
    bytes: Buffer,
    from: Position,
  ) => { records: readonly FileRecord[]; end: number; line: number; problem?: LineProblem }
}

/** A place in a file, in unpacked bytes and in lines. */
export type Position = { bytes: number; line: number }

/** As much is read at once. Rows of a small block are gone before the collector of garbage takes them for lasting. */
const BLOCK = 16 * 1024

/** A longer record is a quote that is not closed, or no text at all. */
const LONGEST_RECORD = 1024 * 1024

/** So much of a line that is too long is kept. */
const SHOWN_OF_LINE = 1_000

/**
 * Reads the records of a file from a position on, some hundreds at a time. The bytes behind `text` last until the next
 * ones are asked for. What is wrong with one line never takes its
 * neighbours with it: a quote that is not closed would hide all lines up to the next quote, so only its own line is left
 * out, and reading goes on behind that.
 */
export async function* recordsOf(
  chunks: AsyncIterable<Buffer>,
  format: RecordFormat,
  start: Position,
): AsyncGenerator<readonly FileRecord[]> {
  const { lineEnd } = format
  const window = createWindow()
  let { bytes: offset, line } = start
  let tooLong: { text: string; bytes: number } | undefined

  function firstLine(problem: LineProblem): FileRecord {
    const bytes = window.bytes()
    const found = bytes.indexOf(lineEnd)
    const length = found < 0 ? bytes.length : found + 1
    const text = bytes.toString('utf8', 0, length)
    window.drop(length)
    offset += length
    line += 1
    return { line: line - 1, end: offset, nextLine: line, text: () => text, problem }
  }

  /** Where whole records end: in a first part, else in everything. */
  function cut(bytes: Buffer, isEnd: boolean): number {
    const first = bytes.length > BLOCK ? format.cut(bytes.subarray(0, BLOCK)) : 0
    if (first > 0) return first
    return isEnd ? bytes.length : format.cut(bytes)
  }

  function* whole(isEnd: boolean): Generator<readonly FileRecord[]> {
    for (;;) {
      const bytes = window.bytes()
      if (bytes.length === 0) return
      const end = cut(bytes, isEnd)
      if (end === 0) {
        if (bytes.length <= LONGEST_RECORD || !bytes.includes(lineEnd)) return
        yield [firstLine('quote_not_closed')]
        continue
      }
      const read = format.read(bytes.subarray(0, end), { bytes: offset, line })
      window.drop(read.end)
      offset += read.end
      line = read.line
      if (read.records.length > 0) yield read.records
      if (read.problem) yield [firstLine(read.problem)]
    }
  }

  for await (const chunk of chunks) {
    if (tooLong) {
      const found = chunk.indexOf(lineEnd)
      tooLong.bytes += found < 0 ? chunk.length : found + 1
      if (found < 0) continue
      yield [skipped(tooLong)]
      tooLong = undefined
      window.add(chunk.subarray(found + 1))
    } else {
      window.add(chunk)
    }
    if (window.bytes().length < BLOCK) continue
    yield* whole(false)
    const left = window.bytes()
    if (left.length > LONGEST_RECORD && !left.includes(lineEnd)) {
      tooLong = { text: left.toString('utf8', 0, SHOWN_OF_LINE), bytes: left.length }
      window.drop(left.length)
    }
  }
  if (tooLong) yield [skipped(tooLong)]
  yield* whole(true)

  function skipped({ text, bytes }: { text: string; bytes: number }): FileRecord {
    offset += bytes
    line += 1
    return { line: line - 1, end: offset, nextLine: line, text: () => `${text}…`, problem: 'line_too_long' }
  }
}

/** The bytes that are still to be read, in one piece of memory that is used again and again. */
function createWindow() {
  let memory = Buffer.allocUnsafeSlow(2 * BLOCK)
  let start = 0
  let end = 0
  return {
    bytes: () => memory.subarray(start, end),
    drop(count: number): void {
      start += count
    },
    add(chunk: Buffer): void {
      const length = end - start
      const isRoomy = length + chunk.length <= memory.length
      const next = isRoomy ? memory : Buffer.allocUnsafeSlow(2 * (length + chunk.length))
      memory.copy(next, 0, start, end)
      chunk.copy(next, length)
      memory = next
      start = 0
      end = length + chunk.length
    },
  }
}
