import { expect, test } from 'vitest'
import { visibleRows } from '../../../../lib/local/console/page/visible-rows.ts'
import { callSaid, isShown } from '../../../../lib/local/console/page/words.ts'
import { aCall } from './scenes.ts'

test.each([
  [1, 'ok', 'sent'],
  [2, 'moving', 'queued'],
  [3, 'waiting', 'waiting'],
  [4, 'idle', 'ignored'],
  [5, 'failed', 'rejected'],
  [6, 'failed', 'refused'],
  [7, 'failed', 'dead letter'],
  [8, 'idle', 'trial run'],
])('the state of call %i is %s, in the word %s', (id, tone, word) =>
  expect(callSaid(aCall(id))).toEqual({ tone, word }),
)

test('what needs an eye is the state of a call of which other rows were sent', () => {
  const [sent, waiting] = [aCall(1), aCall(3)]
  expect(callSaid({ ...sent, steps: [...sent.steps, ...waiting.steps] }).word).toBe('waiting')
})

test.each([
  ['all', '', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['failed', '', [5, 6, 7]],
  ['sent', '', [1, 9]],
  ['left-out', '', [1]],
  ['moving', '', [2]],
  ['all', 'KEY_unknown', [6]],
  ['all', 'graph_190', [3]],
  ['all', 'web', [8]],
  ['failed', 'order', []],
] as const)('of the calls, %s with the words "%s" shows %j', (filter, words, shown) =>
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9].filter((id) => isShown(aCall(id), filter, words))).toEqual(shown),
)

test('of many rows only those in sight and some beside them are built, and the others keep their room', () => {
  expect(visibleRows(500, 44, 0, 440)).toEqual({ first: 0, end: 16, above: 0, below: 484 * 44 })
  const { first, end, above, below } = visibleRows(500, 44, 4_400, 440)
  expect([first, end]).toEqual([94, 116])
  expect(above + (end - first) * 44 + below).toBe(500 * 44)
  expect(visibleRows(3, 44, 9_000, 440)).toEqual({ first: 2, end: 3, above: 88, below: 0 })
  expect(visibleRows(0, 44, 0, 440)).toEqual({ first: 0, end: 0, above: 0, below: 0 })
})
