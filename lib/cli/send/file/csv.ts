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

type Row = { cells: string[]; end: number }

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
      on_record: (cells: string[], { bytes: end }) => {
        rows.push({ cells, end })
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    problem = error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'quote_not_closed' : 'quote_in_text'
  }
  const records: FileRecord[] = []
  let place = skipEmptyLines(bytes, { at: 0, line: from.line }, lineEnd)
  for (const { cells, end } of rows) {
    const { at: start, line } = place
    const fits = width === undefined || fitted(cells, width)
    const nextLine = line + linesIn(bytes.subarray(start, end), lineEnd)
    // Perhaps a quote that is not closed has swallowed good lines: only its own is left out.
    if (!fits && nextLine - line > 1) {
      problem = 'wrong_number_of_columns'
      break
    }
    const text = () => bytes.toString('utf8', start, end)
    const about = { line, end: from.bytes + end, nextLine, text }
    records.push({ ...about, ...(fits ? { cells } : { problem: 'wrong_number_of_columns' as const }) })
    place = skipEmptyLines(bytes, { at: end, line: nextLine }, lineEnd)
  }
  // Only empty lines may stand behind the last row.
  return problem
    ? { records, end: place.at, line: place.line, problem }
    : { records, end: bytes.length, line: place.line }
}

/** Empty cells at the end of a row say nothing: some programs write a separator behind the last cell. */
function fitted(cells: string[], width: number): boolean {
  while (cells.length > width && cells.at(-1) === '') cells.pop()
  return cells.length === width
}

/** The lines of some bytes, of which the last one may lack its end. CSV's reader counts a line's end in a cell otherwise. */
function linesIn(bytes: Buffer, lineEnd: number): number {
  let count = bytes.at(-1) === lineEnd ? 0 : 1
  for (let at = bytes.indexOf(lineEnd); at >= 0; at = bytes.indexOf(lineEnd, at + 1)) count += 1
  return count
}

type Place = { at: number; line: number }

function skipEmptyLines(bytes: Buffer, from: Place, lineEnd: number): Place {
  let { at, line } = from
  for (;;) {
    const next = lineEnd === LINE_FEED && bytes[at] === RETURN ? at + 1 : at
    if (bytes[next] !== lineEnd) return { at, line }
    at = next + 1
    line += 1
  }
}
