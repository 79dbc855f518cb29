/** What an event said about a person. The list that it stands in says whether the person is in or out. */
export type Word = {
  /** The identifiers of the person. Two words that share one of these are about the same person. */
  identifiers: readonly string[]
  /** When the event happened, ms since 1970. */
  at: number
}

/** Words of both directions. Each list may be read several times. */
export type Words = { add: Iterable<Word>; remove: Iterable<Word> }

/** The newest time at which each identifier was named. */
type Times = ReadonlyMap<string, number>

/** What all known words say about the words at hand. */
export type LastWord = {
  /** Whether the add is to be sent. */
  stands: (add: Word) => boolean
  /** The identifiers of a removal that a newer standing add names. They stay in the audience. */
  cameBack: (removal: Word) => string[]
  /** Whether newer standing adds name all identifiers of this add. */
  isOutdated: (add: Word) => boolean
}

/**
 * The last word about a person wins. Three rules decide, over the words at hand and the words in the log:
 *
 * 1. An add stands unless a removal of the same time or newer names any of its identifiers.
 *    Ann is added at 10:00 by e-mail and phone, and removed at 11:00 by phone: the add does not stand.
 * 2. An identifier stays in spite of a removal when a newer add that stands names it.
 *    Ann is removed at 11:00 by e-mail and phone, and added at 12:00 by e-mail: only the phone is removed.
 * 3. An add with a value is outdated when newer adds that stand name all of its identifiers.
 *    Ann is added at 10:00 with the value 50 and at 11:00 with 80: only 80 is sent.
 *
 * Every step reads the words once, however many of them share an identifier. Rule 3 is asked only for the adds in
 * `compared`.
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

/** All identifiers in these words. */
export function* identifiersIn(words: Iterable<Word>): Iterable<string> {
  for (const { identifiers } of words) yield* identifiers
}

/** All lists, one after the other. The result may be read several times. */
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
