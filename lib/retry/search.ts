import type { Change } from '../audience/change.ts'
import { LATE_EFFECT_MS } from '../register/head.ts'
import { failureReason, judge } from '../graph-api/error.ts'
import type { GraphFailure } from '../graph-api/error.ts'
import type { Held } from '../graph-api/obstacle.ts'
import type { PartResult } from '../graph-api/send-part.ts'
import { afterFailure, afterPass, afterTimeout, nextSize, startAtOnce } from './at-once.ts'
import type { AtOnce } from './at-once.ts'
import { afterRefusal } from './outcome.ts'
import type { FailedPart, Outcome } from './outcome.ts'

/**
 * After a request without an answer nothing else is sent to its audience, because the request may still take effect.
 */
export const RESTING: Held = { reason: 'audience_resting', waitSeconds: LATE_EFFECT_MS / 1000 }

const OUT_OF_CALLS: Held = { reason: 'out_of_calls', waitSeconds: 0 }

/** How many calls the search for bad rows may take, after a request has failed divisibly. */
const MAX_CALLS = 40

/** How often a single row is sent before it counts as failed. */
const MOST_ATTEMPTS = 3

/** After so many failures without a success, one row is sent alone. It tells an outage from many bad rows. */
const SUSPICIOUS_FAILURES = 2

/**
 * A part of at most so many rows that got no answer is not halved further. Its rows are sent one by one, beside others
 * that pass.
 */
const MOST_SUSPECTS = 16

/** The state of the search: which rows are left, and what became of the others. */
export type Search = {
  rest: readonly Change[]
  /** How many rows at the start of `rest` were in a request that failed. */
  tried: number
  /** Rows that are sent alone, because requests with them failed or were too slow before. */
  marked: readonly Change[]
  /** The rows are a session's batch, which is one request of any size. */
  isWhole: boolean
  atOnce: AtOnce
  somePassed: boolean
  /** How many requests failed divisibly, the last failure, and how many calls were made since the first. */
  failures: number
  failure?: GraphFailure
  calls: number
  outcomes: readonly Outcome[]
  alone: readonly FailedPart[]
  /** Why the rest is not sent now. */
  stop?: Held
  /** Why other rows for this audience and direction need not be tried either. */
  stopped?: Held
  /** When the last request without an answer was broken off, ms since 1970. */
  unansweredAt?: number
}

/** What is sent next, and how often while it fails divisibly. A sample stays part of the rest. */
type NextPart = { from: 'rest' | 'marked' | 'sample'; changes: readonly Change[]; attempts: number }

/**
 * Rows that Meta refused alone before come first, among the others, so that they are settled while others pass. A row
 * that got no answer before is sent alone after others have passed. Otherwise its neighbours would have to wait with
 * it.
 */
export function startSearch(changes: readonly Change[], mostAtOnce: number | undefined, isWhole = false): Search {
  const isRefused = ({ singledOut }: Change) => singledOut === 'refused'
  const isSlow = (change: Change) => change.singledOut !== undefined && !isRefused(change)
  const slow = changes.filter(isSlow)
  const quick = slow.length > 0 ? changes.filter((change) => !isSlow(change)) : changes
  return {
    rest: quick.some(isRefused) ? [...quick.filter(isRefused), ...quick.filter((change) => !isRefused(change))] : quick,
    tried: 0,
    marked: [...slow.filter((change) => !hasFailed(change)), ...slow.filter(hasFailed)],
    isWhole,
    atOnce: startAtOnce(mostAtOnce),
    somePassed: false,
    failures: 0,
    calls: 0,
    outcomes: [],
    alone: [],
  }
}

/**
 * What is sent next. `fits` says how many rows fit into a request. Undefined when nothing is left; `stop` says why
 * nothing more is sent.
 */
export function nextPart(
  search: Search,
  fits: (rows: readonly Change[], most: number) => number,
  random: () => number,
): NextPart | { stop: Held } | undefined {
  const { rest, marked, atOnce, somePassed, failures, calls, stop } = search
  if (rest.length + marked.length === 0) return undefined
  if (stop) return { stop }
  if (calls + MOST_ATTEMPTS > MAX_CALLS) return { stop: OUT_OF_CALLS }
  if (!somePassed && failures >= SUSPICIOUS_FAILURES) {
    const left = rest.length > 0 ? rest : marked
    const picked = Math.floor(random() * left.length)
    return { from: 'sample', changes: left.slice(picked, picked + 1), attempts: 1 }
  }
  // If others have passed, a failure is the row's own. If all of the rest has failed before, the marked rows may be the
  // ones that pass.
  if (marked.length > 0 && (somePassed || (failures === 0 ? rest.every(hasFailed) : rest.length === 0)))
    return { from: 'marked', changes: marked.slice(0, 1), attempts: somePassed ? MOST_ATTEMPTS : 1 }
  const changes = rest.slice(0, fits(rest, nextSize(atOnce)))
  const isFirst = failures === 0
  return { from: 'rest', changes, attempts: isFirst || (changes.length === 1 && somePassed) ? MOST_ATTEMPTS : 1 }
}

