import type { Settings } from './settings.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const SCORE_LIFE = 300_000
const MAX_QUOTA = 700_000

/** What an ad account has used: the times of its calls in the last hour, and its decaying score. */
export type Usage = { calls: number[]; score: number; scoredAt: number }

/** The state of the limits after a call, as the usage headers tell it. */
export type UsageLevel = { callPercent: number; regainMinutes: number; scorePercent: number; resetSeconds: number }

/** An account that has made no calls. */
export function noUsage(): Usage {
  return { calls: [], score: 0, scoredAt: 0 }
}

/** Calls per ad account and rolling hour. Source: Meta's rate limiting page, business use case custom_audience. */
export function hourlyQuota({ tier, quota }: Pick<Settings, 'tier' | 'quota'>, activeAudiences: number): number {
  return quota ?? Math.min(MAX_QUOTA, (tier === 'full' ? 190_000 : 5000) + 40 * activeAudiences)
}

/** Whether the next call is one too many: limiting begins once 100 % are used. */
export function isLimited(usage: Usage, quota: number, now: number): boolean {
  forgetOldCalls(usage, now)
  return usage.calls.length >= quota
}

/**
 * Counts a call, and adds to the score: a read is 1 point, a write 3, of 60 (Limited) or 9,000 (Full), which decay
 * within 300 s. Recordings show the score at 100 % with every call succeeding, so it warns and never refuses.
 */
export function countCall(usage: Usage, kind: 'read' | 'write', now: number, tier: Settings['tier']): void {
  const max = maxScore(tier)
  usage.calls.push(now)
  usage.score = Math.min(max, decayedScore(usage, max, now) + (kind === 'write' ? 3 : 1))
  usage.scoredAt = now
}

/** How much is used, and how long until a call passes again. */
export function usageLevel(usage: Usage, quota: number, now: number, tier: Settings['tier']): UsageLevel {
  forgetOldCalls(usage, now)
  const used = usage.calls.length
  // With `used - quota + 1` calls gone there is room for one more.
  const blocking = used < quota ? undefined : (usage.calls[used - quota] ?? now)
  const max = maxScore(tier)
  const score = decayedScore(usage, max, now)
  return {
    callPercent: Math.min(100, Math.floor((100 * used) / quota)),
    regainMinutes: blocking === undefined ? 0 : Math.max(1, Math.ceil((blocking + HOUR - now) / MINUTE)),
    scorePercent: Math.round((10_000 * score) / max) / 100,
    resetSeconds: Math.ceil(((score / max) * SCORE_LIFE) / 1000),
  }
}

function forgetOldCalls(usage: Usage, now: number): void {
  const { calls } = usage
  if (calls[0] === undefined || calls[0] > now - HOUR) return
  const firstKept = calls.findIndex((at) => at > now - HOUR)
  calls.splice(0, firstKept === -1 ? calls.length : firstKept)
}

function decayedScore(usage: Usage, max: number, now: number): number {
  return Math.max(0, usage.score - (Math.max(0, now - usage.scoredAt) / SCORE_LIFE) * max)
}

function maxScore(tier: Settings['tier']): number {
  return tier === 'full' ? 9000 : 60
}
