import type { ErasureRecord, LetGo } from './record.ts'

/** An erasure as it is listed, with what became of it. It names nobody. */
export type ListedErasure = Pick<ErasureRecord, 'id' | 'kind' | 'source' | 'users'> & {
  /** When it was received, in ISO 8601. */
  at: string
  /**
   * `done` when every audience has let go everybody whom its destination can name. `nobody_removed` when no destination
   * that sends can name any of them: they are kept out, but whoever is in stays in.
   */
  state: 'done' | 'open' | 'nobody_removed'
  notSent: ErasureRecord['notSent']
  /** How many people are to leave each audience, and how many of them Meta has taken out. */
  removals: readonly (LetGo & { users: number })[]
}

/** What became of an erasure, by its record and by what the audiences have let go. */
export function listedErasure(record: ErasureRecord, letGo: readonly LetGo[]): ListedErasure {
  const { id, at, kind, source, users, notSent } = record
  const removals = record.removals.flatMap(({ destination, audienceIds, users: named }) =>
    (named === 0 ? [] : audienceIds).map((audienceId) => ({
      ...{ destination, audienceId, users: named },
      done: letGo.find((each) => each.destination === destination && each.audienceId === audienceId)?.done ?? 0,
    })),
  )
  const isDone = removals.every(({ done, users: named }) => done >= named)
  const state = kind === 'erase' && removals.length === 0 ? 'nobody_removed' : isDone ? 'done' : 'open'
  return { id, at: new Date(at).toISOString(), kind, source, users, state, removals, notSent }
}
