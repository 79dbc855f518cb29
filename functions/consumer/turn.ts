import type { Change, Direction } from '../../lib/audience/change.ts'
import { joinLots } from '../../lib/audience/lot.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import { obstacleTo } from '../../lib/graph-api/obstacle.ts'
import type { Held } from '../../lib/graph-api/obstacle.ts'
import { OUT_OF_TIME } from '../../lib/graph-api/send-part.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import { LATE_EFFECT_MS, NOT_KNOWN, onlyRemovalsUntil, takeHead } from '../../lib/register/head.ts'
import type { HeadState, HeldHead } from '../../lib/register/head.ts'
import { concat, identifiersIn } from '../../lib/register/last-word.ts'
import type { Words } from '../../lib/register/last-word.ts'
import { withoutErased } from '../../lib/erasure/erased-people.ts'
import type { IsErased } from '../../lib/erasure/erased-people.ts'
import { NOTHING_READ, readLog } from '../../lib/register/log.ts'
import { lookUpSince, partedByReading, wordsOf, writeDown } from '../../lib/register/look-up.ts'
import type { Read } from '../../lib/register/look-up.ts'
import { comparedIn, toSend } from '../../lib/register/to-send.ts'
import type { Served } from '../../lib/retry/settle.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { UNREACHABLE, reach } from './reach.ts'
import { sendRows } from './send.ts'
import type { NotInSession, SessionBatch } from './send.ts'
import { partedByTrial, takeTrialTurn } from './trial-run.ts'

/** A turn begins no request after this time, so that others get their turn. */
export const LONGEST_TURN_MS = 30_000

/** The log is read for at most half a minute. */
const LONGEST_READING_MS = 30_000

/** Rows that find the audience busy come back after 10 to 30 s. */
const BUSY_SECONDS = { least: 10, spread: 20 }

/** What became of a lot in a turn of an audience, and why it was not sent in its session. */
export type Turn = Served & { notInSession?: NotInSession }

/**
 * One turn of an audience. Takes its head, sends the rows of these lots by the last word about each person, and gives
 * the head back. Rows are held back before anything is read or written if the target is paused or throttled, or there
 * is no token or no time. All rows are held if others hold the head or the register cannot be reached. Rows of a trial
 * run are only counted.
 */
