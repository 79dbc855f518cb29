import type { Usage } from './usage.ts'

/** From here on requests are spaced out, and from there on none is sent: below 100 %, because others send as well. */
const SLOW_FROM_PERCENT = 75
const STOP_FROM_PERCENT = 90
const LONGEST_GAP_MS = 3_000
/** The hour that Meta counts is a rolling one, so five minutes make a difference. */
const STOP_SECONDS = 300

export type Pace = {
  /** How long a destination must wait before its next request, in ms. */
  delayMs: (destination: string) => number
  /** Learns from the headers of an answer. */
  note: (destination: string, usage: Usage) => void
}

type Limit = { percent: number; freeAt: number; lastCallAt: number }

/**
 * Slows down before Meta's limits by Meta's own numbers. A limit belongs to an app or to an ad account, and the
 * destinations that a header named for the same ad account share it.
 */
export function createPace(clock: () => number): Pace {
  const limits = new Map<string, Limit>()
  const limitsOf = new Map<string, Set<string>>()

  const learn = (destination: string, limit: string, percent: number, regainSeconds: number) => {
    const now = clock()
    const stopped = percent >= STOP_FROM_PERCENT || regainSeconds > 0
    const freeAt = stopped ? now + Math.max(regainSeconds, STOP_SECONDS) * 1000 : now
    limits.set(limit, { percent, freeAt, lastCallAt: now })
    limitsOf.set(destination, (limitsOf.get(destination) ?? new Set()).add(limit))
  }
  return {
    delayMs: (destination) => {
      const now = clock()
      const delays = [...(limitsOf.get(destination) ?? [])].map((name) => {
        const limit = limits.get(name)
        return limit ? Math.max(limit.freeAt - now, limit.lastCallAt + gapMs(limit.percent) - now) : 0
      })
      return Math.max(0, ...delays)
    },
    note: (destination, { adAccounts, appPercent }) => {
      for (const { id, percent, regainSeconds } of adAccounts)
        learn(destination, `account ${id}`, percent, regainSeconds)
      if (appPercent > 0) learn(destination, `app of ${destination}`, appPercent, 0)
    },
  }
}

function gapMs(percent: number): number {
  const share = (percent - SLOW_FROM_PERCENT) / (STOP_FROM_PERCENT - SLOW_FROM_PERCENT)
  return LONGEST_GAP_MS * Math.min(1, Math.max(0, share))
}
