import type { Direction } from '../audience/change.ts'

/** What was about to be sent to an audience in one turn and direction, as bytes. Items are appended and never changed. */
export type LogItem = {
  audienceId: string
  direction: Direction
  /** Orders the log: when it was written, ms since 1970, but always later than the item before. */
  key: number
  entries: Uint8Array
}

/** Where logs are kept. Both reject when it cannot be reached. */
export type LogTable = {
  append: (item: LogItem) => Promise<void>
  /** Items of an audience and direction whose key is at least this, the newest first, strongly consistent. */
  read: (audienceId: string, direction: Direction, since: number) => AsyncIterable<LogItem>
}

/** What was read of the log of one direction. */
export type LogReading = {
  entries: readonly Uint8Array[]
  /** Words of this time and newer are all read. */
  completeFrom: number
}

/**
 * An event's time is given by one host's clock and the key of its item by another's, which differ by less than a minute;
 * a holder whose clock is behind writes keys that are too early by as much.
 */
const CLOCKS_DIFFER_MS = 90_000

/** A reading ends after this, or after so much: a million rows with one identifier each. */
export const LONGEST_READING_MS = 30_000
const MOST_BYTES = 16_000_000

/** Where nothing needs to be read. */
export const NOTHING_READ: LogReading = { entries: [], completeFrom: -Infinity }

/** Reads a log from its end back to words of this time, or as far as it gets. Rejects when the table does. */
export async function readLog(
  table: Pick<LogTable, 'read'>,
  audienceId: string,
  direction: Direction,
  since: number,
  clock: () => number,
): Promise<LogReading> {
  const endsAt = clock() + LONGEST_READING_MS
  const entries: Uint8Array[] = []
  let bytes = 0
  for await (const item of table.read(audienceId, direction, since - CLOCKS_DIFFER_MS)) {
    if (clock() > endsAt || bytes + item.entries.byteLength > MOST_BYTES)
      return { entries, completeFrom: item.key + CLOCKS_DIFFER_MS + 1 }
    entries.push(item.entries)
    bytes += item.entries.byteLength
  }
  return { entries, completeFrom: since }
}
