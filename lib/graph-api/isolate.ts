/** What came of sending some of a batch: settled outcomes, or a failure that fewer rows might not meet. */
export type Sent<Outcome, Failure> = { outcomes: Outcome[]; success: boolean } | { divisible: Failure }

/** Parts that failed without one success among them, until it is an outage and no poisonous row. */
const OUTAGE_AFTER_FAILURES = 5

/**
 * Sends a batch, and halves what fails divisibly, level by level, down to single rows: one row that Meta chokes on
 * costs about two calls a level and blocks none of the others. Failures without any success are an outage: what is
 * left of the batch then waits.
 */
export async function sendInHalves<Change, Outcome, Failure>(
  changes: readonly Change[],
  send: (part: readonly Change[]) => Promise<Sent<Outcome, Failure>>,
  settle: {
    isolated: (change: Change, failure: Failure) => Outcome
    outage: (part: readonly Change[], failure: Failure) => Outcome
  },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const failedAlone: { change: Change; failure: Failure }[] = []
  let parts: { changes: readonly Change[]; failure?: Failure }[] = [{ changes }]
  let failures = 0
  let successes = 0
  while (parts.length > 0) {
    const smaller: typeof parts = []
    for (const part of parts) {
      if (part.failure !== undefined && successes === 0 && failures >= OUTAGE_AFTER_FAILURES) {
        outcomes.push(settle.outage(part.changes, part.failure))
        continue
      }
      const sent = await send(part.changes)
      if ('outcomes' in sent) {
        outcomes.push(...sent.outcomes)
        if (sent.success) successes += 1
        continue
      }
      failures += 1
      const [only] = part.changes
      if (part.changes.length === 1 && only !== undefined) failedAlone.push({ change: only, failure: sent.divisible })
      else smaller.push(...halves(part.changes).map((half) => ({ changes: half, failure: sent.divisible })))
    }
    parts = smaller
  }
  for (const { change, failure } of failedAlone)
    outcomes.push(successes > 0 ? settle.isolated(change, failure) : settle.outage([change], failure))
  return outcomes
}

function halves<Change>(changes: readonly Change[]): (readonly Change[])[] {
  const middle = Math.ceil(changes.length / 2)
  return [changes.slice(0, middle), changes.slice(middle)]
}
