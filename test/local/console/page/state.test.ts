import { expect, test } from 'vitest'
import { announcement } from '../../../../lib/local/console/page/announcement.ts'
import { asTheyAre, newSince } from '../../../../lib/local/console/page/held-calls.ts'
import { MOST_CALLS, fed, functionsNow, opened } from '../../../../lib/local/console/page/state.ts'
import { AT, AUDIENCE, SCENES, aCall } from './scenes.ts'

const calls = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => aCall(first + index))
const ids = (seen: { calls: readonly { id: number }[] }) => seen.calls.map(({ id }) => id)
const seen = opened({ ...SCENES.empty, calls: calls(1, 3) }, 0)

test('new calls come first, and those that came further stay where they are', () => {
  const sent = { ...aCall(2), steps: [] }
  const after = fed(seen, { calls: [aCall(4), sent, aCall(5)] }, 1)
  expect(ids(after)).toEqual([5, 4, 3, 2, 1])
  expect(after.calls[3]).toBe(sent)
})

test('the page keeps the latest 500 calls of 10,000', () => {
  let after = seen
  for (let first = 4; first < 10_000; first += 40) after = fed(after, { calls: calls(first, first + 39) }, 1)
  expect(after.calls).toHaveLength(MOST_CALLS)
  expect(ids(after).slice(0, 2)).toEqual([10_003, 10_002])
})

test('a call that is no longer kept does not come back when it comes further', () => {
  const cleared = fed(seen, { cleared: true }, 1)
  expect(ids(cleared)).toEqual([])
  expect(ids(fed(cleared, { calls: [aCall(3), aCall(4)] }, 2))).toEqual([4])
})

test('the time on the functions’ clock goes on as fast as their clock does', () => {
  const fast = { ...seen, settings: { ...seen.settings, timeScale: 0.01 } }
  const { pipeline } = SCENES.busy
  expect(functionsNow(fed(seen, { pipeline }, 5_000), 6_000)).toBe(AT + 1_000)
  expect(functionsNow(fed(fast, { pipeline }, 5_000), 6_000)).toBe(AT + 100_000)
})

test('a held list keeps its rows as calls come, and tells how many came', () => {
  const held = seen.calls
  const after = fed(seen, { calls: [{ ...aCall(2), steps: [] }, aCall(4), aCall(5)] }, 1)
  expect(asTheyAre(held, after.calls).map(({ id, steps }) => [id, steps.length])).toEqual([
    [3, 1],
    [2, 0],
    [1, 2],
  ])
  expect(newSince(held, after.calls)).toBe(2)
})

test('a screen reader hears one sentence about all new calls, and who waits and why', () => {
  const before = opened(SCENES.busy, 0)
  const after = fed(fed(before, { calls: [aCall(61), aCall(62)] }, 1), { pipeline: SCENES.waiting.pipeline }, 1)
  expect(announcement(before, before)).toBeUndefined()
  expect(announcement(before, after)).toBe(`2 new calls. 12 people wait for audience ${AUDIENCE}: graph_190_463.`)
  expect(announcement(after, before)).toBe(`Nobody waits for audience ${AUDIENCE} any more.`)
  const failed = fed(before, { pipeline: SCENES.failing.pipeline }, 1)
  expect(announcement(before, failed)).toBe('2 new dead letters.')
})
