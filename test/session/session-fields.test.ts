import { expect, test } from 'vitest'
import { sessionOf } from '../../lib/session/session-fields.ts'

const SEED = { sessionIdAdd: 123, sessionIdDelete: 456, batchSequence: 10, lastBatchFlag: true }
const COMPLETE = { batchSequence: 1, lastBatchFlag: false }

test('the seed’s example asks for a session in each direction, with one sequence and flag', () => {
  expect(sessionOf(SEED)).toEqual({
    add: { sessionId: '123', batchSequence: 10, lastBatch: true },
    remove: { sessionId: '456', batchSequence: 10, lastBatch: true },
    equalIds: false,
    problems: [],
  })
})

test.each([
  ['camel case', { sessionIdAdd: '7', batchSequence: 2, lastBatchFlag: true, estimatedNumTotal: 9 }],
  ['short', { sessionIdAdd: '7', batchSeq: 2, lastBatchFlag: true, estimatedNumTotal: 9 }],
  ['snake case', { session_id_add: '7', batch_seq: 2, last_batch_flag: true, estimated_num_total: 9 }],
  ['text for everything', { sessionIdAdd: '7', batchSequence: '2', lastBatchFlag: 'true', estimatedNumTotal: '9' }],
  ['1 for true', { sessionIdAdd: 7, batchSequence: 2, lastBatchFlag: 1, estimatedNumTotal: 9 }],
])('a session may be spelt in %s', (_, properties) => {
  expect(sessionOf(properties).add).toEqual({ sessionId: '7', batchSequence: 2, lastBatch: true, estimatedTotal: 9 })
})

test.each([{ lastBatchFlag: false }, { lastBatchFlag: 0 }, { lastBatchFlag: 'false' }, { last_batch_flag: false }])(
  '%j says that more batches follow',
  (flag) => {
    expect(sessionOf({ session_id_delete: 5, batchSeq: 1, ...flag }).remove?.lastBatch).toBe(false)
  },
)

test.each([
  {},
  { ...COMPLETE },
  { sessionIdAdd: null, ...COMPLETE },
  { sessionIdAdd: '', sessionIdDelete: '', ...COMPLETE },
])('%j asks for no session, and nothing is wrong with it', (properties) => {
  expect(sessionOf(properties)).toEqual({ add: undefined, remove: undefined, equalIds: false, problems: [] })
})

test.each([
  [5, 5],
  [5, '5'],
  ['05', 5],
  [' 5', '5 '],
  ['9223372036854775807', '9223372036854775807'],
])('%j and %j are the same session', (sessionIdAdd, sessionIdDelete) => {
  expect(sessionOf({ sessionIdAdd, sessionIdDelete, ...COMPLETE }).equalIds).toBe(true)
})

test('ids that differ beyond what a number can hold are not the same', () => {
  const ids = { sessionIdAdd: '9007199254740993', sessionIdDelete: '9007199254740992' }
  const { equalIds, add, remove } = sessionOf({ ...ids, ...COMPLETE })
  expect([equalIds, add?.sessionId, remove?.sessionId]).toEqual([false, '9007199254740993', '9007199254740992'])
})

test.each([
  ['no batch sequence', { lastBatchFlag: true }],
  ['no last-batch flag', { batchSequence: 1 }],
  ['a batch sequence of 0', { batchSequence: 0, lastBatchFlag: true }],
  ['a batch sequence that is no whole number', { batchSequence: 1.5, lastBatchFlag: true }],
  ['a flag that is neither true nor false', { batchSequence: 1, lastBatchFlag: 'last' }],
])('a session with %s is incomplete, which is said once', (_, properties) => {
  expect(sessionOf({ sessionIdAdd: 1, sessionIdDelete: 2, ...properties })).toMatchObject({
    add: undefined,
    remove: undefined,
    problems: ['session_incomplete'],
  })
})

test.each([0, '0', -1, 1.5, 'abc', ' ', true, false, {}, [], '9223372036854775808', 9_007_199_254_740_992, 1e300])(
  'a session id cannot be %j',
  (sessionIdAdd) => {
    const { add, problems } = sessionOf({ sessionIdAdd, ...COMPLETE })
    expect([add, problems]).toEqual([undefined, ['session_id_unusable']])
  },
)

test('an id that is nested deeper than the stack is only unusable', () => {
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  expect(sessionOf({ sessionIdAdd: deep, sessionIdDelete: deep, ...COMPLETE }).problems).toEqual([
    'session_id_unusable',
  ])
})
