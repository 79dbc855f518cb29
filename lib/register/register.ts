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
  /** Items of an audience and direction written since, strongly consistent. */
  read: (audienceId: string, direction: Direction, since: number) => AsyncIterable<RegisterItem>
}

/** The newest words of the other direction about a change's person. */
export type OtherWord = {
  at: number
  /** The newest one about each of the change's identifiers that there is one about. */
  times: Map<string, number>
  /** Another invocation wrote it so recently that its request may still be on its way. */
  underWay: boolean
}

export type Register = {
  /** Writes down what is about to be sent; false when the table cannot be reached. */
  record: (audienceId: string, direction: Direction, changes: readonly Change[]) => Promise<boolean>
  /** What is written down for the other direction; changes without an entry are absent. Undefined: unreachable. */
  lookUp: (
    audienceId: string,
    direction: Direction,
    changes: readonly Change[],
  ) => Promise<ReadonlyMap<Change, OtherWord> | undefined>
}

/** An invocation lives three minutes at most, and its last request ends with it; clocks differ by less than the fourth. */
export const UNDER_WAY_MS = 4 * 60_000

/** Clocks of Lambda hosts differ by less. */
const CLOCK_SKEW_MS = 60_000

/** The register as one invocation uses it. */
export function createRegister(table: RegisterTable, writer: string, clock: () => number): Register {
  return {
    record: async (audienceId, direction, changes) => {
      try {
        for (const entries of encodeEntries(changes))
          await table.append({ audienceId, direction, recordedAt: clock(), writer, entries })
        return true
      } catch {
        return false
      }
    },
    lookUp: async (audienceId, direction, changes) => {
      const found = new Map<Change, OtherWord>()
      if (changes.length === 0) return found
      const changesOf = byKey(changes)
      const now = clock()
      let since = now - UNDER_WAY_MS
      for (const { at } of changes) since = Math.min(since, at)
      try {
        for await (const item of table.read(audienceId, direction, since - CLOCK_SKEW_MS)) {
          const underWay = item.writer !== writer && item.recordedAt > now - UNDER_WAY_MS
          eachEntry(item.entries, (key, at) => {
            for (const { change, identifier } of changesOf.get(key) ?? []) {
              const word = found.get(change) ?? { at: -Infinity, times: new Map<string, number>(), underWay: false }
              word.at = Math.max(word.at, at)
              word.times.set(identifier, Math.max(at, word.times.get(identifier) ?? -Infinity))
              word.underWay ||= underWay
              found.set(change, word)
            }
          })
        }
        return found
      } catch {
        return undefined
      }
    },
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
