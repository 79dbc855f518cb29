/** What an event said of a person, in or out by the list it stands in. */
export type Word = {
  /** What it named the person by. Two words that share any of these are about the same person. */
  identifiers: readonly string[]
  /** When the event happened, ms since 1970. */
  at: number
}

/** Words of both directions; each list may be gone through several times. */
export type Words = { add: Iterable<Word>; remove: Iterable<Word> }

/** The newest time at which each identifier was named. */
type Times = ReadonlyMap<string, number>

/** What all that is known says about the words at hand. */
export type LastWord = {
  /** The add is to be sent. */
  stands: (add: Word) => boolean
  /** Those identifiers of a removal that a newer standing add names: they stay. */
  cameBack: (removal: Word) => string[]
  /** Newer standing adds name all that this one names. */
  isOutdated: (add: Word) => boolean
}

/**
 * The last word about a person wins. Three rules decide, over the words at hand and those in the log:
 *
 * 1. An add stands unless a removal of the same time or newer names any of its identifiers.
 *    Ann is added at 10:00 by e-mail and phone, and removed at 11:00 by phone: the add does not stand.
 * 2. An identifier stays in spite of a removal when an add that stands and is newer names it.
 *    Ann is removed at 11:00 by e-mail and phone, and added at 12:00 by e-mail: only the phone is taken out.
 * 3. Where adds carry a value, one is outdated when newer adds that stand name all of its identifiers.
 *
 * Every step goes once through the words, however many of them share an identifier. `compared` are the adds at hand for
 * which rule 3 is asked.
 */
export function lastWord(hand: Words, log: Words, compared: Iterable<Word> = []): LastWord {
  const asked = new Set(identifiersIn(concat(hand.remove, compared)))
  const related = (word: Word) => word.identifiers.some((identifier) => asked.has(identifier))
  const relatedAdds = filtered(concat(hand.add, log.add), related)
  const decisive = new Set(identifiersIn(concat(hand.add, relatedAdds)))
  const removedAt = newestTimes(concat(hand.remove, log.remove), decisive)
  const stands = ({ identifiers, at }: Word) => identifiers.every((each) => (removedAt.get(each) ?? -Infinity) < at)
  const addedAt = newestTimes(filtered(relatedAdds, stands), asked)
  const isNewer = (identifier: string, { at }: Word) => (addedAt.get(identifier) ?? -Infinity) > at
  return {
    stands,
    cameBack: (removal) => removal.identifiers.filter((identifier) => isNewer(identifier, removal)),
    isOutdated: (add) => add.identifiers.every((identifier) => isNewer(identifier, add)),
  }
}

/** The newest time of any of these words, ms since 1970; -Infinity when there is none. */
export function newestTime(words: Iterable<Word>): number {
  let newest = -Infinity
  for (const { at } of words) newest = Math.max(newest, at)
  return newest
}

function newestTimes(words: Iterable<Word>, among: ReadonlySet<string>): Times {
  const times = new Map<string, number>()
  for (const { identifiers, at } of words)
    for (const identifier of identifiers)
      if (among.has(identifier) && at > (times.get(identifier) ?? -Infinity)) times.set(identifier, at)
  return times
}

/** All that these words name people by. */
export function* identifiersIn(words: Iterable<Word>): Iterable<string> {
  for (const { identifiers } of words) yield* identifiers
}

/** Both lists, one after the other, however often it is gone through. */
export function concat<T>(...lists: readonly Iterable<T>[]): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const list of lists) yield* list
    },
  }
}

function filtered(words: Iterable<Word>, isIn: (word: Word) => boolean): Iterable<Word> {
  return {
    *[Symbol.iterator]() {
      for (const word of words) if (isIn(word)) yield word
    },
  }
}
