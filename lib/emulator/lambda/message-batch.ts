import type { SQSRecord } from 'aws-lambda'
import { MAX_REQUEST_BYTES } from './invocation-result.ts'

export type BatchLimits = {
  /** Messages of one invocation at most: up to 10,000 of a standard queue, up to 10 of a FIFO queue. */
  batchSize: number
  /** Seconds that a batch stays open after its first message; 0 hands on what one receive brought. */
  windowSeconds: number
}

/** Messages that will be one invocation. */
type MessageBatch = {
  records: SQSRecord[]
  /** Bytes of the event as JSON. */
  bytes: number
  /** Milliseconds at which the window closes; set by the first message. */
  closesAt: number
}

/** A batch without messages. */
export function emptyBatch(): MessageBatch {
  return { records: [], bytes: Buffer.byteLength('{"Records":[]}'), closesAt: Infinity }
}

/**
 * Moves messages from the front of `waiting` into the batch until a limit is met; the others stay for the next batch.
 * True when the batch is to be invoked: it holds batchSize messages, one more would pass the 6 MB of a synchronous
 * payload, or its window is over. Source: "Using Lambda with Amazon SQS", batching behaviour.
 */
export function fillBatch(batch: MessageBatch, waiting: SQSRecord[], limits: BatchLimits, now: number): boolean {
  for (let record = waiting[0]; record !== undefined; record = waiting[0]) {
    const bytes = Buffer.byteLength(JSON.stringify(record)) + (batch.records.length > 0 ? 1 : 0)
    if (batch.records.length >= limits.batchSize) return true
    if (batch.records.length > 0 && batch.bytes + bytes > MAX_REQUEST_BYTES) return true
    if (batch.records.length === 0) batch.closesAt = now + limits.windowSeconds * 1000
    batch.records.push(record)
    batch.bytes += bytes
    waiting.shift()
  }
  return batch.records.length >= limits.batchSize || (batch.records.length > 0 && now >= batch.closesAt)
}
