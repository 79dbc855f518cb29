import { describe, expect, test } from 'vitest'
import type { Change, Direction } from '../../lib/audience/change.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import { wordsIn } from '../../lib/register/entries.ts'
import { NOT_KNOWN } from '../../lib/register/head.ts'
import type { HeadState } from '../../lib/register/head.ts'
import { NOTHING_READ } from '../../lib/register/log.ts'
import { lookUpSince, partedByReading, writeDown } from '../../lib/register/look-up.ts'
import { AUDIENCE, NOON, aChange, aDestination } from '../graph-api/builders.ts'

const at = (time: number): Change => aChange(['EMAIL'], [`at-${time}`], NOON + time)
const aLot = (rows: Partial<Record<Direction, readonly number[]>>, more: Partial<Lot> = {}): Lot => ({
  destination: aDestination(),
  audienceIds: [AUDIENCE],
  schema: ['EMAIL'],
  add: (rows.add ?? []).map(at),
  remove: (rows.remove ?? []).map(at),
  ...more,
})
const VALUES = { schema: ['EMAIL', 'LOOKALIKE_VALUE'] } as const
const aHead = (state: Partial<HeadState> = {}) => ({
  ...{ audienceId: AUDIENCE, holder: 'me', restUntil: 0, newestAdd: NOON, newestRemove: NOON, lastKey: NOON },
  ...state,
})
const read = (completeFrom: number, newest = -Infinity) => ({ words: [], newest, completeFrom: NOON + completeFrom })
const timesOf = ({ add, remove }: Lot) => ({
  add: add.map((change) => change.at - NOON),
  remove: remove.map((change) => change.at - NOON),
})

describe('how far the log is looked up', () => {
  test.each<[string, Lot, Partial<HeadState>, Partial<Record<Direction, number>>]>([
    ['not at all for adds that are newer than every removal', aLot({ add: [1] }), {}, {}],
    ['removals for adds as old as the newest removal', aLot({ add: [0, 5] }), {}, { remove: NOON }],
    ['both for removals as old as the newest add', aLot({ remove: [-3] }), {}, { add: NOON - 3, remove: NOON - 3 }],
    ['not at all for removals that are newer than every add', aLot({ remove: [1] }), {}, {}],
    ['both for old adds with values', aLot({ add: [-2] }, VALUES), {}, { add: NOON - 2, remove: NOON - 2 }],
    ['all where the last holder crashed', aLot({ add: [9] }), { newestRemove: NOT_KNOWN }, { remove: NOON + 9 }],
  ])('%s', (_, lot, state, since) => {
    expect(lookUpSince(aHead(state), [lot])).toEqual(since)
  })
})

describe('rows from before what could be read', () => {
  test('adds wait where removals of their time were not read; removals wait for both logs, as do adds with values', () => {
    const times = { add: [-20, -5, 5], remove: [-20, -5, 5] }
    const parted = (more: Partial<Lot>) => partedByReading(aLot(times, more), { add: read(0), remove: read(-10) })
    const plain = parted({})
    expect(timesOf(plain.hand)).toEqual({ add: [-5, 5], remove: [5] })
    expect(timesOf(plain.tooOld)).toEqual({ add: [-20], remove: [-20, -5] })
    expect(timesOf(parted(VALUES).hand).add).toEqual([5])
  })
})

describe('what is written down before anything is sent', () => {
  const nothing = { add: NOTHING_READ, remove: NOTHING_READ }

  test('has keys behind the last of the log, however far behind the clock is', () => {
    const { items, state } = writeDown(aHead({ lastKey: NOON + 90 }), [aLot({ add: [1], remove: [2] })], nothing, NOON)
    expect(items.map(({ direction, key }) => [direction, key])).toEqual([
      ['remove', NOON + 91],
      ['add', NOON + 92],
    ])
    expect(state.lastKey).toBe(NOON + 92)
  })

  test('leaves out what an earlier turn wrote, which counts for the newest time all the same', () => {
    const written = { ...at(50), isWrittenDown: true as const }
    const { items, state } = writeDown(aHead(), [{ ...aLot({}), add: [written, at(7)] }], nothing, NOON)
    expect(items.flatMap(({ entries }) => [...wordsIn(entries)].map((word) => word.at))).toEqual([NOON + 7])
    expect(state).toMatchObject({ newestAdd: NOON + 50, newestRemove: NOON })
  })

  test('after a crash the newest time is what was read, or the time up to which nothing was', () => {
    const crashed = aHead({ newestAdd: NOT_KNOWN, newestRemove: NOT_KNOWN })
    const reading = { add: read(-10, NOON - 3), remove: read(-10, NOON - 30) }
    expect(writeDown(crashed, [aLot({})], reading, NOON).state).toMatchObject({
      newestAdd: NOON - 3,
      newestRemove: NOON - 10,
    })
    expect(writeDown(crashed, [aLot({})], nothing, NOON).state).toMatchObject({ newestAdd: NOT_KNOWN })
  })
})
