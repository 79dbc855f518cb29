import type { Cell } from './column.ts'

/** Into an audience, or out of it. */
export type Direction = 'add' | 'remove'

/** One person's row on its way into or out of an audience. */
export type Change = {
  cells: readonly Cell[]
  /** What the person is known by: see `identifiersOf`. */
  identifiers: readonly string[]
  /** When the event happened, ms since 1970: the newest word about a person wins. */
  at: number
  /** When its sending first failed, ms since 1970; absent for what was never tried. */
  firstFailedAt?: number
  /** When it began to wait, tried or not, ms since 1970; absent for what comes for the first time. */
  waitingSince?: number
  /** An earlier turn of the audience wrote it down in the register's log. */
  isWrittenDown?: true
  /**
   * Meta took others of its batch, and refused this one alone or did not answer it: a second time, and it is given up.
   * `suspected`: it was in a small part without an answer, while others passed.
   */
  singledOut?: 'refused' | 'unanswered' | 'suspected'
  /** The removal as it came, of which this is a part: it waits, or is given up, in place of this. */
  whole?: Change
  /** Who came back since this removal, and is added again behind it. */
  behind?: Change
}
