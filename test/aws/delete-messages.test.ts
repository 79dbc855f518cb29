import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDeleteMessages } from '../../lib/aws/delete-messages.ts'
import { createSendMessages } from '../../lib/aws/queue.ts'
import { QUEUE, aMessage, noWaiting } from './sqs-fixtures.ts'
import { fakeQueue } from './sqs-limits.ts'
import type { FakeQueueOptions } from './sqs-limits.ts'

const outage = Object.assign(new Error('no answer'), { name: 'TimeoutError' })

/** A queue with that many messages, all received. */
async function received(count: number, options: FakeQueueOptions = {}) {
  const world = { isBroken: false, deletes: 0 }
  const queue = fakeQueue({
    ...options,
    failCall: () => (world.isBroken ? ((world.deletes += 1), outage) : undefined),
    failEntry: (key) => (key.startsWith('handle') ? options.failEntry?.(key) : undefined),
  })
  const messages = Array.from({ length: count }, (_, index) => aMessage(String(index)))
  await createSendMessages(queue.client, QUEUE, noWaiting())(messages)
  const command = new ReceiveMessageCommand({ QueueUrl: QUEUE, MaxNumberOfMessages: 10 })
  const handles: string[] = []
  while (handles.length < count) {
    const { Messages = [] } = await queue.client.send(command)
    handles.push(...Messages.map(({ ReceiptHandle = '' }) => ReceiptHandle))
  }
  queue.calls.length = 0
  return { world, queue, handles, acknowledge: createDeleteMessages(queue.client, QUEUE, noWaiting()) }
}

test('however many there are, and whatever SQS fails to delete at first, all are deleted without a refused call', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 9 }), async (count, every) => {
      const failed = new Set<string>()
      const failEntry = (handle: string) => {
        if (Number(handle.slice(7)) % every !== 0 || failed.has(handle)) return undefined
        failed.add(handle)
        return { Code: 'InternalError', SenderFault: false }
      }
      const { queue, handles, acknowledge } = await received(count, { failEntry })
      expect(await acknowledge(handles)).toEqual({ ok: true })
      expect([queue.left(), queue.refusals]).toEqual([0, []])
    }),
    { numRuns: 30 },
  )
})

test('a receipt handle that SQS does not know is told, and the others are deleted', async () => {
  const { queue, handles, acknowledge } = await received(300)
  expect(await acknowledge(['unknown', ...handles])).toEqual({ ok: false, reason: 'ReceiptHandleIsInvalid' })
  expect(queue.left()).toBe(0)
})

test('what stays in the queue is told and thrown at nobody', async () => {
  const failEntry = (handle: string) =>
    handle === 'handle-3' ? { Code: 'InternalError', SenderFault: false } : undefined
  const { queue, handles, acknowledge } = await received(12, { failEntry })
  expect(await acknowledge(handles)).toEqual({ ok: false, reason: 'InternalError' })
  expect(queue.left()).toBe(1)
})

test('a queue out of reach is told, and not asked a thousand times', async () => {
  const { world, handles, acknowledge } = await received(1000)
  world.isBroken = true
  expect(await acknowledge(handles)).toEqual({ ok: false, reason: 'TimeoutError' })
  expect(world.deletes).toBeLessThanOrEqual(8)
})
