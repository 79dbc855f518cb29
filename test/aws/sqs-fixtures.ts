import type { BackOff } from '../../lib/aws/batch-call.ts'
import type { QueueEntry } from '../../lib/track/message.ts'

export const QUEUE = 'https://sqs.example/track'
export const FIFO = 'https://sqs.example/session.fifo'

export const aMessage = (body: string, rest: Partial<QueueEntry> = {}): QueueEntry => ({
  body,
  bytes: Buffer.byteLength(body),
  ...rest,
})

/** Messages of a FIFO queue: `a1` is of the group `a`. */
export const grouped = (...bodies: string[]): QueueEntry[] =>
  bodies.map((body) => aMessage(body, { groupId: body.charAt(0), deduplicationId: body }))

/** Waits that take no time and are remembered. */
export function noWaiting(random = () => 1): BackOff & { waits: number[] } {
  const waits: number[] = []
  return { waits, random, sleep: (ms) => Promise.resolve(waits.push(ms)) }
}
