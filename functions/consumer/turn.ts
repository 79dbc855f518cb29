import type { Change, Direction } from '../../lib/audience/change.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import { obstacleTo } from '../../lib/graph-api/obstacle.ts'
import type { Held } from '../../lib/graph-api/obstacle.ts'
import { OUT_OF_TIME } from '../../lib/graph-api/send-part.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import { encodeWords } from '../../lib/register/entries.ts'
import { LATE_EFFECT_MS, NOT_KNOWN, takeHead } from '../../lib/register/head.ts'
import type { HeadState, HeldHead } from '../../lib/register/head.ts'
import { concat, identifiersIn, newestTime } from '../../lib/register/last-word.ts'
import type { Words } from '../../lib/register/last-word.ts'
import { NOTHING_READ, readLog } from '../../lib/register/log.ts'
import type { LogReading } from '../../lib/register/log.ts'
import { carriesValues, comparedIn, toSend } from '../../lib/register/to-send.ts'
import type { Served } from '../../lib/retry/settle.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { reach } from './reach.ts'
import { sendRows } from './send.ts'
import type { NotInSession, SessionBatch } from './send.ts'

/** A turn begins no request after this, so that others have theirs. */
export const LONGEST_TURN_MS = 30_000

/** The log is read for half a minute at most. */
const LONGEST_READING_MS = 30_000

/** Whoever finds an audience busy comes back after 10 to 30 s. */
const BUSY_SECONDS = { least: 10, spread: 20 }

const UNREACHABLE: Held = { reason: 'register_unreachable', waitSeconds: 60 }

/** What became of a lot in a turn of an audience, and why it was not sent in its session. */
export type Turn = Served & { notInSession?: NotInSession }

/**
 * One turn of an audience: takes its head, sends the rows of these lots as the last word about each person says, and
 * gives the head back. What is paused, throttled, without a token or without time is held back before anything is read
 * or written; so are all rows while others hold the head, or the register cannot be reached.
 */
