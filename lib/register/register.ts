import type { Change } from '../audience/change.ts'
import { eachEntry, encodeEntries, keyOf } from './entries.ts'

type Direction = 'add' | 'remove'

/** What one invocation was about to send to an audience. Items are appended and never changed. */
export type RegisterItem = {
  audienceId: string
  direction: Direction
  /** When it was written, ms since 1970. No entry in it is newer: an event's time is never in the future. */
  recordedAt: number
  /** The invocation that wrote it. */
  writer: string
  entries: Uint8Array
}

/** Where items are kept. Both reject when it cannot be reached. */
export type RegisterTable = {
  append: (item: RegisterItem) => Promise<void>
  /** Items of an audience and direction written since, the newest first, strongly consistent. */
  read: (audienceId: string, direction: Direction, since: number) => AsyncIterable<RegisterItem>
}

/** What another event said of a person: when, and all keys that it named the person by. */
export type Word = { at: number; keys: readonly string[] }

/** The words of the other direction about a change's person. */
export type OtherWords = {
  /** The newest about each of the change's identifiers that there is one about. */
  newest: Map<string, Word>
  /** Another invocation wrote it so recently that its request may still be on its way. */
  underWay: boolean
}

/** Why changes wait for the register. */
export type RegisterObstacle = 'register_unreachable' | 'register_out_of_time'

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

/** At 3,000 read units a second, which DynamoDB gives a partition, this reads 360 MB back: 25 million entries. */
const LONGEST_READING_MS = 30_000

/** The register as one invocation uses it. */
export function createRegister({ table, writer, clock, deadline, onFailure }: RegisterDependencies): Register {
  const failed = (error: unknown) => {
    onFailure(error instanceof Error ? error.name : 'unknown')
  }
  return {
    record: async (audienceId, direction, changes) => {
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
      const words = new Map<Change, OtherWords>()
      if (changes.length === 0) return { startedAt, words, unread: new Set() }
      const take = takeWords(changes, words)
      const since = changes.reduce((first, change) => Math.min(first, needs(change)), Infinity)
      const end = Math.min(startedAt + LONGEST_READING_MS, deadline)
      let readTo = Infinity
      let obstacle: RegisterObstacle | undefined
      try {
        for await (const item of table.read(audienceId, direction, since)) {
          if (clock() > end) {
            obstacle = 'register_out_of_time'
            break
          }
          take(item, item.writer !== writer && item.recordedAt > startedAt - UNDER_WAY_MS)
          readTo = item.recordedAt
        }
      } catch (error) {
        failed(error)
        obstacle = 'register_unreachable'
      }
      if (!obstacle) return { startedAt, words, unread: new Set() }
      const unread = new Set(changes.filter((change) => needs(change) <= readTo))
      for (const change of unread) words.delete(change)
      return { startedAt, words, unread, obstacle }
    },
  }
}

/** Takes from an item what it says about the identifiers of the changes. */
function takeWords(changes: readonly Change[], words: Map<Change, OtherWords>) {
  const changesOf = byKey(changes)
  return ({ entries }: RegisterItem, underWay: boolean) => {
    eachEntry(entries, (key, at, keys) => {
      for (const { change, identifier } of changesOf.get(key) ?? []) {
        const other = words.get(change) ?? { newest: new Map<string, Word>(), underWay: false }
        if (at > (other.newest.get(identifier)?.at ?? -Infinity)) other.newest.set(identifier, { at, keys: keys() })
        other.underWay ||= underWay
        words.set(change, other)
      }
    })
  }
}

type Known = { change: Change; identifier: string }

function byKey(changes: readonly Change[]): Map<string, Known[]> {
  const changesOf = new Map<string, Known[]>()
  for (const change of changes)
    for (const identifier of change.identifiers) {
      const key = keyOf(identifier)
      const known = changesOf.get(key)
      if (known) known.push({ change, identifier })
      else changesOf.set(key, [{ change, identifier }])
    }
  return changesOf
}
