import type { Batch } from '../audience/batch.ts'
import type { AccessToken, TokenReading } from './access-token.ts'
import type { GraphAnswer, Received, SendRequest } from './client.ts'
import { failureReason, judge, mayTakeEffectLater } from './error.ts'
import type { GraphFailure } from './error.ts'
import { limitOf, withoutToken } from './obstacle.ts'
import type { Held, Obstacles } from './obstacle.ts'
import type { PauseTarget } from './pauses.ts'
import { isAdAccount, toRequest } from './request.ts'
import type { Verdict } from './verdicts.ts'

/** How to reach Meta, and what is known about it. */
export type DeliveryDependencies = Obstacles & {
  send: SendRequest
  sleep: (ms: number) => Promise<void>
  random: () => number
  /** Is told about every call, for metrics and logs. */
  onCall: (batch: Batch, answer: GraphAnswer, ms: number) => void
}

/** Meta took none of the rows of a request. This says why. */
export type Refused = {
  failure: GraphFailure
  /** If the rows wait, they wait at least so many seconds. */
  waitSeconds: number
  /** When the pause of their target began, ms since 1970. */
  pausedSince?: number
  /** Rows whose first failure was before this time (ms since 1970) do not wait any longer. */
  rejectedBefore?: number
  /** Why no other rows for this audience and direction need be tried now. */
  stopped?: Held
}

/** The result of sending some rows in one request, with its repetitions. */
export type PartResult = {
  calls: number
  /** When the last request without an answer was broken off, ms since 1970. It may still take effect. */
  unansweredAt?: number
} & (
  | { kind: 'passed'; received: Received }
  /** The request failed. Its size or one of its rows may be the reason. */
  | { kind: 'divisible'; failure: GraphFailure }
  | ({ kind: 'refused' } & Refused)
  /** Nothing was sent. */
  | { kind: 'held'; held: Held }
)

/** How a part is sent. */
type Terms = {
  /** No request begins after this, ms since 1970. */
  endsAt: number
  /** How often in all a request is sent while it fails divisibly. */
  attempts: number
  /** The part belongs to a batch that probes whether a pause is over. */
  isProbing: boolean
}

/** The deadline of a request. Meta needs less for any batch that it takes. */
export const REQUEST_TIMEOUT_MS = 60_000

export const OUT_OF_TIME: Held = { reason: 'out_of_time', waitSeconds: 0 }

const ATTEMPTS = 3

/**
 * Sends rows in one request. Waits for Meta's pace, repeats short failures, and if Meta refuses the token, reads it
 * again once.
 */
export async function sendPart(part: Batch, terms: Terms, dependencies: DeliveryDependencies): Promise<PartResult> {
  const { pauses, pace, clock, sleep, random } = dependencies
  const target = { destination: part.destination.name, audienceId: part.audienceId }
  let calls = 0
  let failure: GraphFailure | undefined
  let unanswered: { unansweredAt?: number } = {}
  let backOffMs = 0
  for (;;) {
    const token = await dependencies.token(target.destination).get()
    const next = nextRequest(target, token, { ...terms, calls, backOffMs }, dependencies)
    if ('held' in next) {
      const { held } = next
      if (!failure) return { calls, kind: 'held', held }
      if (isDivisible(part, failure)) return { calls, ...unanswered, kind: 'divisible', failure }
      return { calls, ...unanswered, kind: 'refused', failure, waitSeconds: held.waitSeconds, stopped: held }
    }
    // There is no await between the question and this line, so only one request becomes the probe.
    pauses.probe(target)
    pace.book(target.destination)
    if (next.sleepMs > 0) await sleep(next.sleepMs)
    const answer = await call(next.token, part, terms.endsAt, dependencies)
    calls += 1
    if (answer.ok) {
      pauses.resume(target)
      return { calls, ...unanswered, kind: 'passed', received: answer.received }
    }
    failure = answer.failure
    if (mayTakeEffectLater(failure)) unanswered = { unansweredAt: clock() }
    const verdict = judge(failure)
    if (verdict.verdict === 'retry' && calls < attemptsFor(failure, verdict.divisible ? terms.attempts : ATTEMPTS)) {
      backOffMs = random() * 500 * 2 ** calls
      continue
    }
    if (isDivisible(part, failure)) return { calls, ...unanswered, kind: 'divisible', failure }
    return { calls, ...unanswered, kind: 'refused', ...refused(part, failure, verdict, dependencies) }
  }
}