export async function takeTurn(
  audienceId: string,
  lots: readonly Lot[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
  session?: SessionBatch,
): Promise<Turn[]> {
  const { register, report, clock, random, newId } = dependencies
  const obstacles = await Promise.all(lots.map((lot) => obstacleFor(lot, audienceId, invocation, dependencies)))
  const held = lots.flatMap((lot, index): Turn[] => {
    const obstacle = obstacles[index]
    return obstacle ? [{ lot, audienceId, held: obstacle }] : []
  })
  const ready = lots.filter((_, index) => !obstacles[index])
  if (ready.length === 0) return held
  const holdAll = (why: Held) => [...held, ...heldBack(ready, audienceId, why)]

  const take = { audienceId, holder: newId(), bringsRemovals: ready.some(({ remove }) => remove.length > 0) }
  const taken = await reach(report, () => takeHead(register, take, invocation, dependencies))
  if (!taken.ok) return holdAll(UNREACHABLE)
  const head = taken.value
  if (!head)
    return holdAll({ reason: 'audience_busy', waitSeconds: BUSY_SECONDS.least + BUSY_SECONDS.spread * random() })
  const giveBack = (state: HeadState) => reach(report, () => register.giveBack(audienceId, head.holder, state))
  const restMs = head.restUntil - clock()
  if (restMs > 0) {
    await giveBack(head)
    return holdAll({ reason: 'audience_resting', waitSeconds: Math.ceil(restMs / 1000) })
  }
  try {
    const { state, served } = await serve(head, ready, invocation, dependencies, session)
    await giveBack(state)
    return [...held, ...served]
  } catch (error) {
    // What was written or is under way is not known: the worst is assumed.
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

function heldBack(lots: readonly Lot[], audienceId: string, held: Held): Turn[] {
  return lots.map((lot) => ({ lot, audienceId, held }))
}

/** What became of an audience's lots while its head was held, and what the next holder must know. */
async function serve(
  head: HeldHead,
  lots: readonly Lot[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
  session: SessionBatch | undefined,
): Promise<{ state: HeadState; served: Turn[] }> {
  const { register, report, clock } = dependencies
  const { audienceId } = head
  const read = await reach(report, () => lookUp(head, lots, invocation, dependencies))
  if (!read.ok) return { state: head, served: heldBack(lots, audienceId, UNREACHABLE) }
  if (clock() > invocation.lastRequestAt) return { state: head, served: heldBack(lots, audienceId, OUT_OF_TIME) }
  const readable = lots.map((lot) => partedByReading(lot, read.value))
  const hands = readable.map(({ hand }) => hand)

  const plans = toSend(hands, { add: read.value.add.words, remove: read.value.remove.words })
  const { state, items } = writeDown(head, hands, read.value, clock())
  const written = await reach(report, async () => {
    for (const item of items) await register.append(item)
  })
  if (!written.ok) return { state, served: heldBack(lots, audienceId, UNREACHABLE) }
  report.overtaken(audienceId, hands, plans)

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

type Read = Readonly<Record<Direction, LogReading>>

/**
 * Reads what the log says about the rows at hand, half a minute in all: of who is removed the adds, then of all of these
 * the removals. Adds take half of that at most, for without the removals nobody at hand could be sent.
 */
async function lookUp(
  head: HeldHead,
  lots: readonly Lot[],
  { lastRequestAt }: Invocation,
  { register, clock }: ConsumerDependencies,
): Promise<Read> {
  const startedAt = clock()
  const endsAt = Math.min(startedAt + LONGEST_READING_MS, lastRequestAt)
  const until = { add: (startedAt + endsAt) / 2, remove: endsAt }
  const since = lookUpSince(head, lots)
  const hand = wordsOf(lots)
  const readBack = (direction: Direction, words: Words['add']) => {
    if (since[direction] === undefined) return NOTHING_READ
    const named = new Set(identifiersIn(words))
    const wanted = { audienceId: head.audienceId, direction, since: since[direction], named }
    return readLog(register, wanted, until[direction], clock)
  }
  const add = await readBack('add', concat(hand.remove, comparedIn(lots)))
  return { add, remove: await readBack('remove', concat(hand.add, add.words)) }
}

/**
 * From when on each log must be looked up, ms since 1970; undefined where nothing in it can matter. Removals matter to adds
 * that are no newer than the newest of them. Adds matter to removals, and to adds with values, and where they do, so do the
 * removals of these adds. So an import of adds never reads what was added before.
 */
function lookUpSince(head: HeadState, lots: readonly Lot[]): Partial<Record<Direction, number>> {
  const { add, remove } = wordsOf(lots)
  const oldestCompared = Math.min(oldestTime(remove), oldestTime(comparedIn(lots)))
  const addSince = oldestCompared <= head.newestAdd ? oldestCompared : undefined
  const oldestAdd = oldestTime(add)
  const removeSince = Math.min(oldestAdd <= head.newestRemove ? oldestAdd : Infinity, addSince ?? Infinity)
  return {
    ...(addSince !== undefined && { add: addSince }),
    ...(removeSince < Infinity && { remove: removeSince }),
  }
}

/** The rows about which everything that matters was read, and those from before. */
function partedByReading(lot: Lot, { add, remove }: Read): { lot: Lot; hand: Lot; tooOld: Lot } {
  const both = Math.max(add.completeFrom, remove.completeFrom)
  const from = { add: carriesValues(lot) ? both : remove.completeFrom, remove: both }
  const isOld = (direction: Direction) => (change: Change) => change.at < from[direction]
  const isRead = (direction: Direction) => (change: Change) => change.at >= from[direction]
  return {
    lot,
    hand: { ...lot, add: lot.add.filter(isRead('add')), remove: lot.remove.filter(isRead('remove')) },
    tooOld: { ...lot, add: lot.add.filter(isOld('add')), remove: lot.remove.filter(isOld('remove')) },
  }
}

/**
 * What is written down before anything is sent: all rows at hand as they came, behind whatever the log holds, but for those
 * that an earlier turn wrote down.
 */
function writeDown({ audienceId, ...head }: HeldHead, hands: readonly Lot[], read: Read, now: number) {
  const hand = wordsOf(hands)
  const firstKey = Math.max(now, head.lastKey + 1)
  const items = (['remove', 'add'] as const)
    .flatMap((direction) => {
      const unwritten = hands.map((each) => each[direction].filter(({ isWrittenDown }) => !isWrittenDown))
      return encodeWords(concat(...unwritten)).map((entries) => ({ direction, entries }))
    })
    .map((item, index) => ({ audienceId, key: firstKey + index, ...item }))
  const state: HeadState = {
    restUntil: head.restUntil,
    newestAdd: Math.max(knownNewest(head.newestAdd, read.add), newestTime(hand.add)),
    newestRemove: Math.max(knownNewest(head.newestRemove, read.remove), newestTime(hand.remove)),
    lastKey: items.at(-1)?.key ?? head.lastKey,
  }
  return { state, items }
}

// Whatever was not read is older than what was read completely; of a log that was not read nothing is known still.
function knownNewest(newest: number, read: LogReading): number {
  if (newest !== NOT_KNOWN || read === NOTHING_READ) return newest
  return Math.max(read.newest, read.completeFrom)
}

function wordsOf(lots: readonly Pick<Lot, Direction>[]): Words {
  return { add: concat(...lots.map(({ add }) => add)), remove: concat(...lots.map(({ remove }) => remove)) }
}

function oldestTime(words: Words['add']): number {
  let oldest = Infinity
  for (const { at } of words) oldest = Math.min(oldest, at)
  return oldest
}

/** Rows from before what could be read of the log in half a minute: they will hardly get younger. */
function unread(tooOld: Lot, audienceId: string): Turn[] {
  const outcomes = (changes: readonly Change[]): Outcome[] =>
    changes.length === 0
      ? []
      : [{ kind: 'failed', changes, reason: 'register_out_of_time', waitSeconds: 0, patience: 'outage' }]
  const { add, remove } = tooOld
  if (add.length + remove.length === 0) return []
  return [{ lot: tooOld, audienceId, add: outcomes(add), remove: outcomes(remove) }]
}
