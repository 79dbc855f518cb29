import { MAX_VISIBILITY_SECONDS } from './aws/visibility.ts'
import type { QueueEntry } from './aws/queue.ts'
import type { Batch } from './audience/batch.ts'
import type { Change } from './audience/change.ts'
import type { Outcome } from './graph-api/delivery.ts'
import type { GraphFailure } from './graph-api/error.ts'
import { packRows } from './retry/message.ts'
import { waitSeconds } from './retry/schedule.ts'

type Direction = Batch['direction']

/** What became of changes of one audience, in both directions. */
export type Sent = Pick<Batch, 'destination' | 'audienceId' | 'schema'> & Record<Direction, readonly Outcome[]>

type Counted = { direction: Direction; reason: string; count: number }

export type SettledRows = {
  /** For the retry queue, delayed. */
  retry: QueueEntry[]
  /** For the dead-letter queue, each with its reason. */
  deadLetters: QueueEntry[]
  waiting: Counted[]
  waitSeconds: number
  oldestAgeSeconds: number
  givenUp: Counted[]
}

type Settings = { giveUpAfterSeconds: number; now: number; random: () => number }

/** SQS delays a new message by at most this; the rest of a wait follows when it is received. */
const MAX_DELAY_SECONDS = 900

/**
 * Where the rows go that Meta did not take: those that may pass later to the retry queue, all with one wait; those
 * that never will, or that have failed for too long and have just failed again, to the dead letters.
 */
export function settleRows(sent: Sent, { giveUpAfterSeconds, now, random }: Settings): SettledRows {
  const settled: SettledRows = {
    retry: [],
    deadLetters: [],
    waiting: [],
    waitSeconds: 0,
    oldestAgeSeconds: 0,
    givenUp: [],
  }
  const kept: Record<Direction, Change[]> = { add: [], remove: [] }
  let metaSaysSeconds = 0
  let oldest = now
  for (const direction of ['add', 'remove'] as const)
    for (const outcome of sent[direction]) {
      if (outcome.kind === 'delivered') continue
      const { changes, reason, failure } = outcome
      const isLost = ({ firstFailedAt = now }: Change) =>
        outcome.kind === 'rejected' || (outcome.tried && now - firstFailedAt > giveUpAfterSeconds * 1000)
      const lost = changes.filter(isLost)
      count(settled.givenUp, direction, reason, lost.length)
      settled.deadLetters.push(...deadLetters(sent, direction, lost, { reason, failure, now }))
      if (outcome.kind === 'rejected') continue
      count(settled.waiting, direction, reason, changes.length - lost.length)
      metaSaysSeconds = Math.max(metaSaysSeconds, outcome.waitSeconds)
      for (const change of changes) {
        if (isLost(change)) continue
        const { firstFailedAt = now } = change
        oldest = Math.min(oldest, firstFailedAt)
        kept[direction].push({ ...change, firstFailedAt })
      }
    }
  settled.oldestAgeSeconds = (now - oldest) / 1000
  settled.waitSeconds = waitSeconds(settled.oldestAgeSeconds, metaSaysSeconds, random)
  settled.retry = retryMessages(sent, kept, settled.waitSeconds)
  return settled
}

function count(counts: Counted[], direction: Direction, reason: string, rows: number): void {
  if (rows === 0) return
  const known = counts.find((counted) => counted.direction === direction && counted.reason === reason)
  if (known) known.count += rows
  else counts.push({ direction, reason, count: rows })
}

function retryMessages({ destination, audienceId, schema }: Sent, rows: Record<Direction, Change[]>, wait: number) {
  const delaySeconds = Math.min(wait, MAX_DELAY_SECONDS)
  const thenWait = Math.min(wait - delaySeconds, MAX_VISIBILITY_SECONDS)
  const head = { destination: destination.name, audienceId, schema }
  return packRows({ ...head, ...(thenWait > 0 && { thenWait }), ...rows }).map((message) => ({
    ...message,
    delaySeconds,
  }))
}

function deadLetters(
  { destination, audienceId, schema }: Sent,
  direction: Direction,
  changes: readonly Change[],
  why: { reason: string; failure: GraphFailure | undefined; now: number },
): QueueEntry[] {
  // Without the time of the first failure: whoever redrives the rows gives them a new start.
  const fresh = changes.map(({ firstFailedAt: _, ...change }) => change)
  const firstAttempt = changes.reduce((first, { firstFailedAt = why.now }) => Math.min(first, firstFailedAt), why.now)
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
    }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const rows = { add: [], remove: [], [direction]: fresh }
  return packRows({ destination: destination.name, audienceId, schema, ...rows }).map((message) => ({
    ...message,
    attributes,
  }))
}
