import type { Change } from '../audience/change.ts'
import { encodeEntries } from './entries.ts'
import { createWords } from './words.ts'
import type { OtherWords } from './words.ts'

type Direction = 'add' | 'remove'

/** What one invocation was about to send to an audience. Items are appended and never changed. */
export type RegisterItem = {
  audienceId: string
  direction: Direction
  /** When it was written, ms since 1970. No entry in it is newer: an event's time is never in the future. */
  recordedAt: number
  /** The invocation that wrote it, which tells items of one millisecond apart. */
  writer: string
  entries: Uint8Array
}

/** Where items are kept. Both reject when it cannot be reached. */
export type RegisterTable = {
  append: (item: RegisterItem) => Promise<void>
  /** Items of an audience and direction written since, the newest first, strongly consistent. */
  read: (audienceId: string, direction: Direction, since: number) => AsyncIterable<RegisterItem>
}

/** Why changes wait for the register. */
export type RegisterObstacle = 'register_unreachable' | 'register_out_of_time' | 'out_of_time'

/** What is written down for the other direction. */
export type Reading = {
  startedAt: number
  /** Changes that nothing is written down about are absent. */
  words: ReadonlyMap<Change, OtherWords>
  /** Changes about which nothing is known, because the reading did not get back to their time. */
  unread: ReadonlySet<Change>
  /** Why it did not. */
  obstacle?: RegisterObstacle
}

export type Register = {
  /** Writes down what is about to be sent; false when the table cannot be reached. */
  record: (audienceId: string, direction: Direction, changes: readonly Change[]) => Promise<boolean>
  /** Reads what is written down about the changes: all of it, or what an earlier reading cannot have seen. */
  lookUp: (
    audienceId: string,
    direction: Direction,
    changes: readonly Change[],
    earlier?: Pick<Reading, 'startedAt'>,
  ) => Promise<Reading>
}

type RegisterDependencies = {
  table: RegisterTable
  /** The invocation that uses it. */
  writer: string
  clock: () => number
  /** When its last reading must have ended, ms since 1970. */
  deadline: number
  /** Told the name of the table's error. */
  onFailure: (reason: string) => void
}

/** An invocation lives three minutes at most, and its last request ends with it; clocks differ by less than the fourth. */
export const UNDER_WAY_MS = 4 * 60_000

/** Clocks of Lambda hosts differ by less than a minute, and a write takes up to half of one with its repetitions. */
const LATE_MS = 90_000

/** At 3,000 read units a second, which DynamoDB gives a partition, this reads 360 MB back: 24 million entries. */
const LONGEST_READING_MS = 30_000

/** The register as one invocation uses it. Once the table has failed it is not tried again: each attempt takes seconds. */
export function createRegister({ table, writer, clock, deadline, onFailure }: RegisterDependencies): Register {
  let isDown = false
  const failed = (error: unknown) => {
    isDown = true
    onFailure(error instanceof Error ? error.name : 'unknown')
  }
  return {
    record: async (audienceId, direction, changes) => {
      if (isDown) return false
      try {
        for (const entries of encodeEntries(changes))
          await table.append({ audienceId, direction, recordedAt: clock(), writer, entries })
        return true
      } catch (error) {
        failed(error)
        return false
      }
    },
    lookUp: async (audienceId, direction, changes, earlier) => {
      const startedAt = clock()
      const needs = ({ at }: Change) =>
        Math.max(Math.min(at, startedAt - UNDER_WAY_MS), earlier?.startedAt ?? 0) - LATE_MS
      const { words, take } = createWords(changes)
      const since = changes.reduce((first, change) => Math.min(first, needs(change)), Infinity)
      const end = Math.min(startedAt + LONGEST_READING_MS, deadline)
      let readTo = Infinity
      let obstacle: RegisterObstacle | undefined = isDown ? 'register_unreachable' : undefined
      try {
        if (!obstacle && changes.length > 0)
          for await (const item of table.read(audienceId, direction, since)) {
            if (clock() > end) {
              obstacle = end === deadline ? 'out_of_time' : 'register_out_of_time'
              break
            }
            take(item.entries, item.recordedAt > startedAt - UNDER_WAY_MS)
            readTo = item.recordedAt
          }
      } catch (error) {
        failed(error)
        obstacle = 'register_unreachable'
      }
      if (!obstacle) return { startedAt, words, unread: new Set() }
      // Items of one millisecond may have come in part.
      const unread = new Set(changes.filter((change) => needs(change) <= readTo))
      for (const change of unread) words.delete(change)
      return { startedAt, words, unread, obstacle }
    },
  }
}
