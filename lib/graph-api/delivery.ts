import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import type { AccessToken, TokenReading, TokenSource } from './access-token.ts'
import type { GraphAnswer, Received, SendRequest } from './client.ts'
import { failureReason, judge, mayTakeEffectLater } from './error.ts'
import type { GraphFailure } from './error.ts'
import { failed } from './outcome.ts'
import type { Held, Outcome } from './outcome.ts'
import type { Pace } from './pace.ts'
import type { Pauses, PauseTarget } from './pauses.ts'
import { toRequest } from './request.ts'
import type { Verdict } from './verdicts.ts'

/** What is known of a destination's token, Meta's limits and pauses, and how to reach Meta. */
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

/** What came of sending some rows in one request, its repetitions included. */
export type SentPart = {
  calls: number
  /** When its last request without an answer was broken off, ms since 1970: it may still take effect. */
  unansweredAt?: number
} & (
  | { kind: 'passed'; received: Received }
  /** Its size or a row may be the reason. */
  | { kind: 'divisible'; failure: GraphFailure }
  /** `stopped`: why nothing else of its audience and direction need be tried now. */
  | { kind: 'settled'; failure: GraphFailure; outcomes: Outcome[]; stopped?: Held }
  /** Nothing was sent. */
  | { kind: 'held'; held: Held }
)

