import { expect, test } from 'vitest'
import { messagesThatStay } from '../../../lib/emulator/lambda/batch-result.ts'
import type { InvocationResult } from '../../../lib/emulator/lambda/invocation-result.ts'

const ids = ['a', 'b', 'c']
const failed: InvocationResult = { ok: false, errorType: 'Error', errorMessage: 'no' }
const stay = (result: InvocationResult, report = true) => [...messagesThatStay(result, ids, report)]
const answered = (payload: unknown) => stay({ ok: true, payload })

test('all messages stay after a function error, a timeout or a crash', () => {
  expect(stay(failed)).toEqual(ids)
  expect(stay(failed, false)).toEqual(ids)
})

test.each([
  ['null', null],
  ['nothing', undefined],
  ['an object without the list', {}],
  ['a list that is null', { batchItemFailures: null }],
  ['an empty list', { batchItemFailures: [] }],
])('%s means that every message succeeded', (_, payload) => {
  expect(answered(payload)).toEqual([])
})

test('only the reported messages stay', () => {
  expect(answered({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual(['b'])
})

test.each([
  ['an identifier of no message in the batch', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
  [
    'a good identifier beside an unknown one',
    { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'z' }] },
  ],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['an identifier that is null', { batchItemFailures: [{ itemIdentifier: null }] }],
  ['an identifier that is no text', { batchItemFailures: [{ itemIdentifier: 1 }] }],
  ['an item without identifier', { batchItemFailures: [{ messageId: 'a' }] }],
  ['an item that is null', { batchItemFailures: [null] }],
  ['an item that is text', { batchItemFailures: ['a'] }],
  ['a list that is none', { batchItemFailures: 'a' }],
  ['text', 'ok'],
  ['a list', []],
])('%s makes the whole batch fail', (_, payload) => {
  expect(answered(payload)).toEqual(ids)
})

test('the answer is ignored where failures are not reported', () => {
  expect(stay({ ok: true, payload: { batchItemFailures: [{ itemIdentifier: 'b' }] } }, false)).toEqual([])
})
