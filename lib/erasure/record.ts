import type { Change } from '../audience/change.ts'
import { readErasureMark } from '../audience/erasure-mark.ts'

/** One request to erase people or to take that back, for the proof that it was done. It names nobody. */
export type ErasureRecord = {
  /** A later erasure's id sorts behind an earlier one's. */
  id: string
  /** When it was received, ms since 1970. */
  at: number
  kind: 'erase' | 'unerase'
  source: string
  users: number
  /** Where removals were asked for: the audiences of each destination, and how many of the people it can name. */
  removals: readonly { destination: string; audienceIds: readonly string[]; users: number }[]
  /** Destinations that removed nobody, and why: a trial run, or a schema of names alone. */
  notSent: readonly { destination: string; code: 'dry_run' | 'names_only' }[]
}

/** People of an erasure whom an audience has let go, by their places in its request. */
export type ErasureProgress = { id: string; destination: string; audienceId: string; done: readonly number[] }

/** Where erasures are recorded. All reject when the table cannot be reached. */
export type ErasureRecords = {
  write: (record: ErasureRecord) => Promise<void>
  /** Adds to what is known to be done. Doing so twice makes no difference. */
  note: (progress: ErasureProgress) => Promise<void>
}

/** How many of its people an audience has let go. */
export type LetGo = { destination: string; audienceId: string; done: number }

/** What is known of erasures. Both reject when the table cannot be reached. */
export type ErasureReads = {
  /** The newest records, or the newest up to the one with this id and with it; the newest of them first. */
  newest: (most: number, upTo: string | undefined) => Promise<ErasureRecord[]>
  letGo: (id: string) => Promise<LetGo[]>
}

/** The progress that these rows make when Meta has taken them out of an audience. */
export function progressOf(
  changes: readonly Pick<Change, 'erasure'>[],
  target: Pick<ErasureProgress, 'destination' | 'audienceId'>,
): ErasureProgress[] {
  const places = changes.flatMap(({ erasure }) => (erasure === undefined ? [] : [readErasureMark(erasure)]))
  return [...Map.groupBy(places, ({ id }) => id)].map(([id, same]) => ({
    ...{ id, ...target },
    done: [...new Set(same.map(({ place }) => place))],
  }))
}
