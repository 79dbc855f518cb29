import type { Usage } from './usage.ts'

/**
 * Requests are spaced out from the first percentage on, and stop from the second on. Both are below 100 %, because
 * others send as well.
 */
const SLOW_FROM_PERCENT = 75
const STOP_FROM_PERCENT = 90
const LONGEST_GAP_MS = 3_000
/** How long requests stop. Meta counts a rolling hour, so five minutes make a difference. */
const STOP_SECONDS = 300
const HOUR_MS = 3_600_000

export type Pace = {
  /** How long a destination must wait before its next request, in ms. */
  delayMs: (destination: string) => number
  /** Notes that a request is sent after the delay, so that the next one queues up behind it. */
  book: (destination: string) => void
  /** Learns from the headers of an answer. */
  note: (destination: string, usage: Usage) => void
  /** Meta limits the destination, so nothing may be sent for a while. No header needs to have said so. */
  hold: (destination: string, seconds: number) => void
}

/** `freeAt` is never before the time at which the limit was learned last. */
type Limit = { percent: number; freeAt: number; nextAt: number }

/**
 * Slows down before Meta's limits, by Meta's own numbers. A limit belongs to an app or to an ad account. Destinations
 * for which headers name the same ad account share its limit.
 */
export function createPace(clock: () => number): Pace {
  const limits = new Map<string, Limit>()
  const limitsOf = new Map<string, Set<string>>()

  const learn = (destination: string, name: string, percent: number, stopSeconds: number) => {
    const now = clock()
    const { freeAt, nextAt } = limits.get(name) ?? { freeAt: now, nextAt: now }
    // The answer to an older request may come late. It must not shorten a wait that a newer one named.
    const stoppedUntil = Math.max(freeAt, now + stopSeconds * 1000)
    limits.set(name, { percent, freeAt: stoppedUntil, nextAt: Math.max(nextAt, now + gapMs(percent)) })
    limitsOf.set(destination, (limitsOf.get(destination) ?? new Set()).add(name))
  }
  const learnUsage = (destination: string, name: string, percent: number, regainSeconds: number) =>
    learn(destination, name, percent, Math.max(regainSeconds, percent >= STOP_FROM_PERCENT ? STOP_SECONDS : 0))

  // After an hour, Meta does not count these calls any more.
  const relevantTo = (destination: string) =>
    [...(limitsOf.get(destination) ?? [])].flatMap((name) => {
      const limit = limits.get(name)
      return limit && limit.freeAt > clock() - HOUR_MS ? [{ name, ...limit }] : []
    })
  const delayMs = (destination: string) =>
    Math.max(0, ...relevantTo(destination).map(({ freeAt, nextAt }) => Math.max(freeAt, nextAt) - clock()))

  return {
    delayMs,
    book: (destination) => {
      const sentAt = clock() + delayMs(destination)
      for (const { name, ...limit } of relevantTo(destination))
        limits.set(name, { ...limit, nextAt: sentAt + gapMs(limit.percent) })
    },
    note: (destination, { adAccounts, appPercent }) => {
      for (const { id, percent, regainSeconds } of adAccounts)
        learnUsage(destination, `account ${id}`, percent, regainSeconds)
      if (appPercent !== undefined) learnUsage(destination, `app of ${destination}`, appPercent, 0)
    },
    hold: (destination, seconds) => learn(destination, `calls of ${destination}`, 100, seconds),
  }
}

function gapMs(percent: number): number {
  const share = (percent - SLOW_FROM_PERCENT) / (STOP_FROM_PERCENT - SLOW_FROM_PERCENT)
  return LONGEST_GAP_MS * Math.min(1, Math.max(0, share))
}
