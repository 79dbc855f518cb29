import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import type { FileRecord, LineProblem, Position, RecordFormat } from './records.ts'

export const SEPARATORS = [',', ';', '\t'] as const
export type Separator = (typeof SEPARATORS)[number]

const [QUOTE = 0, RETURN = 0, LINE_FEED = 0] = Buffer.from('"\r\n')

/** How a CSV is written: what separates its cells, and what ends its lines. */
export type Dialect = { separator: Separator; lineEnd: number }

/** Tells how a CSV is written by its first line: the separator that is there most often, outside of quotes. */
export function dialectOf(beginning: Buffer): Dialect {
  const lineEnd = beginning.includes(LINE_FEED) || !beginning.includes(RETURN) ? LINE_FEED : RETURN
  const counts = new Map<number, number>()
  let isQuoted = false
  for (const byte of beginning)
    if (byte === QUOTE) isQuoted = !isQuoted
    else if (byte === lineEnd && !isQuoted) break
    else if (!isQuoted) counts.set(byte, (counts.get(byte) ?? 0) + 1)

  const countOf = (separator: Separator) => counts.get(separator.charCodeAt(0)) ?? 0
  const [separator = ','] = SEPARATORS.toSorted((a, b) => countOf(b) - countOf(a))
  return { separator, lineEnd }
}

/** Reads the rows of a CSV that have so many cells; of a header, any number of them. */
export function csvFormat({ separator, lineEnd }: Dialect, width?: number): RecordFormat {
  return {
    lineEnd,
    cut: (bytes) => lastEnd(bytes, lineEnd),
    read: (bytes, from) => readRows(bytes, from, { separator, lineEnd }, width),
  }
}

/** Behind the last line's end that is not in quotes: there, as many quotes have opened as have closed. */
function lastEnd(bytes: Buffer, lineEnd: number): number {
  let isQuoted = false
  let end = 0
  for (let place = 0; place < bytes.length; place += 1) {
    const byte = bytes[place]
    if (byte === QUOTE) isQuoted = !isQuoted
    else if (byte === lineEnd && !isQuoted) end = place + 1
  }
  return end
}

type Row = { cells: string[]; end: number; lines: number; emptyLines: number }

function readRows(
  bytes: Buffer,
  from: Position,
  { separator, lineEnd }: Dialect,
  width: number | undefined,
): ReturnType<RecordFormat['read']> {
  const rows: Row[] = []
  let problem: LineProblem | undefined
  try {
    parse(bytes, {
      delimiter: separator,
      record_delimiter: lineEnd === RETURN ? ['\r'] : ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: string[], { bytes: end, lines, empty_lines: emptyLines }) => {
        rows.push({ cells, end, lines, emptyLines })
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    problem = error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'quote_not_closed' : 'quote_in_text'
  }
  const records: FileRecord[] = []
  let before = { end: 0, lines: 0, emptyLines: 0 }
  for (const { cells, end, lines, emptyLines } of rows) {
    const start = before.end
    const line = from.line + before.lines + (emptyLines - before.emptyLines)
    const fits = width === undefined || fitted(cells, width)
    // Perhaps a quote that is not closed has swallowed good lines: only its own is left out.
    if (!fits && lines - before.lines - (emptyLines - before.emptyLines) > 1) {
      problem = 'wrong_number_of_columns'
      break
    }
    const place = { line, end: from.bytes + end, nextLine: from.line + lines }
    const text = () => bytes.toString('utf8', start, end)
    records.push({ ...place, text, ...(fits ? { cells } : { problem: 'wrong_number_of_columns' as const }) })
    before = { end, lines, emptyLines }
  }
  // Empty lines may stand behind the last row.
  if (!problem) return { records, end: bytes.length, line: from.line + linesIn(bytes, before, lineEnd) }
  const empty = emptyLinesAt(bytes, before.end, lineEnd)
  return { records, end: before.end + empty.bytes, line: from.line + before.lines + empty.lines, problem }
}

/** Empty cells at the end of a row say nothing: some programs write a separator behind the last cell. */
function fitted(cells: string[], width: number): boolean {
  while (cells.length > width && cells.at(-1) === '') cells.pop()
  return cells.length === width
}

function linesIn(bytes: Buffer, { end, lines }: { end: number; lines: number }, lineEnd: number): number {
  let count = lines
  for (let place = bytes.indexOf(lineEnd, end); place >= 0; place = bytes.indexOf(lineEnd, place + 1)) count += 1
  return count
}

function emptyLinesAt(bytes: Buffer, start: number, lineEnd: number): { bytes: number; lines: number } {
  let place = start
  let lines = 0
  for (;;) {
    const next = bytes[place] === RETURN && bytes[place + 1] === lineEnd ? place + 1 : place
    if (bytes[next] !== lineEnd) return { bytes: place - start, lines }
    place = next + 1
    lines += 1
  }
}
