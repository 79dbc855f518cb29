import type { Usage } from './usage.ts'

/** From here on requests are spaced out, and from there on none is sent: below 100 %, because others send as well. */
const SLOW_FROM_PERCENT = 75
const STOP_FROM_PERCENT = 90
const LONGEST_GAP_MS = 3_000
/** The hour that Meta counts is a rolling one, so five minutes make a difference. */
const STOP_SECONDS = 300
const HOUR_MS = 3_600_000

export type Pace = {
  /** How long a destination must wait before its next request, in ms. */
  delayMs: (destination: string) => number
  /** A request is sent once the delay has passed: the next one queues up behind it. */
  book: (destination: string) => void
  /** Learns from the headers of an answer. */
  note: (destination: string, usage: Usage) => void
  /** Nothing may be sent for a while: Meta limits the destination, and need not have said so in a header. */
  hold: (destination: string, seconds: number) => void
}

type Limit = { percent: number; learnedAt: number; freeAt: number; nextAt: number }

/**
 * Slows down before Meta's limits by Meta's own numbers. A limit belongs to an app or to an ad account, and the
 * destinations that a header named for the same ad account share it.
 */
export function createPace(clock: () => number): Pace {
  const limits = new Map<string, Limit>()
  const limitsOf = new Map<string, Set<string>>()

  const learn = (destination: string, name: string, percent: number, stopSeconds: number) => {
    const now = clock()
    const { freeAt, nextAt } = limits.get(name) ?? { freeAt: now, nextAt: now }
    // An answer to an older request may come late, and does not shorten a wait that a newer one told.
    const stoppedUntil = Math.max(freeAt, now + stopSeconds * 1000)
    limits.set(name, { percent, learnedAt: now, freeAt: stoppedUntil, nextAt: Math.max(nextAt, now + gapMs(percent)) })
    limitsOf.set(destination, (limitsOf.get(destination) ?? new Set()).add(name))
  }
  const learnUsage = (destination: string, name: string, percent: number, regainSeconds: number) =>
    learn(destination, name, percent, Math.max(regainSeconds, percent >= STOP_FROM_PERCENT ? STOP_SECONDS : 0))

  // Of calls that are an hour old Meta counts nothing any more.
  const relevantTo = (destination: string) =>
    [...(limitsOf.get(destination) ?? [])].flatMap((name) => {
      const limit = limits.get(name)
      return limit && Math.max(limit.learnedAt, limit.freeAt) > clock() - HOUR_MS ? [{ name, ...limit }] : []
    })
  const delayMs = (destination: string) =>
    Math.max(0, ...relevantTo(destination).map(({ freeAt, nextAt }) => Math.max(freeAt, nextAt) - clock()))

  return {
    delayMs,
    book: (destination) => {
      const sentAt = clock() + delayMs(destination)
      for (const { name, ...limit } of relevantTo(destination))
        limits.set(name, { ...limit, nextAt: Math.max(limit.nextAt, sentAt + gapMs(limit.percent)) })
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
