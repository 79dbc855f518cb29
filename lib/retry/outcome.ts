import type { Change } from '../audience/change.ts'
import type { Received } from '../graph-api/client.ts'
import { failureReason, judge } from '../graph-api/error.ts'
import type { GraphFailure } from '../graph-api/error.ts'
import type { Held } from '../graph-api/obstacle.ts'
import type { Refused } from '../graph-api/send-part.ts'

/**
 * What became of some rows:
 * - `delivered`: Meta took them.
 * - `held`: they wait, and no request with them was sent.
 * - `failed`: a request with them failed, and they wait. `patience` says for how long: `setting` for what a person must
 *   mend or what never passes, `outage` for what passes by itself.
 * - `rejected`: they are given up, because Meta will never take them, or because their destination has a trial run now.
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
      /** When the pause of the target began, ms since 1970. */
      pausedSince?: number
    }
  | { kind: 'rejected'; reason: string; failure?: GraphFailure }
)

/** Some rows and their failure. */
export type FailedPart = { changes: readonly Change[]; failure: GraphFailure }

/** Rows that wait, and with which no request was sent. */
export function heldBack(changes: readonly Change[], held: Held): Outcome {
  return { kind: 'held', changes, ...held }
}

/** Rows of a failed request, which wait. */
export function failed(
  changes: readonly Change[],
  failure: GraphFailure,
  waitSeconds = 0,
): Extract<Outcome, { kind: 'failed' }> {
  const { verdict } = judge(failure)
  const patience = verdict === 'pause' || verdict === 'reject' ? 'setting' : 'outage'
  return { kind: 'failed', changes, reason: failureReason(failure), failure, waitSeconds, patience }
}

/** What becomes of rows that Meta refused in one request. */
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
 * A row that failed alone. If other rows of its batch passed, it is marked the first time and rejected the second time.
 * If it came alone from the start, or is marked, Meta's verdict that it never passes is enough.
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
