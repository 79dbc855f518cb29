import type { KeyedHash } from './keyed-hash.ts'
import { hashIn, isNoLonger, wordAbout } from './page.ts'
import type { ErasureWords } from './page.ts'

/**
 * The hashes of erased people, 8 bytes for each: 16 MB for a million people with two identifiers. Turns that run at once
 * share the long list. What came later is a short one, so that news before each turn do not copy the long one.
 */
export type ErasedHashes = {
  /** The newest word about each hash, in ascending order of the hashes. */
  hashes: ErasureWords
  /** The newest word about each hash that was told of since, in ascending order of the hashes. */
  news: ErasureWords
}

export const NOBODY: ErasedHashes = { hashes: new Float64Array(), news: new Float64Array() }

/** So many news make a new long list: at most a sixteenth of it, because each turn may hold a list of news of its own. */
function mostNews({ hashes }: ErasedHashes): number {
  return Math.max(4_096, hashes.length / 16)
}

export function isErased(list: ErasedHashes, hash: KeyedHash): boolean {
  const word = wordOf(list, hash)
  return word !== undefined && !isNoLonger(word)
}

/** Whether a hash is on the list, or was on it until it was taken off. */
export function wasErased(list: ErasedHashes, hash: KeyedHash): boolean {
  return wordOf(list, hash) !== undefined
}

/** The list after these words, of which a later one counts more than an earlier one. */
export function withWords(list: ErasedHashes, words: ErasureWords): ErasedHashes {
  if (words.length === 0) return list
  const { hashes, news } = list
  if (news.length + words.length <= mostNews(list)) return { hashes, news: merged(news, words) }
  const known = news.length === 0 ? hashes : merged(hashes, news)
  return { hashes: merged(known, words), news: NOBODY.news }
}

function wordOf({ hashes, news }: ErasedHashes, hash: KeyedHash): number | undefined {
  return wordAt(news, hash) ?? wordAt(hashes, hash)
}

/** The word about this hash among words in ascending order of their hashes. */
function wordAt(words: ErasureWords, hash: KeyedHash): number | undefined {
  let low = 0
  let high = words.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (hashIn(words[middle] ?? Infinity) < hash) low = middle + 1
    else high = middle
  }
  const word = words[low]
  return word !== undefined && hashIn(word) === hash ? word : undefined
}

/** The newest word about each hash, in ascending order of the hashes. */
function merged(known: ErasureWords, words: ErasureWords): ErasureWords {
  /** Of those who were taken off the list at some time: whether they are on it now. */
  const takenOff = new Map<KeyedHash, boolean>()
  for (const word of words) if (isNoLonger(word) || takenOff.has(word)) takenOff.set(hashIn(word), !isNoLonger(word))
  const named = words.map(hashIn).sort()
  const all = new Float64Array(known.length + named.length)
  let length = 0
  let next = 0
  let before: KeyedHash | undefined
  for (const hash of named) {
    if (hash === before) continue
    before = hash
    const start = next
    while (next < known.length && hashIn(known[next] ?? 0) < hash) next += 1
    all.set(known.subarray(start, next), length)
    length += next - start
    if (next < known.length && hashIn(known[next] ?? 0) === hash) next += 1
    all[length++] = wordAbout(hash, (takenOff.get(hash) ?? true) ? 'erased' : 'unerased')
  }
  all.set(known.subarray(next), length)
  // A copy, because a part would keep the whole of it in memory.
  return length + known.length - next < all.length ? all.slice(0, length + known.length - next) : all
}
