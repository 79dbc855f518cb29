import type { Direction } from '../../audience/change.ts'
import { wordsIn } from '../../register/entries.ts'
import type { Word } from '../../register/last-word.ts'
import { CLOCKS_DIFFER_MS } from '../../register/log.ts'
import type { LogTable } from '../../register/log.ts'

/** What a log says about somebody. Times in ms since 1970. */
export type FoundWord = {
  /** When the event happened. */
  at: number
  /** When it was written down, shortly before it was first sent. */
  writtenAt: number
  /** All identifiers of that row. */
  identifiers: readonly string[]
}

/** Which words are looked for. */
export type Wanted = {
  audienceId: string
  direction: Direction
  named: ReadonlySet<string>
  /** Whether a word is looked for; all are when left out. */
  fits?: (word: Word, writtenAt: number) => boolean
}

/** Looks for the newest word about some identifiers in one log of an audience. */
export type FindNewest = (
  direction: Direction,
  wanted: Pick<Wanted, 'named' | 'fits'>,
) => Promise<FoundWord | undefined>

/**
 * The newest word of a log about any of these identifiers; undefined when the log, which goes back 60 days, has none. It
 * reads from the end, and only as far as a newer one may stand: no event is later than its writing. `onItem` is told how
 * far it is. Ends early at the signal. Rejects when the table cannot be reached.
 */
export async function newestWord(
  table: Pick<LogTable, 'read'>,
  { audienceId, direction, named, fits = () => true }: Wanted,
  signal: AbortSignal,
  onItem: (writtenAt: number) => void,
): Promise<FoundWord | undefined> {
  let found: FoundWord | undefined
  for await (const { key, entries } of table.read(audienceId, direction, 0)) {
    if (signal.aborted || (found && key < found.at - CLOCKS_DIFFER_MS)) break
    onItem(key)
    for (const word of wordsIn(entries))
      if (word.at > (found?.at ?? -Infinity) && word.identifiers.some((each) => named.has(each)) && fits(word, key))
        found = { at: word.at, writtenAt: key, identifiers: word.identifiers }
  }
  return found
}
