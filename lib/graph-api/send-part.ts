import type { Batch } from '../audience/batch.ts'
import type { AccessToken, TokenReading } from './access-token.ts'
import type { GraphAnswer, Received, SendRequest } from './client.ts'
import { failureReason, judge, mayTakeEffectLater } from './error.ts'
import type { GraphFailure } from './error.ts'
import { LONGEST_SLEEP_MS, limitOf, withoutToken } from './obstacle.ts'
import type { Held, Obstacles } from './obstacle.ts'
import type { PauseTarget } from './pauses.ts'
import { toRequest } from './request.ts'
import type { Verdict } from './verdicts.ts'

/** How to reach Meta, and what is known of it. */
export type DeliveryDependencies = Obstacles & {
  send: SendRequest
  sleep: (ms: number) => Promise<void>
  random: () => number
  /** Told of every call, for metrics and logs. */
  onCall: (batch: Batch, answer: GraphAnswer, ms: number) => void
}

/** Meta took none of the rows of a request, and why. */
export type Refused = {
  failure: GraphFailure
  /** The rows wait at least so many seconds, where they wait. */
  waitSeconds: number
  /** Since when their target is paused, ms since 1970. */
  pausedSince?: number
  /** Rows that failed before that for the first time, ms since 1970, wait no longer. */
  rejectedBefore?: number
  /** Why nothing else of their audience and direction need be tried now. */
  stopped?: Held
}

/** What came of sending some rows in one request, its repetitions included. */
export type SentPart = {
  calls: number
  /** When its last request without an answer was broken off, ms since 1970: it may still take effect. */
  unansweredAt?: number
} & (
  | { kind: 'passed'; received: Received }
  /** Its size or a row may be the reason. */
  | { kind: 'divisible'; failure: GraphFailure }
  | ({ kind: 'refused' } & Refused)
  /** Nothing was sent. */
  | { kind: 'held'; held: Held }
)

/** How a part is sent. */
type Terms = {
  /** No request begins after this, ms since 1970. */
  endsAt: number
  /** How often in all a request is sent that fails divisibly. */
  attempts: number
  /** It belongs to a batch that was sent to find out whether a pause is over. */
  isProbing: boolean
}

/** Longer than Meta needs for any batch that it takes. */
export const REQUEST_TIMEOUT_MS = 60_000

export const OUT_OF_TIME: Held = { reason: 'out_of_time', waitSeconds: 0 }

const ATTEMPTS = 3

/**
 * Sends rows in one request. Waits for Meta's pace, repeats short failures, and reads the token again once when Meta
 * refuses it.
 */
export async function sendPart(part: Batch, terms: Terms, dependencies: DeliveryDependencies): Promise<SentPart> {
  const { pauses, pace, clock, sleep, random } = dependencies
  const target = { destination: part.destination.name, audienceId: part.audienceId }
  let calls = 0
  let failure: GraphFailure | undefined
  let unanswered: { unansweredAt?: number } = {}
  let backOffMs = 0
  for (let attempt = 1; ; attempt += 1) {
    const token = await dependencies.token(target.destination).get()
    const next = nextRequest(target, token, { ...terms, calls, backOffMs }, dependencies)
    if ('held' in next) {
      const { held } = next
      if (!failure) return { calls, kind: 'held', held }
      if (isDivisible(part, failure)) return { calls, ...unanswered, kind: 'divisible', failure }
      return { calls, ...unanswered, kind: 'refused', failure, waitSeconds: held.waitSeconds, stopped: held }
    }
    // Nothing is awaited since the question, so that of those who wait for a probe only one sends it.
    pauses.probe(target)
    pace.book(target.destination)
    if (next.sleepMs > 0) await sleep(next.sleepMs)
    const called = await call(next.token, part, terms.endsAt, dependencies)
    calls += called.calls
    const { answer } = called
    if (answer.ok) {
      pauses.resume(target)
      return { calls, ...unanswered, kind: 'passed', received: answer.received }
    }
    failure = answer.failure
    if (mayTakeEffectLater(failure)) unanswered = { unansweredAt: clock() }
    const verdict = judge(failure)
    if (verdict.verdict === 'retry' && attempt < attemptsFor(failure, verdict.divisible ? terms.attempts : ATTEMPTS)) {
      backOffMs = random() * Math.min(LONGEST_SLEEP_MS, 500 * 2 ** attempt)
      continue
    }
    if (isDivisible(part, failure)) return { calls, ...unanswered, kind: 'divisible', failure }
    return { calls, ...unanswered, kind: 'refused', ...refused(part, failure, verdict, dependencies) }
  }
}

/** When the next request for a part may be sent, and with which token; or why it may not. */
function nextRequest(
  target: PauseTarget,
  token: TokenReading,
  { calls, isProbing, backOffMs, endsAt }: Terms & { calls: number; backOffMs: number },
  dependencies: Obstacles,
): { held: Held } | { token: AccessToken; sleepMs: number } {
  if (!token.ok) return { held: withoutToken(token.reason, dependencies) }
  // A batch that began as the probe of a pause may be halved, or one with a poisonous row would keep the pause for ever.
  const held = limitOf(target, dependencies, calls > 0 || isProbing)
  if (held) return { held }
  const sleepMs = Math.max(backOffMs, dependencies.pace.delayMs(target.destination))
  return dependencies.clock() + sleepMs > endsAt ? { held: OUT_OF_TIME } : { token: token.token, sleepMs }
}

/** One request, and another when the token was refused and the secret holds a new one by now. */
async function call(
  token: AccessToken,
  part: Batch,
  endsAt: number,
  dependencies: DeliveryDependencies,
): Promise<{ answer: GraphAnswer; calls: number }> {
  const answer = await callWith(token, part, dependencies)
  if (answer.ok || answer.failure.kind !== 'graph' || answer.failure.code !== 190) return { answer, calls: 1 }
  const fresh = await dependencies.token(part.destination.name).refresh()
  if (dependencies.clock() > endsAt) return { answer, calls: 1 }
  const isNew = fresh.ok && fresh.token.accessToken !== token.accessToken
  return isNew ? { answer: await callWith(fresh.token, part, dependencies), calls: 2 } : { answer, calls: 1 }
}

async function callWith(token: AccessToken, part: Batch, dependencies: DeliveryDependencies): Promise<GraphAnswer> {
  const { send, pace, clock, onCall } = dependencies
  const startedAt = clock()
  const answer = await send(toRequest(part), token, REQUEST_TIMEOUT_MS)
  pace.note(part.destination.name, answer.usage)
  onCall(part, answer, clock() - startedAt)
  return answer
}

/** What a failure means for the rows that met it and for those behind them. */
function refused(
  { destination, audienceId }: Batch,
  failure: GraphFailure,
  { verdict, scope, waitSeconds = 0, rejectAfterSeconds }: Verdict,
  { pauses, pace, clock }: Obstacles,
): Refused {
  if (verdict === 'reject') return { failure, waitSeconds: 0 }
  const target = { destination: destination.name, audienceId }
  const reason = failureReason(failure)
  if (verdict === 'pause') pauses.pause(target, scope ?? 'audience', reason)
  else if (scope) pace.hold(target.destination, waitSeconds)
  // The header of this answer may have told a longer wait than the verdict's.
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

// There is no time to halve what took a minute: it comes back smaller.
function isDivisible({ session }: Batch, failure: GraphFailure): boolean {
  return judge(failure).divisible === true && !session && failure.kind !== 'timeout'
}

function attemptsFor({ kind }: GraphFailure, attempts: number): number {
  return kind === 'timeout' ? 1 : attempts
}
