import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyBatch, fillBatch } from '../../../lib/emulator/lambda/message-batch.ts'
import { anSqsRecord } from './sqs-record.ts'
import { anyCharacter } from '../../support/any-character.ts'

const limits = { batchSize: 10_000, windowSeconds: 60 }
const mebibyte = 'x'.repeat(1024 * 1024)

test('a batch without messages waits, whatever the time', () => {
  expect(fillBatch(emptyBatch(), [], limits, 1e12)).toBe(false)
})

test('the window begins with the first message and not with the poll', () => {
  const batch = emptyBatch()
  fillBatch(batch, [], limits, 0)
  expect(fillBatch(batch, [anSqsRecord('1')], limits, 50_000)).toBe(false)
  expect(fillBatch(batch, [anSqsRecord('2')], limits, 109_999)).toBe(false)
  expect(fillBatch(batch, [], limits, 110_000)).toBe(true)
})

test('without a window a batch is what one receive brought', () => {
  const batch = emptyBatch()
  expect(fillBatch(batch, [anSqsRecord('1'), anSqsRecord('2')], { batchSize: 10, windowSeconds: 0 }, 0)).toBe(true)
  expect(batch.records).toHaveLength(2)
})

test('a batch is full at its batch size, and the next message waits for the next one', () => {
  const batch = emptyBatch()
  const waiting = ['1', '2', '3'].map((id) => anSqsRecord(id))
  expect(fillBatch(batch, waiting, { batchSize: 2, windowSeconds: 60 }, 0)).toBe(true)
  expect(batch.records.map((record) => record.messageId)).toEqual(['1', '2'])
  expect(waiting.map((record) => record.messageId)).toEqual(['3'])
})

test('a message that would pass 6 MB begins the next batch', () => {
  const batch = emptyBatch()
  const waiting = ['1', '2', '3', '4', '5', '6', '7'].map((id) => anSqsRecord(id, { body: mebibyte }))
  expect(fillBatch(batch, waiting, limits, 0)).toBe(true)
  expect(batch.records).toHaveLength(5)
  expect(waiting).toHaveLength(2)
})

test('escaped characters count as the bytes that the event will have', () => {
  const batch = emptyBatch()
  const waiting = ['1', '2', '3', '4'].map((id) => anSqsRecord(id, { body: '"'.repeat(1024 * 1024) }))
  expect(fillBatch(batch, waiting, limits, 0)).toBe(true)
  expect(batch.records).toHaveLength(2)
})

test('the bytes of a batch are those of its event as JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: anyCharacter })), (bodies) => {
      const batch = emptyBatch()
      const waiting = bodies.map((body, index) => anSqsRecord(String(index), { body }))
      fillBatch(batch, waiting, limits, 0)
      expect(batch.bytes).toBe(Buffer.byteLength(JSON.stringify({ Records: batch.records })))
    }),
  )
})
