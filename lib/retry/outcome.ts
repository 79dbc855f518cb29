import type { Change } from '../audience/change.ts'
import type { Received } from '../graph-api/client.ts'
import { failureReason, judge } from '../graph-api/error.ts'
import type { GraphFailure } from '../graph-api/error.ts'
import type { Held } from '../graph-api/obstacle.ts'
import type { Refused } from '../graph-api/send-part.ts'

/**
 * What became of some rows:
 * - `delivered`: Meta took them
 * - `held`: they wait, and nothing was tried for them
 * - `failed`: they were tried and wait. `patience` is how long in all: `setting` for what a person must mend or what
 *   never passes, `outage` for what passes by itself
 * - `rejected`: they never will be taken
 */
export type Outcome = { changes: readonly Change[] } & (
  | { kind: 'delivered'; received: Received }
  | ({ kind: 'held' } & Held)
  | {
      kind: 'failed'
      reason: string
      failure?: GraphFailure
      waitSeconds: number
      patience: 'setting' | 'outage'
      /** Since when the target is paused, ms since 1970. */
      pausedSince?: number
    }
  | { kind: 'rejected'; reason: string; failure?: GraphFailure }
)

/** Some rows and the failure that they met. */
export type FailedPart = { changes: readonly Change[]; failure: GraphFailure }

/** Rows that wait without an attempt of their own. */
export function heldBack(changes: readonly Change[], held: Held): Outcome {
  return { kind: 'held', changes, ...held }
}

/** Rows that were tried and wait. */
export function failed(
  changes: readonly Change[],
  failure: GraphFailure,
  waitSeconds = 0,
): Extract<Outcome, { kind: 'failed' }> {
  const { verdict } = judge(failure)
  const patience = verdict === 'pause' || verdict === 'reject' ? 'setting' : 'outage'
  return { kind: 'failed', changes, reason: failureReason(failure), failure, waitSeconds, patience }
}

/** What becomes of rows that Meta refused together. */
export function afterRefusal(
  changes: readonly Change[],
  { failure, waitSeconds, pausedSince, rejectedBefore = -Infinity }: Refused,
): Outcome[] {
  const reason = failureReason(failure)
  if (judge(failure).verdict === 'reject') return [{ kind: 'rejected', changes, reason, failure }]
  const isExpired = ({ firstFailedAt = Infinity }: Change) => firstFailedAt < rejectedBefore
  const waits = changes.filter((change) => !isExpired(change))
  const outcomes: Outcome[] = [
    { kind: 'rejected', changes: changes.filter(isExpired), reason, failure },
    { ...failed(waits, failure, waitSeconds), ...(pausedSince !== undefined && { pausedSince }) },
  ]
  return outcomes.filter((outcome) => outcome.changes.length > 0)
}

/**
 * A row that failed alone. Where others of its batch passed it is marked the first time, and the second time it is the
 * reason beyond doubt. One that came alone from the start, or is marked, is judged by Meta's word that it never passes.
 */
export function failedAlone(
  { changes, failure }: FailedPart,
  { somePassed, isOnly }: { somePassed: boolean; isOnly: boolean },
): Outcome {
  const isMarked = changes.every(({ singledOut }) => singledOut === 'refused' || singledOut === 'unanswered')
  const neverPasses = judge(failure).verdict === 'reject'
  if ((isMarked && somePassed) || (neverPasses && (isMarked || isOnly)))
    return { kind: 'rejected', changes, reason: failureReason(failure), failure }
  const singledOut = failure.kind === 'timeout' ? 'unanswered' : 'refused'
  return failed(somePassed ? changes.map((change) => ({ ...change, singledOut })) : changes, failure)
}
