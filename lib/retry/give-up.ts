import type { Change, Direction } from '../audience/change.ts'
import type { Lot } from '../audience/lot.ts'
import type { GraphFailure } from '../graph-api/error.ts'
import type { QueueEntry } from '../track/message.ts'
import { packRows } from './message.ts'
import type { Outcome } from './outcome.ts'

/** Outages and limits pass by themselves, so rows wait over a weekend for their end. */
const OUTAGE_PATIENCE_SECONDS = 72 * 3600

/** How long the operator lets rows fail, and the time now in ms since 1970. */
export type Patience = { giveUpAfterSeconds: number; now: number }

export type Undelivered = Exclude<Outcome, { kind: 'delivered' }>

/**
 * Parts the rows of an outcome into those that wait and those that are given up. A row that is only held is never given
 * up.
 */
export function partedByPatience(outcome: Undelivered, { now, giveUpAfterSeconds }: Patience) {
  const { changes } = outcome
  if (outcome.kind === 'held') return { waits: changes, over: [] }
  if (outcome.kind === 'rejected') return { waits: [], over: changes }
  const { patience, pausedSince = now } = outcome
  const seconds = patience === 'setting' ? giveUpAfterSeconds : Math.max(giveUpAfterSeconds, OUTAGE_PATIENCE_SECONDS)
  // The time under a pause counts from when both were there, the pause and the row.
  const waitsSince = ({ firstFailedAt = now, waitingSince = now }: Change) =>
    Math.min(firstFailedAt, Math.max(pausedSince, waitingSince))
  const isOver = (change: Change) => now - waitsSince(change) > seconds * 1000
  return { waits: changes.filter((change) => !isOver(change)), over: changes.filter(isOver) }
}

/** When the first of these rows failed for the first time, ms since 1970; now if none has failed. */
export function oldestFailure(changes: readonly Change[], now: number): number {
  return changes.reduce((first, { firstFailedAt = now }) => Math.min(first, firstFailedAt), now)
}

/** The dead letters of rows that are given up, with what an operator needs to know. They can be redriven. */
export function asDeadLetters(
  { lot: { destination, schema }, audienceId }: { lot: Lot; audienceId: string },
  direction: Direction,
  changes: readonly Change[],
  { reason, failure }: { reason: string; failure?: GraphFailure },
  now: number,
): QueueEntry[] {
  // The time of the first failure is left out, so that redriven rows get a new start.
  const fresh = changes.map(({ cells, identifiers, at, erasure }) => ({
    ...{ cells, identifiers, at },
    ...(erasure !== undefined && { erasure }),
  }))
  const firstAttempt = oldestFailure(changes, now)
  const graph = failure?.kind === 'graph' ? failure : undefined
  const attributes = Object.fromEntries(
    Object.entries({
      reason,
      code: graph?.code.toString(),
      subCode: graph?.subCode?.toString(),
      fbtraceId: graph?.fbtraceId,
      destination: destination.name,
      audience: audienceId,
      direction,
      firstAttempt: new Date(firstAttempt).toISOString(),
      lastAttempt: new Date(now).toISOString(),
    }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const rows = { add: [], remove: [], [direction]: fresh }
  const letters = packRows({ destination: destination.name, audienceIds: [audienceId], schema, ...rows })
  return [...letters].map((message) => ({ ...message, attributes }))
}