/** How a part is sent. */
export type Sending = {
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

const LONGEST_SLEEP_MS = 5_000
const ATTEMPTS = 3

type Obstacles = Pick<DeliveryDependencies, 'pauses' | 'pace' | 'token' | 'clock'>

/** Why nothing can be sent to a target now; undefined when it can, be it as the one probe of these minutes. */
export async function obstacleTo(target: PauseTarget, dependencies: Obstacles): Promise<Held | undefined> {
  const token = await dependencies.token(target.destination).get()
  return token.ok ? limitOf(target, dependencies) : withoutToken(token.reason, dependencies)
}

function withoutToken(reason: string, { clock }: Obstacles): Held {
  return { reason, waitSeconds: 0, since: clock() }
}

function limitOf(target: PauseTarget, dependencies: Obstacles): Held | undefined {
  const pause = dependencies.pauses.of(target)
  if (pause && dependencies.clock() < pause.probeAt) return { reason: pause.reason, waitSeconds: 0, since: pause.since }
  return paceLimitOf(target, dependencies)
}

function paceLimitOf(target: PauseTarget, { pace }: Obstacles): Held | undefined {
  const paceMs = pace.delayMs(target.destination)
  return paceMs > LONGEST_SLEEP_MS ? { reason: 'usage_limit', waitSeconds: Math.ceil(paceMs / 1000) } : undefined
}

/**
 * Sends rows in one request. Waits for Meta's pace, repeats short failures, and reads the token again once when Meta
 * refuses it.
 */
export async function sendPart(part: Batch, sending: Sending, dependencies: DeliveryDependencies): Promise<SentPart> {
  const { pauses, pace, clock, sleep, random } = dependencies
  const target = { destination: part.destination.name, audienceId: part.audienceId }
  let calls = 0
  let failure: GraphFailure | undefined
  let unanswered: { unansweredAt?: number } = {}
  let backOffMs = 0
  for (let attempt = 1; ; attempt += 1) {
    const token = await dependencies.token(target.destination).get()
    const next = nextRequest(target, token, { ...sending, calls, backOffMs }, dependencies)
    if ('held' in next) {
      const { held } = next
      if (!failure) return { calls, kind: 'held', held }
      if (isDivisible(part, failure)) return { calls, ...unanswered, kind: 'divisible', failure }
      const outcomes = [failed(part.changes, failure, held.waitSeconds)]
      return { calls, ...unanswered, kind: 'settled', failure, outcomes, stopped: held }
    }
    // Nothing is awaited since the question, so that of those who wait for a probe only one sends it.
    pauses.probe(target)
    pace.book(target.destination)
    if (next.sleepMs > 0) await sleep(next.sleepMs)
    const called = await call(next.token, part, sending.endsAt, dependencies)
    calls += called.calls
    const { answer } = called
    if (answer.ok) {
      pauses.resume(target)
      return { calls, ...unanswered, kind: 'passed', received: answer.received }
    }
    failure = answer.failure
    if (mayTakeEffectLater(failure)) unanswered = { unansweredAt: clock() }
    const verdict = judge(failure)
    if (
      verdict.verdict === 'retry' &&
      attempt < attemptsFor(failure, verdict.divisible ? sending.attempts : ATTEMPTS)
    ) {
      backOffMs = random() * Math.min(LONGEST_SLEEP_MS, 500 * 2 ** attempt)
      continue
    }
    if (isDivisible(part, failure)) return { calls, ...unanswered, kind: 'divisible', failure }
    return { calls, ...unanswered, kind: 'settled', failure, ...settled(part, failure, verdict, dependencies) }
  }
}

/** When the next request for a part may be sent, and with which token; or why it may not. */
function nextRequest(
  target: PauseTarget,
  token: TokenReading,
  { calls, isProbing, backOffMs, endsAt }: Sending & { calls: number; backOffMs: number },
  dependencies: Obstacles,
): { held: Held } | { token: AccessToken; sleepMs: number } {
  if (!token.ok) return { held: withoutToken(token.reason, dependencies) }
  // A batch that began as the probe of a pause may be halved, or one with a poisonous row would keep the pause for ever.
  const held = calls > 0 || isProbing ? paceLimitOf(target, dependencies) : limitOf(target, dependencies)
  if (held) return { held }
  const { pace, clock } = dependencies
  const sleepMs = Math.max(backOffMs, pace.delayMs(target.destination))
  return clock() + sleepMs > endsAt ? { held: OUT_OF_TIME } : { token: token.token, sleepMs }
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
function settled(
  { destination, audienceId, changes }: Batch,
  failure: GraphFailure,
  verdict: Verdict,
  { pauses, pace, clock }: DeliveryDependencies,
): { outcomes: Outcome[]; stopped?: Held } {
  const target = { destination: destination.name, audienceId }
  const reason = failureReason(failure)
  if (verdict.verdict === 'reject') return { outcomes: [{ kind: 'rejected', changes, reason, failure }] }
  const { scope, waitSeconds = 0, rejectAfterSeconds = Infinity } = verdict
  if (verdict.verdict === 'pause') pauses.pause(target, scope ?? 'audience', reason)
  else if (scope) pace.hold(target.destination, waitSeconds)
  // The header of this answer may have told a longer wait than the verdict's.
  const paceSeconds = scope ? Math.ceil(pace.delayMs(target.destination) / 1000) : 0
  const wait = Math.max(waitSeconds, paceSeconds)
  const pausedSince = verdict.verdict === 'pause' ? pauses.of(target)?.since : undefined
  const oldest = clock() - rejectAfterSeconds * 1000
  const isExpired = ({ firstFailedAt = Infinity }: Change) => firstFailedAt < oldest
  const outcomes: Outcome[] = [
    { kind: 'rejected', changes: changes.filter(isExpired), reason, failure },
    {
      ...failed(
        changes.filter((change) => !isExpired(change)),
        failure,
        wait,
      ),
      ...(pausedSince !== undefined && { pausedSince }),
    },
  ]
  return {
    outcomes: outcomes.filter((outcome) => outcome.changes.length > 0),
    ...(verdict.verdict !== 'retry' && {
      stopped: { reason, waitSeconds: wait, ...(pausedSince !== undefined && { since: pausedSince }) },
    }),
  }
}

// There is no time to halve what took a minute: it comes back smaller.
function isDivisible({ session }: Batch, failure: GraphFailure): boolean {
  return judge(failure).divisible === true && !session && failure.kind !== 'timeout'
}

function attemptsFor({ kind }: GraphFailure, attempts: number): number {
  return kind === 'timeout' ? 1 : attempts
}