type Answered = Exclude<PartResult, { kind: 'held' }>

/** The search after a part was sent, which took so many ms. */
export function afterPart(before: Search, part: NextPart, sent: Answered, ms: number): Search {
  const { unansweredAt } = sent
  const counted: Search =
    before.failures > 0 || sent.kind === 'divisible' ? { ...before, calls: before.calls + sent.calls } : before
  const search = part.from === 'sample' ? afterSample(counted, sent) : afterOwn(counted, part, sent, ms)
  return unansweredAt === undefined ? search : { ...search, unansweredAt, stop: RESTING }
}

// The picked row stays in the rest and is settled there.
function afterSample(search: Search, sent: Answered): Search {
  if (sent.kind === 'passed') return { ...search, somePassed: true }
  return stopping(search, sent.failure, sent.kind === 'refused' ? sent.stopped : undefined)
}

function afterOwn(before: Search, { from, changes }: NextPart, sent: Answered, ms: number): Search {
  const { outcomes } = before
  const { length: size } = changes
  const atOnce = (after: AtOnce) => (from === 'rest' ? { atOnce: after } : {})
  const without: Search =
    from === 'rest'
      ? { ...before, rest: before.rest.slice(size), tried: Math.max(0, before.tried - size) }
      : { ...before, marked: before.marked.slice(1) }
  if (sent.kind === 'passed') {
    const delivered: Outcome = { kind: 'delivered', changes, received: sent.received }
    return {
      ...without,
      outcomes: [...outcomes, delivered],
      somePassed: true,
      ...atOnce(afterPass(before.atOnce, size, ms)),
    }
  }
  const { failure } = sent
  if (sent.kind === 'refused') {
    const isTooSlow = failure.kind === 'timeout' && !before.isWhole
    const smaller = isTooSlow ? atOnce(afterTimeout(before.atOnce, size)) : {}
    // Nobody knows whether its size or one of its rows is too much for Meta. So all rows come again, in smaller parts,
    // behind the others.
    if (isTooSlow && size > 1 && (size > MOST_SUSPECTS || !before.somePassed))
      return { ...without, ...smaller, rest: [...without.rest, ...changes], tried: 0 }
    // Each of these rows is sent alone the next time, if others pass beside it.
    if (isTooSlow && size > 1) return { ...without, ...smaller, marked: [...before.marked, ...changes.map(suspected)] }
    if (isTooSlow && before.somePassed)
      return { ...without, ...smaller, alone: [...before.alone, { changes, failure }] }
    const refused = afterRefusal(changes, sent)
    const settled: Search = { ...without, ...smaller, outcomes: [...outcomes, ...refused] }
    // If others have passed, it is no outage, and the rows behind are worth an attempt.
    const goesOn = before.somePassed || refused.every(({ kind }) => kind === 'rejected')
    return goesOn && !sent.stopped ? settled : stopping(settled, failure, sent.stopped)
  }
  const failures = before.failures + 1
  if (size === 1) {
    const alone = [...before.alone, { changes, failure }]
    // This row has failed before while its neighbours passed. So its rejection is no sign of an outage.
    if (from === 'marked' && judge(failure).verdict === 'reject') return { ...without, failure, alone }
    return { ...without, failure, failures, alone, ...atOnce(afterFailure(before.atOnce, size)) }
  }
  const suspects = changes.filter(({ singledOut }) => singledOut === undefined)
  const tried = Math.max(before.tried, suspects.length)
  if (suspects.length === size)
    return { ...before, failure, failures, tried, atOnce: afterFailure(before.atOnce, size) }
  const marked = [...before.marked, ...changes.filter(({ singledOut }) => singledOut !== undefined)]
  return { ...before, failure, failures, tried, marked, rest: [...suspects, ...before.rest.slice(size)] }
}

function hasFailed({ firstFailedAt }: Change): boolean {
  return firstFailedAt !== undefined
}

function suspected(change: Change): Change {
  return { ...change, singledOut: 'suspected' }
}

function stopping(search: Search, failure: GraphFailure, stopped: Held | undefined): Search {
  if (stopped) return { ...search, stop: stopped, stopped }
  return { ...search, stop: { reason: failureReason(failure), waitSeconds: 0 } }
}
