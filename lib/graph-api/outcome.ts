import type { Change } from '../audience/change.ts'
import type { Received } from './client.ts'
import { failureReason, judge } from './error.ts'
import type { GraphFailure } from './error.ts'

/** Why rows wait without an attempt of their own. */
export type Held = {
  reason: string
  /** At least so many seconds. */
  waitSeconds: number
  /** Since when there is this reason, ms since 1970: what lasts for long is looked at more rarely. */
  since?: number
}

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

/**
 * A row that failed alone. Where others of its batch passed it is marked the first time, and the second time it is the
 * reason beyond doubt. One that came alone from the start, or is marked, is judged by Meta's word that it never passes.
 */
export function failedAlone(
  { changes, failure }: FailedPart,
  { somePassed, isOnly }: { somePassed: boolean; isOnly: boolean },
): Outcome {
  const isMarked = changes.every(({ singledOut }) => singledOut)
  const neverPasses = judge(failure).verdict === 'reject'
  if ((isMarked && somePassed) || (neverPasses && (isMarked || isOnly)))
    return { kind: 'rejected', changes, reason: failureReason(failure), failure }
  return failed(somePassed ? changes.map((change) => ({ ...change, singledOut: true })) : changes, failure)
}
