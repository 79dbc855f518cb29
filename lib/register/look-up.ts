import type { Change, Direction } from '../audience/change.ts'
import type { Lot } from '../audience/lot.ts'
import { encodeWords } from './entries.ts'
import { NOT_KNOWN } from './head.ts'
import type { HeadState, HeldHead } from './head.ts'
import { concat, newestTime } from './last-word.ts'
import type { Words } from './last-word.ts'
import type { LogReading } from './log.ts'
import { carriesValues, comparedIn } from './to-send.ts'

/** What was read of the log of each direction. */
export type Read = Readonly<Record<Direction, LogReading>>

/**
 * From when on each log must be read, in ms since 1970; undefined where nothing in it can matter.
 * - Removals matter to adds that are no newer than the newest removal.
 * - Adds matter to removals, and to adds with values. Then the removals of these adds matter too.
 * So an import of adds never reads the adds of before.
 */
export function lookUpSince(head: HeadState, lots: readonly Lot[]): Partial<Record<Direction, number>> {
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

/**
 * Parts the rows by what was read: `hand` has the rows for which all that matters was read, `tooOld` those from before.
 */
export function partedByReading(lot: Lot, { add, remove }: Read): { lot: Lot; hand: Lot; tooOld: Lot } {
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
 * The items to write before anything is sent: all rows at hand as they came, except those that an earlier turn wrote.
 * Their keys come after the last key of the log.
 */
export function writeDown({ audienceId, ...head }: HeldHead, hands: readonly Lot[], read: Read, now: number) {
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

// What was not read is older than `completeFrom`. If the log was not read at all, its newest time stays unknown.
function knownNewest(newest: number, read: LogReading): number {
  const seen = Math.max(read.newest, read.completeFrom)
  return newest === NOT_KNOWN && seen > -Infinity ? seen : newest
}

/** All rows of these lots, as words. */
export function wordsOf(lots: readonly Pick<Lot, Direction>[]): Words {
  return { add: concat(...lots.map(({ add }) => add)), remove: concat(...lots.map(({ remove }) => remove)) }
}

function oldestTime(words: Words['add']): number {
  let oldest = Infinity
  for (const { at } of words) oldest = Math.min(oldest, at)
  return oldest
}