export async function takeTurn(
  audienceId: string,
  lots: readonly Lot[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
  session?: SessionBatch,
): Promise<Turn[]> {
  const { register, report, clock, random, newId } = dependencies
  const { real, trial } = partedByTrial(lots)
  if (trial.length > 0)
    return [
      ...takeTrialTurn(audienceId, trial, report),
      ...(await takeTurn(audienceId, real, invocation, dependencies, session)),
    ]
  const obstacles = await Promise.all(lots.map((lot) => obstacleFor(lot, audienceId, invocation, dependencies)))
  const held = lots.flatMap((lot, index): Turn[] => {
    const obstacle = obstacles[index]
    return obstacle ? [{ lot, audienceId, held: obstacle }] : []
  })
  const ready = lots.filter((_, index) => !obstacles[index])
  if (ready.length === 0) return held
  const holdAll = (why: Held) => [...held, ...allHeldBack(ready, audienceId, why)]

  const take = { audienceId, holder: newId(), bringsRemovals: ready.some(({ remove }) => remove.length > 0) }
  const taken = await reach(report, () => takeHead(register, take, invocation, dependencies))
  if (!taken.ok) {
    // Perhaps the head was taken and only the answer was lost. Without this, nobody could take the head until this
    // invocation must have ended.
    await reach(report, () => register.letGo(audienceId, take.holder))
    return holdAll(UNREACHABLE)
  }
  const head = taken.value
  if (!head)
    return holdAll({ reason: 'audience_busy', waitSeconds: BUSY_SECONDS.least + BUSY_SECONDS.spread * random() })
  const giveBack = (state: HeadState) => reach(report, () => register.giveBack(audienceId, head.holder, state))
  const restMs = head.restUntil - clock()
  if (restMs > 0) {
    const { restUntil } = head
    await giveBack({
      ...head,
      ...(take.bringsRemovals && { onlyRemovalsUntil: onlyRemovalsUntil(restUntil, clock()) }),
    })
    return holdAll({ reason: 'audience_resting', waitSeconds: Math.ceil(restMs / 1000) })
  }
  try {
    // Lots that differ by their other audiences share the requests of this one.
    const joined = joinLots(ready.map((lot) => ({ ...lot, audienceIds: [audienceId] })))
    const { state, served } = await serve(head, joined, invocation, dependencies, session)
    await giveBack(state)
    return [...held, ...served]
  } catch (error) {
    // Nobody knows what was written and what is under way, so the worst is assumed.
    await giveBack({ ...head, newestAdd: NOT_KNOWN, newestRemove: NOT_KNOWN, restUntil: clock() + LATE_EFFECT_MS })
    throw error
  }
}

async function obstacleFor(
  { destination }: Lot,
  audienceId: string,
  { lastRequestAt }: Invocation,
  { delivery, clock }: ConsumerDependencies,
): Promise<Held | undefined> {
  if (clock() > lastRequestAt) return OUT_OF_TIME
  return obstacleTo({ destination: destination.name, audienceId }, delivery)
}

function allHeldBack(lots: readonly Lot[], audienceId: string, held: Held): Turn[] {
  return lots.map((lot) => ({ lot, audienceId, held }))
}

/** What became of the lots of an audience while its head was held, and the state for the next holder. */
async function serve(
  head: HeldHead,
  lots: readonly Lot[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
  session: SessionBatch | undefined,
): Promise<{ state: HeadState; served: Turn[] }> {
  const { register, erased, report, clock } = dependencies
  const { audienceId } = head
  const list = await reach(report, erased)
  if (!list.ok) return { state: head, served: allHeldBack(lots, audienceId, UNREACHABLE) }
  const isErased = list.value
  const allowed = isErased ? lots.map((lot) => ({ ...lot, add: withoutErased(lot.add, isErased) })) : lots
  const read = await reach(report, () => lookUp(head, allowed, isErased, dependencies))
  if (!read.ok) return { state: head, served: allHeldBack(lots, audienceId, UNREACHABLE) }
  if (clock() > invocation.lastRequestAt) return { state: head, served: allHeldBack(lots, audienceId, OUT_OF_TIME) }
  const readable = allowed.map((lot) => partedByReading(lot, read.value))
  const hands = readable.map(({ hand }) => hand)

  const plans = toSend(hands, { add: read.value.add.words, remove: read.value.remove.words })
  const { state, items } = writeDown(head, hands, read.value, clock())
  const written = await reach(report, async () => {
    for (const item of items) {
      if (clock() > invocation.lastRequestAt) return false
      await register.append(item)
    }
    return true
  })
  // The words may be in the log even if the answer was lost, so the newest times count them.
  if (!written.ok || !written.value)
    return { state, served: allHeldBack(lots, audienceId, written.ok ? OUT_OF_TIME : UNREACHABLE) }
  report.overtaken(audienceId, hands, plans)
  lots.forEach((lot, index) => {
    report.erasedLeftOut(lot, audienceId, lot.add.length - (allowed[index] ?? lot).add.length)
  })

  const endsAt = Math.min(clock() + LONGEST_TURN_MS, invocation.lastRequestAt)
  const { sent, unansweredAt } = await sendRows(audienceId, hands, plans, endsAt, dependencies, session)
  const served = readable.flatMap(({ lot, tooOld }, index): Turn[] => {
    const outcomes = sent[index] ?? { add: [], remove: [] }
    return [{ lot, audienceId, isWrittenDown: true, ...outcomes }, ...unread(tooOld, audienceId)]
  })
  return {
    state: { ...state, ...(unansweredAt !== undefined && { restUntil: unansweredAt + LATE_EFFECT_MS }) },
    served,
  }
}

/**
 * Reads what the log says about the rows at hand, in half a minute at most. First it reads the adds of the people who
 * are removed, then the removals of all these people. Adds take half of the time at most, because without the removals
 * no row could be sent.
 */
async function lookUp(
  head: HeldHead,
  lots: readonly Lot[],
  isErased: IsErased | undefined,
  { register, clock }: ConsumerDependencies,
): Promise<Read> {
  const startedAt = clock()
  const until = { add: startedAt + LONGEST_READING_MS / 2, remove: startedAt + LONGEST_READING_MS }
  const since = lookUpSince(head, lots)
  const hand = wordsOf(lots)
  const readBack = (direction: Direction, words: Words['add']) => {
    if (since[direction] === undefined) return NOTHING_READ
    const named = new Set(identifiersIn(words))
    const wanted = { audienceId: head.audienceId, direction, since: since[direction], named }
    return readLog(register, wanted, until[direction], clock)
  }
  const adds = await readBack('add', concat(hand.remove, comparedIn(lots)))
  // Otherwise an erased person would stay in because of an add that is newer than the erasure's time.
  const add = isErased ? { ...adds, words: withoutErased(adds.words, isErased) } : adds
  return { add, remove: await readBack('remove', concat(hand.add, add.words)) }
}

/**
 * Rows that are older than what was read of the log in half a minute. They count as failed, because they will not get
 * younger.
 */
function unread(tooOld: Lot, audienceId: string): Turn[] {
  const outcomes = (changes: readonly Change[]): Outcome[] =>
    changes.length === 0
      ? []
      : [{ kind: 'failed', changes, reason: 'register_out_of_time', waitSeconds: 0, patience: 'outage' }]
  const { add, remove } = tooOld
  if (add.length + remove.length === 0) return []
  return [{ lot: tooOld, audienceId, add: outcomes(add), remove: outcomes(remove) }]
}
