import type { FieldReport } from '../../../audience/column.ts'
import { readTime } from './as-of.ts'
import type { TimeProblem } from './as-of.ts'
import { objectReader, rowReader } from './row-user.ts'
import type { ColumnReader } from './columns.ts'
import type { FileRecord, LineProblem } from '../file/records.ts'
import type { CheckedRow, RowProblem } from './row-check.ts'
import type { SourceFile } from '../file/source-file.ts'

export type LeftOutReason = LineProblem | TimeProblem | RowProblem | 'row_too_long'

/** What a left-out line lacks, in words. */
export const LEFT_OUT: Record<LeftOutReason, string> = {
  wrong_number_of_columns: 'It has more or fewer columns than the first line.',
  quote_not_closed: 'A quote opens and does not close, or the line has another number of columns.',
  quote_in_text: 'A quote stands where none may stand. Inside of quotes, write it twice.',
  invalid_json: 'It is not JSON.',
  not_an_object: 'It is not a JSON object, such as {"EMAIL": "ann@example.com"}.',
  line_too_long: 'It is longer than 1 MB.',
  row_too_long: 'Its values are longer than 30,000 characters.',
  time_missing: 'The time column is empty.',
  time_unreadable: 'The time is not ISO 8601, such as 2026-08-01T10:00:00Z.',
  time_too_old: 'The time is before 2000.',
  time_in_future: 'The time has not come yet.',
  no_usable_value: 'It has no value that Meta could match.',
  cannot_match: 'Thousands of people share all its values; it needs a field such as EMAIL, PHONE, EXTERN_ID or MADID.',
}

/** A row that can be sent, or why a line cannot, with its values that could not be used. */
export type ReadLine =
  | { user: Readonly<Record<string, unknown>>; at: number; checked: CheckedRow }
  | { reason: LeftOutReason; reports?: readonly FieldReport[] }

type Means = {
  kind: SourceFile['kind']
  columns: ColumnReader
  check: (user: Readonly<Record<string, unknown>>) => CheckedRow
  /** How old all rows are; undefined when a column says it. */
  asOf: number | undefined
  /** When the run began: a later time has not come yet. */
  now: number
}

/** Makes a function that reads the records of a file as users. */
export function createLineReader({ kind, columns, check, asOf, now }: Means): (record: FileRecord) => ReadLine {
  const ofCells = kind.format === 'csv' ? rowReader(kind.header, columns) : undefined
  const ofObject = objectReader(columns)
  return (record) => {
    if ('problem' in record) return { reason: record.problem }
    const row = 'cells' in record ? ofCells?.(record.cells) : ofObject(record.object)
    if (!row) return { reason: 'not_an_object' }
    if (isTooLong(row.user)) return { reason: 'row_too_long' }
    const at = asOf ?? readTime(row.time, now)
    if (typeof at !== 'number') return { reason: at }
    const checked = check(row.user)
    return checked.problem === undefined
      ? { user: row.user, at, checked }
      : { reason: checked.problem, reports: checked.reports }
  }
}

/** Longer rows have values that nobody could match, and could keep a request from fitting. */
const LONGEST_ROW = 30_000

function isTooLong(user: Readonly<Record<string, unknown>>): boolean {
  let length = 0
  for (const field in user) {
    const value = user[field]
    length += typeof value === 'string' ? value.length : Array.isArray(value) ? value.join().length : 0
  }
  return length > LONGEST_ROW
}
