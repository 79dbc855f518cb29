import type { SchemaField } from '../../../config/schema-field.ts'
import type { LeftOutReason, ReadLine } from '../rows/read-row.ts'
import { countReports } from '../rows/row-check.ts'
import type { FileRecord } from '../file/records.ts'

/** What sending a file would come to. */
export type DryRun = {
  lines: number
  /** Rows that can match, and for which destinations. */
  rows: number
  byDestination: Record<string, number>
  withheld: Record<string, number>
  /** Rows with a usable value, by field. */
  usable: Partial<Record<SchemaField, number>>
  /** Values that would be left blank, or hardly match, by field and reason. */
  blank: Record<string, number>
  leftOut: Partial<Record<LeftOutReason, { count: number; lines: number[] }>>
}

const MOST_LINES = 10

/** Counts what would become of every row. */
export function createDryRun() {
  const run: DryRun = { lines: 0, rows: 0, byDestination: {}, withheld: {}, usable: {}, blank: {}, leftOut: {} }
  return {
    run,
    count({ line }: FileRecord, read: ReadLine): void {
      run.lines += 1
      if ('reason' in read) {
        const known = (run.leftOut[read.reason] ??= { count: 0, lines: [] })
        known.count += 1
        if (known.lines.length < MOST_LINES) known.lines.push(line)
        countReports(run.blank, read.reports ?? [])
        return
      }
      const { takenBy, withheldFrom, fields, reports } = read.checked
      const taking = takenBy.filter((name) => !withheldFrom.includes(name))
      if (taking.length > 0) run.rows += 1
      for (const name of taking) run.byDestination[name] = (run.byDestination[name] ?? 0) + 1
      for (const name of withheldFrom) run.withheld[name] = (run.withheld[name] ?? 0) + 1
      for (const field of fields) run.usable[field] = (run.usable[field] ?? 0) + 1
      countReports(run.blank, reports)
    },
  }
}
