/** What came of sending some of a batch: settled outcomes, or a failure that fewer rows might not meet. */
export type Sent<Outcome, Failure> = { outcomes: Outcome[]; success: boolean } | { divisible: Failure }

/** Whole, both halves and two quarters have failed: two poisonous rows cannot do that from different halves. */
const SUSPICIOUS_FAILURES = 5

type Settle<Change, Outcome, Failure> = {
  isolated: (change: Change, failure: Failure) => Outcome
  outage: (part: readonly Change[], failure: Failure) => Outcome
}

/**
 * Sends a batch, and halves what fails divisibly, level by level, down to single rows: one row that Meta chokes on
 * costs about two calls a level and blocks none of the others. When nothing succeeds, one row of the rest, picked at
 * random, tells many such rows from an outage: if it fails as well, what is left of the batch waits.
 */
export async function sendInHalves<Change, Outcome, Failure>(
  changes: readonly Change[],
  send: (part: readonly Change[], before: Failure | undefined) => Promise<Sent<Outcome, Failure>>,
  settle: Settle<Change, Outcome, Failure>,
  random: () => number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const failedAlone: { change: Change; failure: Failure }[] = []
  let parts: { changes: readonly Change[]; failure?: Failure }[] = [{ changes }]
  let failures = 0
  let successes = 0
  let isOutage: boolean | undefined
  while (parts.length > 0) {
    const smaller: typeof parts = []
    for (const part of parts) {
      if (part.failure !== undefined && successes === 0 && failures >= SUSPICIOUS_FAILURES) {
        // What the picked row adds up to is settled when it is sent again as one of its part.
        const picked = Math.floor(random() * part.changes.length)
        isOutage ??= !succeeded(await send(part.changes.slice(picked, picked + 1), part.failure))
        if (isOutage) {
          outcomes.push(settle.outage(part.changes, part.failure))
          continue
        }
      }
      const sent = await send(part.changes, part.failure)
      if ('outcomes' in sent) {
        outcomes.push(...sent.outcomes)
        if (sent.success) successes += 1
        continue
      }
      failures += 1
      const [only] = part.changes
      if (part.changes.length === 1 && only !== undefined) failedAlone.push({ change: only, failure: sent.divisible })
      else smaller.push(...halves(part.changes, random).map((half) => ({ changes: half, failure: sent.divisible })))
    }
    parts = smaller
  }
  const somePass = successes > 0 || isOutage === false
  for (const { change, failure } of failedAlone)
    outcomes.push(somePass ? settle.isolated(change, failure) : settle.outage([change], failure))
  return outcomes
}

function succeeded(sent: Sent<unknown, unknown>): boolean {
  return 'outcomes' in sent && sent.success
}

// In any order: where one half takes all the time that there is, the other is first the next time.
function halves<Change>(changes: readonly Change[], random: () => number): (readonly Change[])[] {
  const middle = Math.ceil(changes.length / 2)
  const both = [changes.slice(0, middle), changes.slice(middle)]
  return random() < 0.5 ? both.reverse() : both
}
