import { findStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { FileError, UsageError } from '../wrong-use.ts'
import { readAsOf } from './rows/as-of.ts'
import { checkColumns, columnReader } from './rows/columns.ts'
import type { ColumnReader } from './rows/columns.ts'
import { feedOf, sessionObstacle } from './feed.ts'
import type { Feed } from './feed.ts'
import type { FileRecord } from './file/records.ts'
import { createLineReader } from './rows/read-row.ts'
import type { ReadLine } from './rows/read-row.ts'
import { createRowCheck } from './rows/row-check.ts'
import type { SendOptions } from './send-options.ts'
import { openSource, readRecords, unpackedSize } from './file/source-file.ts'
import type { SourceFile } from './file/source-file.ts'

/** So many rows are looked at for the number of all, and for the columns of a file of JSON. */
const MOST_SAMPLED = 1_000

/** What a file means, before anything is decided about sending it. */
export type Plan = {
  stack: Stack
  file: SourceFile
  feed: Feed
  columns: ColumnReader
  names: readonly string[]
  sample: readonly FileRecord[]
  estimatedRows: number
  /** How many rows there are, for people. */
  rowsText: string
}

/** Opens a file, and finds out what it means for a stack. Throws UsageError, FileError and OutOfReach. */
export async function planOf(path: string, options: SendOptions, surroundings: Surroundings): Promise<Plan> {
  if (options.asOf !== undefined && options.timeColumn !== undefined)
    throw new UsageError('--as-of says how old all rows are, and --time-column how old each is: give one of them')
  if (options.session && options.timeColumn !== undefined)
    throw new UsageError('--session needs one time for all its rows: give --as-of in place of --time-column')
  const file = await openSource(path)
  if (options.asOf !== undefined) readAsOf(options.asOf, file.modifiedAt, surroundings.clock())
  const stack = await findStack(options, surroundings)
  const feed = feedOf(stack.settings, options.event, options.source)
  const obstacle = options.session && sessionObstacle(feed)
  if (obstacle !== undefined) throw new UsageError(obstacle)
  const columns = columnReader(options, feed.destinations)
  const sample = await sampleOf(file)
  if (sample.length === 0) throw new FileError(`${path} has no rows behind its first line`)
  const names = namesIn(file, sample)
  checkColumns(names, columns, options, feed.destinations)
  const rows = estimatedRows(file, sample)
  return { stack, file, feed, columns, names, sample, estimatedRows: rows, rowsText: rowsText(rows, sample.length) }
}

async function sampleOf(file: SourceFile): Promise<readonly FileRecord[]> {
  const sample: FileRecord[] = []
  for await (const records of readRecords(file, file.start)) {
    sample.push(...records)
    if (sample.length >= MOST_SAMPLED) break
  }
  return sample
}

function namesIn({ kind }: SourceFile, sample: readonly FileRecord[]): readonly string[] {
  if (kind.format === 'csv') return kind.header
  return [...new Set(sample.flatMap((record) => ('object' in record ? Object.keys(record.object) : [])))]
}

function estimatedRows(file: SourceFile, sample: readonly FileRecord[]): number {
  const last = sample.at(-1)
  const size = unpackedSize(file)
  if (!last || size === undefined) return sample.length
  const share = (last.end - file.start.bytes) / Math.max(1, size - file.start.bytes)
  return Math.max(sample.length, Math.round(sample.length / Math.min(1, share)))
}

/** Nobody needs the last digits of an estimate. */
export function rowsText(rows: number, counted: number): string {
  const text = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'row' : 'rows'}`
  return rows === counted ? text(rows) : `about ${text(Number(rows.toPrecision(2)))}`
}

/** Reads the records of a plan's file as users. `asOf` is undefined where a column says how old rows are. */
export function lineReaderOf(
  { file, feed, columns }: Plan,
  { list }: SendOptions,
  clock: () => number,
  times: { asOf: number | undefined; now: number },
): (record: FileRecord) => ReadLine {
  const check = createRowCheck(feed.destinations, list === 'add' ? 'add' : 'remove', clock)
  return createLineReader({ kind: file.kind, columns, check, ...times })
}
