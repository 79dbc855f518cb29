import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import type { AccessToken, TokenReading, TokenSource } from './access-token.ts'
import type { GraphAnswer, SendRequest } from './client.ts'
import { failureReason, judge, mayTakeEffectLater } from './error.ts'
import type { GraphFailure } from './error.ts'
import { sendInHalves } from './isolate.ts'
import type { SentPart } from './isolate.ts'
import { failed, heldBack, judged, singledOut } from './outcome.ts'
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

/** What became of a batch. */
export type Delivered = {
  outcomes: Outcome[]
  /** Why the batches behind it need not be tried now. */
  stopped?: Held
  /** When its last request without an answer was broken off, ms since 1970: it may still take effect. */
  unansweredAt?: number
  /** It took longer than a request may, or was taken in halves only. */
  tooLarge: boolean
}

/** What the parts of a batch have come to so far. */
type Progress = Pick<Delivered, 'stopped' | 'unansweredAt'> & { calls: number }

/** Longer than Meta needs for any batch that it takes. */
export const REQUEST_TIMEOUT_MS = 60_000

export const OUT_OF_TIME: Held = { reason: 'out_of_time', waitSeconds: 0 }

const LONGEST_SLEEP_MS = 5_000
const ATTEMPTS = 3
/** Isolating one row in 10,000 takes some 30 calls. */
const MAX_CALLS = 40

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
 * Sends a batch; no request begins after `endsAt` (ms since 1970). Waits for Meta's pace, repeats short failures, reads
 * the token again once when Meta refuses it, and halves a batch of which the size or a row may be the reason of a
 * failure. All changes come back in outcomes.
 */
export async function deliver(batch: Batch, endsAt: number, dependencies: DeliveryDependencies): Promise<Delivered> {
  const { progress, outcomes, alone, together, somePassed } = await sendInHalves<Progress>(
    batch.changes,
    (changes, before, failure) =>
      sendPart({ ...batch, changes }, batch.changes.length, before, failure, endsAt, dependencies),
    { calls: 0 },
    dependencies.random,
  )
  const { stopped, unansweredAt } = progress
  const settledOutcomes = [
    ...outcomes,
    ...(somePassed ? alone.map(singledOut) : alone.flatMap(judged)),
    ...together.flatMap(judged),
  ]
  return {
    outcomes: settledOutcomes,
    tooLarge: isTooLarge(settledOutcomes),
    ...(stopped && { stopped }),
    ...(unansweredAt !== undefined && { unansweredAt }),
  }
}

function isTooLarge(outcomes: readonly Outcome[]): boolean {
  if (outcomes.some((outcome) => outcome.kind === 'failed' && outcome.failure?.kind === 'timeout')) return true
  return outcomes.length > 1 && outcomes.every(({ kind }) => kind === 'delivered')
}

async function sendPart(
  part: Batch,
  rowsInAll: number,
  before: Progress,
  failureBefore: GraphFailure | undefined,
  endsAt: number,
  dependencies: DeliveryDependencies,
): Promise<SentPart<Progress>> {
  const { pauses, pace, clock, sleep, random } = dependencies
  const target = { destination: part.destination.name, audienceId: part.audienceId }
  const { changes } = part
  let progress = before
  let failure = failureBefore
  let backOffMs = 0
  for (let attempt = 1; ; attempt += 1) {
    const token = await dependencies.token(target.destination).get()
    const next = nextRequest(target, token, { ...progress, backOffMs, endsAt }, dependencies)
    if ('held' in next) {
      const { held } = next
      const outcome = failure ? failed(changes, failure, held.waitSeconds) : heldBack(changes, held)
      return { progress, outcomes: [outcome], passed: false }
    }
    // Nothing is awaited since the question, so that of those who wait for a probe only one sends it.
    pauses.probe(target)
    pace.book(target.destination)
    if (next.sleepMs > 0) await sleep(next.sleepMs)
    const { answer, calls } = await call(next.token, part, endsAt, dependencies)
    progress = { ...progress, calls: progress.calls + calls }
    if (answer.ok) {
      pauses.resume(target)
      return { progress, outcomes: [{ kind: 'delivered', changes, received: answer.received }], passed: true }
    }
    failure = answer.failure
    if (mayTakeEffectLater(failure)) progress = { ...progress, unansweredAt: clock() }
    const verdict = judge(failure)
    if (verdict.verdict === 'retry' && attempt < attemptsFor(verdict, failure, changes.length, rowsInAll)) {
      backOffMs = random() * Math.min(LONGEST_SLEEP_MS, 500 * 2 ** attempt)
      continue
    }
    // There is no time to halve what took a minute: it comes back smaller.
    if (verdict.divisible && !part.session && failure.kind !== 'timeout') return { progress, divisible: failure }
    const { outcomes, stopped } = settled(part, failure, verdict, dependencies)
    return { progress: { ...progress, ...(stopped && { stopped }) }, outcomes, passed: false }
  }
}

/** When the next request for a part may be sent, and with which token; or why it may not. */
function nextRequest(
  target: PauseTarget,
  token: TokenReading,
  { calls, stopped, backOffMs, endsAt }: Progress & { backOffMs: number; endsAt: number },
  dependencies: Obstacles,
): { held: Held } | { token: AccessToken; sleepMs: number } {
  if (stopped) return { held: stopped }
  if (!token.ok) return { held: withoutToken(token.reason, dependencies) }
  // A batch that began as the probe of a pause may be halved, or one with a poisonous row would keep the pause for ever.
  const held = calls === 0 ? limitOf(target, dependencies) : paceLimitOf(target, dependencies)
  if (held) return { held }
  if (calls >= MAX_CALLS) return { held: { reason: 'out_of_calls', waitSeconds: 0 } }
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

// Of a divisible failure, only the whole batch and a single row are worth another attempt; a half is tried by halves. A
// whole that Meta was too slow for is none either.
function attemptsFor({ divisible }: Verdict, { kind }: GraphFailure, rows: number, rowsInAll: number): number {
  if (kind === 'timeout') return 1
  if (!divisible || rows === 1) return ATTEMPTS
  return rows === rowsInAll ? 2 : 1
}