/** When the next request for a part may be sent and with which token, or why it may not be sent. */
function nextRequest(
  target: PauseTarget,
  token: TokenReading,
  { calls, isProbing, backOffMs, endsAt }: Terms & { calls: number; backOffMs: number },
  dependencies: Obstacles,
): { held: Held } | { token: AccessToken; sleepMs: number } {
  if (!token.ok) return { held: withoutToken(token.reason, dependencies) }
  // A batch that began as a probe may be halved. Otherwise a batch with one bad row would keep the pause for ever.
  const held = limitOf(target, dependencies, calls > 0 || isProbing)
  if (held) return { held }
  const sleepMs = Math.max(backOffMs, dependencies.pace.delayMs(target.destination))
  return dependencies.clock() + sleepMs > endsAt ? { held: OUT_OF_TIME } : { token: token.token, sleepMs }
}

/** Sends one request. If the token was refused and the secret holds a new one, sends another. */
async function call(
  token: AccessToken,
  part: Batch,
  endsAt: number,
  dependencies: DeliveryDependencies,
): Promise<GraphAnswer> {
  const answer = await callWith(token, part, dependencies)
  if (answer.ok || answer.failure.kind !== 'graph' || answer.failure.code !== 190) return answer
  const fresh = await dependencies.token(part.destination.name).refresh()
  if (dependencies.clock() > endsAt) return answer
  const isNew = fresh.ok && fresh.token.accessToken !== token.accessToken
  return isNew ? callWith(fresh.token, part, dependencies) : answer
}

async function callWith(token: AccessToken, part: Batch, dependencies: DeliveryDependencies): Promise<GraphAnswer> {
  const { send, pace, clock, onCall } = dependencies
  const startedAt = clock()
  const answer = await send(toRequest(part), token, REQUEST_TIMEOUT_MS)
  pace.note(part.destination.name, answer.usage)
  onCall(part, answer, clock() - startedAt)
  return answer
}

/** What a failure means for its rows and for the rows behind them. */
function refused(
  { destination, audienceId }: Batch,
  failure: GraphFailure,
  { verdict, scope, waitSeconds = 0, rejectAfterSeconds }: Verdict,
  { pauses, pace, clock }: Obstacles,
): Refused {
  if (verdict === 'reject') return { failure, waitSeconds: 0 }
  const target = { destination: destination.name, audienceId }
  const reason = failureReason(failure)
  // A token that may not remove from the whole ad account may still serve the audiences.
  if (verdict === 'pause') pauses.pause(target, isAdAccount(audienceId) ? 'audience' : (scope ?? 'audience'), reason)
  else if (scope) pace.hold(target.destination, waitSeconds)
  // A header of this answer may have named a longer wait than the verdict.
  const paceSeconds = scope ? Math.ceil(pace.delayMs(target.destination) / 1000) : 0
  const wait = Math.max(waitSeconds, paceSeconds)
  const since = verdict === 'pause' ? pauses.of(target)?.since : undefined
  return {
    failure,
    waitSeconds: wait,
    ...(since !== undefined && { pausedSince: since }),
    ...(rejectAfterSeconds !== undefined && { rejectedBefore: clock() - rejectAfterSeconds * 1000 }),
    ...(verdict !== 'retry' && { stopped: { reason, waitSeconds: wait, ...(since !== undefined && { since }) } }),
  }
}

// A request that took a minute leaves no time to send its halves. So its rows come back in smaller parts.
function isDivisible({ session }: Batch, failure: GraphFailure): boolean {
  return judge(failure).divisible === true && !session && failure.kind !== 'timeout'
}

function attemptsFor({ kind }: GraphFailure, attempts: number): number {
  return kind === 'timeout' ? 1 : attempts
}
