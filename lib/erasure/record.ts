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
  /**
   * Destinations that remove nobody, and why: a trial run, or a schema of names alone. With `no_identifier_of_it` they
   * cannot name so many of these users, because their schema has none of the identifiers that were given.
   */
  notSent: readonly { destination: string; code: 'dry_run' | 'names_only' | 'no_identifier_of_it'; users?: number }[]
}

/** People of an erasure whom an audience has let go, or who came back to it before, by their places in its request. */
export type ErasureProgress = {
  id: string
  destination: string
  audienceId: string
  done: readonly number[]
  takenBack?: readonly number[]
}

/** Where erasures are recorded. All reject when the table cannot be reached. */
export type ErasureRecords = {
  write: (record: ErasureRecord) => Promise<void>
  /** Adds to what is known to be done. Doing so twice makes no difference. */
  note: (progress: ErasureProgress) => Promise<void>
}

/**
 * How many of its people an audience has let go. `takenBack` are those who were not removed, because they had been taken off
 * the list and added again before.
 */
export type LetGo = { destination: string; audienceId: string; done: number; takenBack: number }

/** What is known of erasures. Both reject when the table cannot be reached. */
export type ErasureReads = {
  /** The newest records, or the newest up to the one with this id and with it; the newest of them first. */
  newest: (most: number, upTo: string | undefined) => Promise<ErasureRecord[]>
  letGo: (id: string) => Promise<LetGo[]>
}

/** How many people are meant by these places. A person with two rows has left with both: see `erasureMark`. */
export function letGoBy(done: Iterable<string>, takenBack: Iterable<string>): Pick<LetGo, 'done' | 'takenBack'> {
  const left = new Set(done)
  const people = peopleAt(left)
  return { done: people, takenBack: peopleAt(left.union(new Set(takenBack))) - people }
}

function peopleAt(places: ReadonlySet<string>): number {
  const people = new Set<string>()
  for (const place of places) {
    const [person = '', row] = place.split('.')
    if (row === undefined || (row === '1' && places.has(`${person}.2`))) people.add(person)
  }
  return people.size
}
