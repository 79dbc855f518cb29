import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import type { AccessToken, TokenSource } from '../aws/access-token.ts'
import type { GraphAnswer, Received, SendRequest } from './client.ts'
import { failureReason, judge } from './error.ts'
import type { GraphFailure } from './error.ts'
import { sendInHalves } from './isolate.ts'
import type { Sent } from './isolate.ts'
import type { Pace } from './pace.ts'
import type { Pauses } from './pauses.ts'
import { toRequest } from './request.ts'
import type { Verdict } from './verdicts.ts'

/** What became of some of a batch's changes. */
export type Outcome =
  | { kind: 'delivered'; changes: readonly Change[]; received: Received }
  | { kind: 'waiting'; changes: readonly Change[]; reason: string; waitSeconds: number; failure?: GraphFailure }
  | { kind: 'rejected'; changes: readonly Change[]; reason: string; failure?: GraphFailure }

export type DeliveryDependencies = {
  send: SendRequest
  token: (destination: string) => TokenSource
  pauses: Pauses
  pace: Pace
  clock: () => number
  sleep: (ms: number) => Promise<void>
  random: () => number
  /** Told of every call, for metrics and logs. */
  onCall: (batch: Batch, answer: GraphAnswer, ms: number) => void
}

export type Deliver = (batch: Batch, deadline: number) => Promise<Outcome[]>

const REQUEST_TIMEOUT_MS = 60_000
/** Below this a request would only be cut off by the end of the invocation. */
const MIN_REQUEST_MS = 5_000
const LONGEST_SLEEP_MS = 5_000
const ATTEMPTS = 3
/** Isolating one row in 10,000 takes some 30 calls. */
const MAX_CALLS = 40

/**
 * Sends a batch: waits for pace and pauses, repeats short failures, reads the token again once when Meta refuses it,
 * and halves a batch that may be too large or hold a row that Meta chokes on. All changes come back in outcomes.
 */
export function createDelivery(dependencies: DeliveryDependencies): Deliver {
  const { send, pauses, pace, clock, sleep, random, onCall } = dependencies

  return async (batch, deadline) => {
    const target = { destination: batch.destination.name, audienceId: batch.audienceId }
    const tokens = dependencies.token(target.destination)
    let calls = 0

    const call = async (changes: readonly Change[], token: AccessToken): Promise<GraphAnswer> => {
      calls += 1
      const startedAt = clock()
      const timeout = Math.min(REQUEST_TIMEOUT_MS, deadline - startedAt)
      const answer = await send(toRequest({ ...batch, changes }), token, timeout)
      pace.note(target.destination, answer.usage)
      onCall({ ...batch, changes }, answer, clock() - startedAt)
      return answer
    }

    const callWithFreshToken = async (changes: readonly Change[], token: AccessToken): Promise<GraphAnswer> => {
      const answer = await call(changes, token)
      if (answer.ok || answer.failure.kind !== 'graph' || answer.failure.code !== 190) return answer
      const fresh = await tokens.refresh()
      return fresh.ok && fresh.token.accessToken !== token.accessToken ? call(changes, fresh.token) : answer
    }

    /** Why nothing can be sent now; undefined, after the pace's pause, when a request may go out. */
    const obstacle = async (changes: readonly Change[]): Promise<Outcome | undefined> => {
      const delayMs = pace.delayMs(target.destination)
      if (delayMs > LONGEST_SLEEP_MS) return waiting(changes, 'usage_limit', Math.ceil(delayMs / 1000))
      if (clock() + delayMs + MIN_REQUEST_MS > deadline) return waiting(changes, 'out_of_time')
      if (calls >= MAX_CALLS) return waiting(changes, 'out_of_calls')
      if (delayMs > 0) await sleep(delayMs)
      return undefined
    }

    const sendPart = async (changes: readonly Change[]): Promise<Part> => {
      const whole = changes.length === batch.changes.length
      for (let attempt = 1; ; attempt += 1) {
        const blocked = await obstacle(changes)
        if (blocked) return { outcomes: [blocked], success: false }
        const reading = await tokens.get()
        if (!reading.ok) return { outcomes: [waiting(changes, reading.reason)], success: false }
        const answer = await callWithFreshToken(changes, reading.token)
        if (answer.ok) {
          pauses.resume(target)
          return { outcomes: [{ kind: 'delivered', changes, received: answer.received }], success: true }
        }
        const verdict = judge(answer.failure)
        const attempts = attemptsFor(verdict, whole || changes.length === 1)
        if (verdict.verdict !== 'retry' || attempt >= attempts)
          return verdict.divisible && !batch.session
            ? { divisible: answer.failure }
            : { outcomes: settle(changes, answer.failure, verdict), success: false }
        await sleep(random() * Math.min(LONGEST_SLEEP_MS, 500 * 2 ** attempt))
      }
    }

    const settle = (changes: readonly Change[], failure: GraphFailure, verdict: Verdict): Outcome[] => {
      const reason = failureReason(failure)
      if (verdict.verdict === 'reject') return [{ kind: 'rejected', changes, reason, failure }]
      if (verdict.verdict === 'pause') pauses.pause(target, verdict.scope ?? 'audience', reason)
      const oldest = clock() - (verdict.rejectAfterSeconds ?? Infinity) * 1000
      const isExpired = ({ firstFailedAt = Infinity }: Change) => firstFailedAt < oldest
      const outcomes: Outcome[] = [
        { kind: 'rejected', changes: changes.filter(isExpired), reason, failure },
        {
          ...waiting(
            changes.filter((change) => !isExpired(change)),
            reason,
            verdict.waitSeconds,
          ),
          failure,
        },
      ]
      return outcomes.filter((outcome) => outcome.changes.length > 0)
    }

    const paused = pauses.reason(target)
    if (paused !== undefined) return [waiting(batch.changes, paused)]
    return sendInHalves<Change, Outcome, GraphFailure>(batch.changes, sendPart, {
      isolated: (change, failure) => ({ kind: 'rejected', changes: [change], reason: failureReason(failure), failure }),
      outage: (changes, failure) => ({ ...waiting(changes, failureReason(failure)), failure }),
    })
  }
}

type Part = Sent<Outcome, GraphFailure>
type Waiting = Extract<Outcome, { kind: 'waiting' }>

function waiting(changes: readonly Change[], reason: string, waitSeconds = 0): Waiting {
  return { kind: 'waiting', changes, reason, waitSeconds }
}

// Of a divisible failure, only the whole batch and a single row are worth a second attempt; a half is tried by halves.
function attemptsFor(verdict: Verdict, wholeOrSingle: boolean): number {
  if (!verdict.divisible) return ATTEMPTS
  return wholeOrSingle ? 2 : 1
}
