import type { ErasureRecord, LetGo } from './record.ts'

/** An erasure as it is listed, with what became of it. It names nobody. */
export type ListedErasure = Pick<ErasureRecord, 'id' | 'kind' | 'source' | 'users'> & {
  /** When it was received, in ISO 8601. */
  at: string
  /**
   * `done` when every audience has let go everybody whom its destination can name. `nobody_removed` when no destination
   * that sends can name any of them: they are kept out, but whoever is in stays in. `taken_back` when nothing is left to do,
   * because somebody was unerased and added again before their removal.
   */
  state: 'done' | 'open' | 'nobody_removed' | 'taken_back'
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
      ...(letGoOf(letGo, destination, audienceId) ?? { done: 0, takenBack: 0 }),
    })),
  )
  const isOver = removals.every(({ done, takenBack, users: named }) => done + takenBack >= named)
  const over = removals.some(({ takenBack }) => takenBack > 0) ? 'taken_back' : 'done'
  const state = kind === 'erase' && removals.length === 0 ? 'nobody_removed' : isOver ? over : 'open'
  return { id, at: new Date(at).toISOString(), kind, source, users, state, removals, notSent }
}

function letGoOf(
  letGo: readonly LetGo[],
  destination: string,
  audienceId: string,
): Pick<LetGo, 'done' | 'takenBack'> | undefined {
  const found = letGo.find((each) => each.destination === destination && each.audienceId === audienceId)
  return found && { done: found.done, takenBack: found.takenBack }
}
