import type { Direction } from '../audience/change.ts'
import { wordsIn } from './entries.ts'
import type { Word } from './last-word.ts'

/**
 * Words that were about to be sent to an audience in one turn and direction, as bytes. Items are appended and never
 * changed.
 */
export type LogItem = {
  audienceId: string
  direction: Direction
  /** The order of the log: the time of writing in ms since 1970, but always later than the item before. */
  key: number
  entries: Uint8Array
}

/** Where logs are kept. Both reject when the table cannot be reached. */
export type LogTable = {
  append: (item: LogItem) => Promise<void>
  /** The items of an audience and direction from this key on, the newest first, strongly consistent. */
  read: (audienceId: string, direction: Direction, since: number) => AsyncIterable<LogItem>
}

/** What the log of one direction says about some people. */
export type LogReading = {
  words: readonly Word[]
  /** The newest time of all words that were read, whoever they are about. */
  newest: number
  /** All words from this time on were read. */
  completeFrom: number
}

/** What to look up: words since this time (ms since 1970) about these identifiers. */
type LookUp = { audienceId: string; direction: Direction; since: number; named: ReadonlySet<string> }

/**
 * How much earlier to start reading. One host's clock gives an event's time and another's the key of its item; they
 * differ by less than a minute. A holder whose clock is slow writes keys that are too early by as much.
 */
export const CLOCKS_DIFFER_MS = 90_000

/**
 * How many words to keep for each identifier. One removal is enough: the newest decides. Several adds are kept, because
 * the newest one may not stand while an older one does. A word takes some 200 bytes, and audiences that are served at
 * once share the memory.
 */
const MOST_WORDS: Readonly<Record<Direction, number>> = { add: 10, remove: 1 }
const MOST_WORDS_IN_ALL = 200_000

/** The reading when nothing needs to be read. */
export const NOTHING_READ: LogReading = { words: [], newest: -Infinity, completeFrom: -Infinity }

/**
 * Reads a log from its end back to a time, or as far as it gets until `endsAt`. It keeps only the newest words about
 * the people asked for, so a log of any length takes time and no memory. Where more than ten kinds of adds name one
 * identifier (fewer where many are asked for), older adds do not count, and a removal wins. Rejects when the table
 * cannot be reached.
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

/** The newest of these words, the newest first. Of words that name the same identifiers, only the newest stays. */
function withWord(words: Word[], word: Word, most: number): Word[] {
  const oldest = words.at(-1)
  if (words.length === most && oldest && oldest.at >= word.at) return words
  const key = word.identifiers.join()
  const same = words.find(({ identifiers }) => identifiers.join() === key)
  if (same && same.at >= word.at) return words
  const others = words.filter((each) => each !== same)
  return [...others, word].sort((one, other) => other.at - one.at).slice(0, most)
}
