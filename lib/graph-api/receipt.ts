import type { Batch } from '../audience/batch.ts'
import type { Direction } from '../audience/change.ts'
import type { GraphAnswer, Received } from './client.ts'
import { failureReason } from './error.ts'

/** What became of one request to Meta: names from the settings, identifiers and counts, and nothing of a person. */
export type Receipt = {
  audienceId: string
  /** When the answer came, or the wait for it ended; ms since 1970. */
  at: number
  destination: string
  direction: Direction
  /** Rows in the request. */
  count: number
  /** `delivered`, or the reason of the failure as in logs, such as `graph_190_463`. */
  outcome: string
  /** Rows that Meta called invalid or did not count. In a session Meta adds up all batches so far. */
  invalid: number
  ms: number
  /** Meta's name for the request, for questions to its support. */
  fbtraceId?: string
  session?: { id: string; batch: number }
}

/** The receipt for a request and its answer, which came at `at` (ms since 1970) after `ms`. */
export function receiptOf(batch: Batch, answer: GraphAnswer, ms: number, at: number): Receipt {
  const { audienceId, direction, session } = batch
  const fbtraceId = fbtraceIdOf(answer)
  return {
    audienceId,
    at,
    destination: batch.destination.name,
    direction,
    count: batch.changes.length,
    outcome: answer.ok ? 'delivered' : failureReason(answer.failure),
    invalid: answer.ok ? answer.received.numInvalid + notReceived(batch, answer.received) : 0,
    ms,
    ...(fbtraceId !== undefined && { fbtraceId }),
    ...(session && { session: { id: session.sessionId, batch: session.batchSequence } }),
  }
}

/** How many rows of a request Meta did not count. In a session its counts add up, so nobody can tell. */
export function notReceived({ session, changes }: Batch, { numReceived }: Received): number {
  return session ? 0 : Math.max(0, changes.length - numReceived)
}

function fbtraceIdOf(answer: GraphAnswer): string | undefined {
  const named = !answer.ok && answer.failure.kind === 'graph' ? answer.failure.fbtraceId : undefined
  return named ?? answer.requestId
}
