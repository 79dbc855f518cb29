const SECONDS = 60

/** Counts things, in all and in the last minute. */
export type MinuteCount = { add: () => void; total: () => number; lastMinute: () => number }

/** A count by a clock (ms since 1970), in a fixed room: one number for each second of the last minute. */
export function createMinuteCount(clock: () => number): MinuteCount {
  const counts = new Array<number>(SECONDS).fill(0)
  const seconds = new Array<number>(SECONDS).fill(-Infinity)
  let total = 0
  const now = () => Math.floor(clock() / 1000)
  return {
    add() {
      total += 1
      const second = now()
      const place = second % SECONDS
      if (seconds[place] !== second) counts[place] = 0
      seconds[place] = second
      counts[place] = (counts[place] ?? 0) + 1
    },
    total: () => total,
    lastMinute() {
      const oldest = now() - SECONDS
      return counts.reduce((sum, count, place) => ((seconds[place] ?? 0) > oldest ? sum + count : sum), 0)
    },
  }
}
