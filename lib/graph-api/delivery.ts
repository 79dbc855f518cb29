import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import type { AccessToken, TokenSource } from './access-token.ts'
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
  | {
      kind: 'waiting'
      changes: readonly Change[]
      reason: string
      waitSeconds: number
      /** It was tried and failed, and was not just held back: only then may it be given up. */
      tried?: true
      failure?: GraphFailure
    }
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

type Part = Sent<Outcome, GraphFailure>
type Waiting = Extract<Outcome, { kind: 'waiting' }>
type Held = Pick<Waiting, 'reason' | 'waitSeconds'>

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
    /** Set once Meta's answer to a part means that the others need not be tried now. */
    let held: Held | undefined

    const call = async (changes: readonly Change[], token: AccessToken): Promise<GraphAnswer> => {
      calls += 1
      const startedAt = clock()
      const timeout = Math.min(REQUEST_TIMEOUT_MS, deadline - startedAt)
      const answer = await send(toRequest({ ...batch, changes }), token, timeout)
      pace.note(target.destination, answer.usage)
      onCall({ ...batch, changes }, answer, clock() - startedAt)
      return answer
    }

    const mayCall = (delayMs = 0) => calls < MAX_CALLS && clock() + delayMs + MIN_REQUEST_MS <= deadline

    const callWithFreshToken = async (changes: readonly Change[], token: AccessToken): Promise<GraphAnswer> => {
      const answer = await call(changes, token)
      if (answer.ok || answer.failure.kind !== 'graph' || answer.failure.code !== 190) return answer
      const fresh = await tokens.refresh()
      const isNew = fresh.ok && fresh.token.accessToken !== token.accessToken
      return isNew && mayCall() ? call(changes, fresh.token) : answer
    }

    /** Why nothing can be sent after this delay; undefined, once it and the pace's own have passed, when it can. */
    const obstacle = async (delayMs: number): Promise<Held | undefined> => {
      if (held) return held
      const paceMs = pace.take(target.destination, LONGEST_SLEEP_MS)
      if (paceMs > LONGEST_SLEEP_MS) return { reason: 'usage_limit', waitSeconds: Math.ceil(paceMs / 1000) }
      const sleepMs = Math.max(delayMs, paceMs)
      if (!mayCall(sleepMs)) return { reason: calls < MAX_CALLS ? 'out_of_time' : 'out_of_calls', waitSeconds: 0 }
      if (sleepMs > 0) await sleep(sleepMs)
      return undefined
    }

    const sendPart = async (changes: readonly Change[], before: GraphFailure | undefined): Promise<Part> => {
      const wait = (held: Held, failure?: GraphFailure): Part => ({
        outcomes: [failure ? failed(changes, failure, held.waitSeconds) : heldBack(changes, held)],
        success: false,
      })
      let backOffMs = 0
      let failure = before
      for (let attempt = 1; ; attempt += 1) {
        const blocked = await obstacle(backOffMs)
        if (blocked) return wait(blocked, failure)
        const reading = await tokens.get()
        if (!reading.ok)
          return {
            outcomes: [{ ...heldBack(changes, { reason: reading.reason, waitSeconds: 0 }), tried: true }],
            success: false,
          }
        const answer = await callWithFreshToken(changes, reading.token)
        if (answer.ok) {
          pauses.resume(target)
          return { outcomes: [{ kind: 'delivered', changes, received: answer.received }], success: true }
        }
        // A request that the end of the invocation has cut off says nothing about its rows.
        if (answer.failure.kind === 'timeout' && !mayCall())
          return wait({ reason: 'out_of_time', waitSeconds: 0 }, failure)
        failure = answer.failure
        const verdict = judge(failure)
        const attempts = attemptsFor(verdict, failure, changes.length, batch.changes.length)
        if (verdict.verdict !== 'retry' || attempt >= attempts)
          return verdict.divisible && !batch.session
            ? { divisible: failure }
            : { outcomes: settle(changes, failure, verdict), success: false }
        backOffMs = random() * Math.min(LONGEST_SLEEP_MS, 500 * 2 ** attempt)
      }
    }

    const settle = (changes: readonly Change[], failure: GraphFailure, verdict: Verdict): Outcome[] => {
      const reason = failureReason(failure)
      if (verdict.verdict === 'reject') return [{ kind: 'rejected', changes, reason, failure }]
      const { scope, waitSeconds = 0, rejectAfterSeconds = Infinity } = verdict
      if (verdict.verdict === 'pause') pauses.pause(target, scope ?? 'audience', reason)
      else if (scope) pace.hold(target.destination, waitSeconds)
      // The header of this answer may have told a longer wait than the verdict's.
      const paceSeconds = scope ? Math.ceil(pace.take(target.destination, 0) / 1000) : 0
      const wait = { reason, waitSeconds: Math.max(waitSeconds, paceSeconds) }
      if (verdict.verdict !== 'retry') held = wait
      const oldest = clock() - rejectAfterSeconds * 1000
      const isExpired = ({ firstFailedAt = Infinity }: Change) => firstFailedAt < oldest
      const outcomes: Outcome[] = [
        { kind: 'rejected', changes: changes.filter(isExpired), reason, failure },
        failed(
          changes.filter((change) => !isExpired(change)),
          failure,
          wait.waitSeconds,
        ),
      ]
      return outcomes.filter((outcome) => outcome.changes.length > 0)
    }

    const paused = pauses.reason(target)
    if (paused !== undefined) return [heldBack(batch.changes, { reason: paused, waitSeconds: 0 })]
    return sendInHalves<Change, Outcome, GraphFailure>(batch.changes, sendPart, { isolated, outage: failed }, random)
  }
}

function heldBack(changes: readonly Change[], { reason, waitSeconds }: Held): Waiting {
  return { kind: 'waiting', changes, reason, waitSeconds }
}

function failed(changes: readonly Change[], failure: GraphFailure, waitSeconds = 0): Waiting {
  return { kind: 'waiting', changes, reason: failureReason(failure), waitSeconds, tried: true, failure }
}

function isolated(change: Change, failure: GraphFailure): Outcome {
  return { kind: 'rejected', changes: [change], reason: failureReason(failure), failure }
}

// Of a divisible failure, only the whole batch and a single row are worth a second attempt; a half is tried by halves. A
// whole that Meta was too slow for is none either: two timeouts would leave no time for a half.
function attemptsFor({ divisible }: Verdict, { kind }: GraphFailure, rows: number, rowsInAll: number): number {
  if (!divisible) return ATTEMPTS
  return rows === 1 || (rows === rowsInAll && kind !== 'timeout') ? 2 : 1
}
