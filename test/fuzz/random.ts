/** Repeatable chance: the same seed gives the same choices. */
export type Random = {
  /** A whole number from 0 up to, not including, `limit`. */
  below: (limit: number) => number
  /** True once in `times`. */
  once: (times: number) => boolean
  pick: <T>(values: readonly T[]) => T
}

export function createRandom(seed: number): Random {
  // mulberry32
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    once: (times) => below(times) === 0,
    pick: <T>(values: readonly T[]) => values[below(values.length)] as T,
  }
}
