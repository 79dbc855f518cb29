import { MAX_VISIBILITY_SECONDS } from './aws/visibility.ts'
import type { QueueEntry } from './aws/track-queue.ts'
import type { Batch } from './audience/batch.ts'
import type { Change } from './audience/change.ts'
import type { Outcome } from './graph-api/delivery.ts'
import type { GraphFailure } from './graph-api/error.ts'
import { packRows } from './retry/message.ts'
import { waitSeconds } from './retry/schedule.ts'

/** The audience, direction and columns that outcomes belong to. */
export type Destined = Pick<Batch, 'destination' | 'audienceId' | 'direction' | 'schema'>

export type SettledRows = {
  /** For the retry queue, delayed. */
  retry: QueueEntry[]
  /** For the dead-letter queue, each with its reason. */
  deadLetters: QueueEntry[]
  waiting: { count: number; waitSeconds: number; oldestAgeSeconds: number; reason: string } | undefined
  givenUp: { count: number; reason: string }[]
}

type Settings = { giveUpAfterSeconds: number; now: number; random: () => number }

/** SQS delays a new message by at most this; the rest of a wait follows when it is received. */
const MAX_DELAY_SECONDS = 900

/**
 * Where the rows go that Meta did not take: those that may pass later to the retry queue, all with one wait; those
 * that never will, or that have failed for too long, to the dead letters.
 */
export function settleRows(target: Destined, outcomes: readonly Outcome[], settings: Settings): SettledRows {
  const { now, giveUpAfterSeconds, random } = settings
  const settled: SettledRows = { retry: [], deadLetters: [], waiting: undefined, givenUp: [] }
  const giveUp = (changes: readonly Change[], reason: string, failure: GraphFailure | undefined) => {
    if (changes.length === 0) return
    settled.givenUp.push({ count: changes.length, reason })
    settled.deadLetters.push(...deadLetters(target, changes, { reason, failure, now }))
  }
  const waits = outcomes.filter((outcome) => outcome.kind === 'waiting')
  const kept: Change[] = []
  for (const { changes, reason, failure } of waits) {
    const tooOld = ({ firstFailedAt = now }: Change) => now - firstFailedAt > giveUpAfterSeconds * 1000
    giveUp(changes.filter(tooOld), reason, failure)
    for (const change of changes)
      if (!tooOld(change)) kept.push(change.firstFailedAt === undefined ? { ...change, firstFailedAt: now } : change)
  }
  for (const outcome of outcomes)
    if (outcome.kind === 'rejected') giveUp(outcome.changes, outcome.reason, outcome.failure)
  if (kept.length > 0) {
    const oldestAgeSeconds = (now - Math.min(...kept.map(({ firstFailedAt = now }) => firstFailedAt))) / 1000
    const metaSays = Math.max(...waits.map((wait) => wait.waitSeconds))
    const wait = waitSeconds(oldestAgeSeconds, metaSays, random)
    settled.retry = retryMessages(target, kept, wait)
    settled.waiting = { count: kept.length, waitSeconds: wait, oldestAgeSeconds, reason: waits[0]?.reason ?? '' }
  }
  return settled
}

function retryMessages({ destination, audienceId, direction, schema }: Destined, changes: Change[], wait: number) {
  const delaySeconds = Math.min(wait, MAX_DELAY_SECONDS)
  const thenWait = Math.min(wait - delaySeconds, MAX_VISIBILITY_SECONDS)
  const head = { destination: destination.name, audienceId, direction, schema: [...schema] }
  return packRows({ ...head, ...(thenWait > 0 && { thenWait }), changes }).map(({ body, bytes }) => ({
    body,
    bytes,
    delaySeconds,
  }))
}

function deadLetters(
  { destination, audienceId, direction, schema }: Destined,
  changes: readonly Change[],
  why: { reason: string; failure: GraphFailure | undefined; now: number },
): QueueEntry[] {
  // Without the time of the first failure: whoever redrives the rows gives them a new start.
  const fresh = changes.map(({ cells, identifiers, at }) => ({ cells, identifiers, at }))
  const firstAttempt = Math.min(...changes.map(({ firstFailedAt = why.now }) => firstFailedAt))
  const graph = why.failure?.kind === 'graph' ? why.failure : undefined
  const attributes = Object.fromEntries(
    Object.entries({
      reason: why.reason,
      code: graph?.code.toString(),
      subCode: graph?.subCode?.toString(),
      fbtraceId: graph?.fbtraceId,
      destination: destination.name,
      audience: audienceId,
      direction,
      firstAttempt: new Date(firstAttempt).toISOString(),
      lastAttempt: new Date(why.now).toISOString(),
    }).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  ) as Record<string, string>
  const head = { destination: destination.name, audienceId, direction, schema: [...schema] }
  return packRows({ ...head, changes: fresh }).map(({ body, bytes }) => ({ body, bytes, attributes }))
}
