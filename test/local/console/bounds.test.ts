import { expect, test } from 'vitest'
import type { TrackedStep } from '../../../lib/local/console/call-steps.ts'
import { MOST_CALLS, createCallRing } from '../../../lib/local/console/call-ring.ts'
import { followRequest } from '../../../lib/local/console/graph-answers.ts'
import { createMinuteCount } from '../../../lib/local/console/minute-count.ts'
import { createRowIndex } from '../../../lib/local/console/row-index.ts'
import { addSize } from '../../../lib/local/console/size-history.ts'
import type { Sizes } from '../../../lib/local/console/size-history.ts'

const aStep = (rows: string[][]): TrackedStep => ({
  step: { destination: 'main', audience: 'a', direction: 'add', people: rows.length, state: 'queued' },
  ...{ at: 0, rows },
})
const aCall = (messageId: string, tracked: TrackedStep) => ({
  call: {
    ...{ receivedAt: 0, type: 'track', name: 'USER_ADD', messageId, verdict: 'accepted' as const },
    ...{ users: { add: 1, remove: 0 }, leftOut: [], leftOutCount: 0, steps: [tracked.step] },
  },
  tracked: [tracked],
})

test('of ten thousand calls the last two thousand are kept, and of the others not even their rows', () => {
  const index = createRowIndex()
  const ring = createCallRing(index)
  for (let call = 0; call < 10_000; call += 1)
    ring.take({ type: 'batch', calls: [aCall(`m${call}`, aStep([[`id${call}`]]))] }, 0)({ status: 200 })
  const kept = ring.newest(Infinity)
  expect(kept).toHaveLength(MOST_CALLS)
  expect(kept.map(({ id }) => id)).toEqual(Array.from({ length: MOST_CALLS }, (_, place) => 10_000 - place))
  expect([...index.followed()]).toHaveLength(MOST_CALLS)
  expect(index.find('a', 'add', ['id0'])).toEqual([])
  expect(index.find('a', 'add', ['id9999'])).toHaveLength(1)
  ring.clear()
  expect([...index.followed()]).toEqual([])
})

test('of very many rows the oldest are followed no longer', () => {
  const index = createRowIndex()
  for (let call = 0; call < 1_000; call += 1)
    index.follow(aStep(Array.from({ length: 100 }, (_, row) => [`id${call}-${row}`])), 0)
  expect([...index.followed()]).toHaveLength(500)
  expect(index.find('a', 'add', ['id0-0'])).toEqual([])
})

const delivered = (direction: 'add' | 'remove', rows: string[][]) => ({
  ...{ at: 1, audience: 'a', direction, rows, status: 200, outcome: 'delivered' },
})

test('rows that have arrived take no room, so after any number of them new ones are followed', () => {
  const index = createRowIndex()
  for (let call = 0; call < 1_000; call += 1) {
    const rows = Array.from({ length: 100 }, (_, row) => [`id${call}-${row}`])
    const { step } = index.follow(aStep(rows), 0)
    followRequest(index, delivered('add', rows))
    expect(step.state).toBe('sent')
    expect(index.find('a', 'add', ['id0-0'])).toEqual([])
  }
  index.follow(aStep([['one more']]), 0)
  expect(index.find('a', 'add', ['one more'])).toHaveLength(1)
})

test('who was sent and is removed later stays sent, with the request that carried the add', () => {
  const index = createRowIndex()
  const { step } = index.follow(aStep([['ann']]), 0)
  followRequest(index, delivered('add', [['ann']]))
  const removal = aStep([['ann']])
  const { step: removed } = index.follow({ ...removal, at: 5, step: { ...removal.step, direction: 'remove' } }, 5)
  followRequest(index, delivered('remove', [['ann']]))
  expect([step.state, removed.state]).toEqual(['sent', 'sent'])
})

test('the calls of a request that was refused are one, and their rows are not followed', () => {
  const index = createRowIndex()
  const ring = createCallRing(index)
  const calls = [aCall('one', aStep([['a']])), aCall('two', aStep([['b']]))]
  ring.take({ source: 'server', type: 'batch', calls }, 7)({ status: 503, code: 'unavailable', message: 'later' })
  expect(ring.newest(10)).toEqual([
    {
      ...{ id: 1, receivedAt: 7, source: 'server', type: 'batch', name: '', verdict: 'refused', status: 503 },
      ...{
        code: 'unavailable',
        message: 'later',
        users: { add: 2, remove: 0 },
        leftOut: [],
        leftOutCount: 0,
        steps: [],
      },
    },
  ])
  expect([...index.followed()]).toEqual([])
})

test('who asks for what changed since gets the first of it, and the rest with the next question', () => {
  const index = createRowIndex()
  const ring = createCallRing(index)
  for (const name of ['a', 'b', 'c'])
    ring.take({ type: 'batch', calls: [aCall(name, aStep([[name]]))] }, 0)({ status: 200 })
  const first = ring.since(0, 2)
  expect(first.calls.map(({ messageId }) => messageId)).toEqual(['a', 'b'])
  const [row] = index.find('a', 'add', ['a'])
  if (row) index.change(row.of, { state: 'sent' })
  const second = ring.since(first.version, 10)
  expect(second.calls.map(({ messageId }) => messageId)).toEqual(['c', 'a'])
  expect(ring.since(second.version, 10)).toEqual({ calls: [], version: second.version })
})

test('the sizes of an audience are told in 120 points at most, from the first to the last', () => {
  const sizes: Sizes = []
  for (let size = 0; size <= 100_000; size += 1) {
    addSize(sizes, size, size)
    expect(sizes.length).toBeLessThanOrEqual(120)
  }
  expect([sizes[0], sizes.at(-1)]).toEqual([
    [0, 0],
    [100_000, 100_000],
  ])
  expect(sizes.every(([at], place) => place === 0 || at > (sizes[place - 1]?.[0] ?? at))).toBe(true)
})

test('a size that stays is a line of two points', () => {
  const sizes: Sizes = []
  for (let at = 0; at <= 100_000; at += 5_000) addSize(sizes, at, 7)
  expect(sizes).toEqual([
    [0, 7],
    [100_000, 7],
  ])
})

test('a minute’s count forgets what is older, and the total does not', () => {
  let now = 0
  const count = createMinuteCount(() => now)
  for (let second = 0; second < 90; second += 1) {
    now = second * 1000
    count.add()
  }
  expect([count.total(), count.lastMinute()]).toEqual([90, 60])
  now += 30_000
  expect(count.lastMinute()).toBe(30)
  now += 600_000
  expect([count.total(), count.lastMinute()]).toEqual([90, 0])
})
