import type { KeyedHash } from './keyed-hash.ts'
import { hashIn, isNoLonger } from './page.ts'
import type { ErasureWords } from './page.ts'

/** The hashes of erased people in ascending order: 8 bytes for each, 16 MB for a million people with two identifiers. */
export type ErasedHashes = Float64Array

export function isErased(hashes: ErasedHashes, hash: KeyedHash): boolean {
  let low = 0
  let high = hashes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((hashes[middle] ?? Infinity) < hash) low = middle + 1
    else high = middle
  }
  return hashes[low] === hash
}

/** The hashes after these words, of which a later one counts more than an earlier one. */
export function withWords(hashes: ErasedHashes, words: ErasureWords): ErasedHashes {
  // Turns that run at once share the list. A copy for each would fill the memory: a hundred of 16 MB.
  if (words.length === 0) return hashes
  /** Of those who were taken off the list at some time: whether they are on it now. */
  const takenOff = new Map<KeyedHash, boolean>()
  for (const word of words) if (isNoLonger(word) || takenOff.has(word)) takenOff.set(hashIn(word), !isNoLonger(word))
  const named = words.map(hashIn).sort()
  const merged = new Float64Array(hashes.length + named.length)
  let length = 0
  let next = 0
  let before: KeyedHash | undefined
  for (const hash of named) {
    if (hash === before) continue
    before = hash
    const start = next
    while (next < hashes.length && (hashes[next] ?? 0) < hash) next += 1
    merged.set(hashes.subarray(start, next), length)
    length += next - start
    if (hashes[next] === hash) next += 1
    if (takenOff.get(hash) ?? true) merged[length++] = hash
  }
  merged.set(hashes.subarray(next), length)
  return merged.subarray(0, length + hashes.length - next)
}
