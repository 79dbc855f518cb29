import type { Change } from '../audience/change.ts'
import type { GraphFailure } from './error.ts'
import type { FailedPart, Outcome } from './outcome.ts'

/** What came of sending some of a batch, and `progress`, which the next sending goes on from. */
export type SentPart<Progress> = { progress: Progress } & (
  { outcomes: Outcome[]; passed: boolean } | { divisible: GraphFailure }
)

/** What came of a whole batch. */
export type SentBatch<Progress> = {
  progress: Progress
  outcomes: Outcome[]
  /** Rows that failed alone. */
  alone: FailedPart[]
  /** Rows that were not tried in smaller parts, because nothing passed that was. */
  together: FailedPart[]
  /** Some of the batch passed, so what failed did so because of itself. */
  somePassed: boolean
}

type Send<Progress> = (
  part: readonly Change[],
  progress: Progress,
  before: GraphFailure | undefined,
) => Promise<SentPart<Progress>>

/** Whole, both halves and two quarters have failed: two poisonous rows cannot do that from different halves. */
const SUSPICIOUS_FAILURES = 5

/**
 * Sends a batch, and halves what fails divisibly, level by level, down to single rows: one row that Meta chokes on
 * costs about two calls a level and blocks none of the others. When nothing succeeds, one row, picked at random from those
 * that were never singled out, tells many such rows from an outage: if it fails as well, nothing is divided any further.
 */
export async function sendInHalves<Progress>(
  changes: readonly Change[],
  send: Send<Progress>,
  start: Progress,
  random: () => number,
): Promise<SentBatch<Progress>> {
  const outcomes: Outcome[] = []
  const alone: FailedPart[] = []
  const together: FailedPart[] = []
  let parts: { changes: readonly Change[]; failure?: GraphFailure }[] = [{ changes }]
  let progress = start
  let failures = 0
  let somePassed = false
  let isOutage: boolean | undefined
  while (parts.length > 0) {
    const smaller: typeof parts = []
    for (const { changes: part, failure } of parts) {
      if (failure && !somePassed && failures >= SUSPICIOUS_FAILURES) {
        if (isOutage === undefined) {
          // What the picked row adds up to is settled when it is sent again as one of its part.
          const unsuspected = changes.filter(({ singledOut }) => !singledOut)
          const candidates = unsuspected.length > 0 ? unsuspected : part
          const picked = Math.floor(random() * candidates.length)
          const sent = await send(candidates.slice(picked, picked + 1), progress, failure)
          progress = sent.progress
          isOutage = !('passed' in sent && sent.passed)
          somePassed = !isOutage
        }
        if (isOutage) {
          together.push({ changes: part, failure })
          continue
        }
      }
      const sent = await send(part, progress, failure)
      progress = sent.progress
      if ('outcomes' in sent) {
        outcomes.push(...sent.outcomes)
        somePassed ||= sent.passed
        continue
      }
      failures += 1
      if (part.length === 1) alone.push({ changes: part, failure: sent.divisible })
      else smaller.push(...halves(part, random).map((half) => ({ changes: half, failure: sent.divisible })))
    }
    parts = smaller
  }
  return { progress, outcomes, alone, together, somePassed }
}

// In any order: where one half takes all the time that there is, the other is first the next time.
function halves(changes: readonly Change[], random: () => number): (readonly Change[])[] {
  const middle = Math.ceil(changes.length / 2)
  const both = [changes.slice(0, middle), changes.slice(middle)]
  return random() < 0.5 ? both.reverse() : both
}
