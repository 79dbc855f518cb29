import type { Cell } from './column.ts'

/** Into an audience, or out of it. */
export type Direction = 'add' | 'remove'

/** One person's row on its way into or out of an audience. */
export type Change = {
  cells: readonly Cell[]
  /** The identifiers of the person: see `identifiersOf`. */
  identifiers: readonly string[]
  /** When the event happened, ms since 1970: the newest word about a person wins. */
  at: number
  /** When a request with it first failed, ms since 1970; absent if none did. */
  firstFailedAt?: number
  /** When it began to wait, ms since 1970; absent if it has not waited. */
  waitingSince?: number
  /** An earlier turn of the audience has written it to the register's log. */
  isWrittenDown?: true
  /**
   * Set when this row may be a bad one, because other rows of its batch passed:
   * - `refused`: Meta refused it alone. If that happens again, it is given up.
   * - `unanswered`: Meta did not answer it alone. If that happens again, it is given up.
   * - `suspected`: it was in a small request without an answer, and is sent alone the next time.
   */
  singledOut?: 'refused' | 'unanswered' | 'suspected'
  /** Marks the removal of a person who is erased, so that its effect can be proven: see `erasureMark`. */
  erasure?: string
  /** The whole removal of which this is a part. If this part cannot be sent, the whole removal waits or is given up. */
  whole?: Change
  /** The person who came back since this removal, to be added again after it. */
  behind?: Change
}
