import type { Direction } from '../audience/change.ts'
import { wordsIn } from './entries.ts'
import type { Word } from './last-word.ts'

/** What was about to be sent to an audience in one turn and direction, as bytes. Items are appended and never changed. */
export type LogItem = {
  audienceId: string
  direction: Direction
  /** Orders the log: when it was written, ms since 1970, but always later than the item before. */
  key: number
  entries: Uint8Array
}

/** Where logs are kept. Both reject when it cannot be reached. */
export type LogTable = {
  append: (item: LogItem) => Promise<void>
  /** Items of an audience and direction whose key is at least this, the newest first, strongly consistent. */
  read: (audienceId: string, direction: Direction, since: number) => AsyncIterable<LogItem>
}

/** What the log of one direction says about some people. */
export type LogReading = {
  words: readonly Word[]
  /** Of all words that were read, whomever they name, the newest time. */
  newest: number
  /** Words of this time and newer are all read. */
  completeFrom: number
}

/** What is looked up: since when, ms since 1970, and who. */
export type LookUp = { audienceId: string; direction: Direction; since: number; named: ReadonlySet<string> }

/**
 * An event's time is given by one host's clock and the key of its item by another's, which differ by less than a minute;
 * a holder whose clock is behind writes keys that are too early by as much.
 */
const CLOCKS_DIFFER_MS = 90_000

/**
 * Of the words that name one identifier so many are kept: a removal tells when somebody was last removed; of adds the newest
 * may not stand, but one before it. A word takes some 200 bytes, and the audiences that are served at once share the memory.
 */
const MOST_WORDS: Readonly<Record<Direction, number>> = { add: 10, remove: 1 }
const MOST_WORDS_IN_ALL = 200_000

/** Where nothing needs to be read. */
export const NOTHING_READ: LogReading = { words: [], newest: -Infinity, completeFrom: -Infinity }

/**
 * Reads a log from its end back to a time, or as far as it gets until `endsAt`, and keeps the newest words about each of those who are
 * asked for: so a log of any length takes time and no memory. Where more than ten kinds of adds name one identifier (fewer
 * where many are asked for), those that are older do not count, and a removal wins. Rejects when the table does.
 */
export async function readLog(
  table: Pick<LogTable, 'read'>,
  { audienceId, direction, since, named }: LookUp,
  endsAt: number,
  clock: () => number,
): Promise<LogReading> {
  const about = new Map<string, Word[]>()
  const most = Math.min(MOST_WORDS[direction], Math.max(1, Math.floor(MOST_WORDS_IN_ALL / named.size)))
  let newest = -Infinity
  let completeFrom = since
  for await (const { key, entries } of table.read(audienceId, direction, since - CLOCKS_DIFFER_MS)) {
    if (clock() > endsAt) {
      completeFrom = key + CLOCKS_DIFFER_MS + 1
      break
    }
    for (const word of wordsIn(entries)) {
      newest = Math.max(newest, word.at)
      for (const identifier of word.identifiers)
        if (named.has(identifier)) about.set(identifier, withWord(about.get(identifier) ?? [], word, most))
    }
  }
  return { words: [...new Set([...about.values()].flat())], newest, completeFrom }
}

/** The newest of these words, the newest first; of those that name the same people only one. */
function withWord(words: Word[], word: Word, most: number): Word[] {
  const oldest = words.at(-1)
  if (words.length === most && oldest && oldest.at >= word.at) return words
  const key = word.identifiers.join()
  const same = words.find(({ identifiers }) => identifiers.join() === key)
  if (same && same.at >= word.at) return words
  const others = words.filter((each) => each !== same)
  return [...others, word].sort((one, other) => other.at - one.at).slice(0, most)
}
