import { DeleteMessageCommand, ReceiveMessageCommand, RequestThrottled, SQSClient } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runs } from '../support/long.ts'
import { createSendMessages } from '../../lib/aws/queue.ts'
import { decodeMessage, packMessages } from '../../lib/track/message.ts'
import type { QueueEntry } from '../../lib/track/message.ts'
import { startAwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'
import { FIFO, QUEUE, aMessage, grouped, noWaiting } from './sqs-fixtures.ts'
import { fakeQueue } from './sqs-limits.ts'
import type { FakeQueueOptions } from './sqs-limits.ts'

const MIB = 1024 * 1024
const numbered = (count: number) => Array.from({ length: count }, (_, index) => aMessage(String(index)))
const unavailable = { Code: 'ServiceUnavailable', SenderFault: false }
const outage = Object.assign(new Error('jane@example.com'), { name: 'ServiceUnavailable' })

/** Fails an entry, by its body, as many times as it says. */
const failing = (times: Record<string, number>, failure = unavailable) => {
  const left = new Map(Object.entries(times))
  return (body: string) => {
    const more = left.get(body) ?? 0
    left.set(body, more - 1)
    return more > 0 ? failure : undefined
  }
}

function aSender(options: FakeQueueOptions = {}) {
  const queue = fakeQueue(options)
  const waiting = noWaiting()
  return { queue, waits: waiting.waits, send: createSendMessages(queue.client, options.fifo ? FIFO : QUEUE, waiting) }
}

describe('whatever is sent', () => {
  const sizes = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 200 }) },
    fc.integer({ min: 1, max: MIB - 20_000 }),
    fc.constantFrom(MIB / 2, MIB / 2 + 1, MIB - 20_000),
  )
  const message = fc.record({
    size: sizes,
    group: fc.integer({ min: 0, max: 12 }),
    delaySeconds: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
    reason: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined }),
    failures: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
  })
  type Message = typeof message extends fc.Arbitrary<infer T> ? T : never

  // The place comes first in a body, so that no two are the same.
  const toEntry = (each: Message, index: number, fifo: boolean): QueueEntry => ({
    ...aMessage(`${index}:`.padEnd(each.size, 'x')),
    ...(fifo && { groupId: String(each.group), deduplicationId: String(index) }),
    ...(!fifo && each.delaySeconds !== undefined && { delaySeconds: each.delaySeconds }),
    ...(each.reason !== undefined && { attributes: { reason: 'é'.repeat(each.reason) } }),
  })

  // Calls reach SQS in any order that their senders allow.
  const anyOrder = (turns: readonly number[]) => {
    let call = 0
    return async () => {
      const turn = turns[(call += 1) % turns.length] ?? 0
      for (let index = 0; index < turn; index += 1) await Promise.resolve()
    }
  }

  test('SQS refuses no call, and each message is stored once, those of a group in their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 80 }),
        fc.boolean(),
        fc.array(fc.nat(30), { minLength: 1, maxLength: 20 }),
        async (messages, fifo, turns) => {
          const entries = messages.map((each, index) => toEntry(each, index, fifo))
          const failures = Object.fromEntries(
            entries.map(({ body }, index) => [body, messages[index]?.failures ?? 0] as const),
          )
          const { queue, send } = aSender({ fifo, failEntry: failing(failures), latency: anyOrder(turns) })
          expect(await send(entries)).toEqual({ ok: true })
          expect(queue.refusals).toEqual([])
          const inOrder = (bodies: string[]) =>
            fifo ? Map.groupBy(bodies, (body) => messages[parseInt(body)]?.group) : [...bodies].sort()
          expect(inOrder(queue.bodies)).toEqual(inOrder(entries.map(({ body }) => body)))
        },
      ),
      { numRuns: runs(150, 30) },
    )
  })

  test('one that keeps failing is told, and nothing of its group comes behind it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.array(fc.nat(30), { minLength: 1, maxLength: 20 }),
        async (messages, place, turns) => {
          const entries = messages.map((each, index) => toEntry({ ...each, size: 1 }, index, true))
          const failed = entries[place % entries.length]
          const failEntry = (body: string) => (body === failed?.body ? unavailable : undefined)
          const { queue, send } = aSender({ fifo: true, failEntry, latency: anyOrder(turns) })
          expect(await send(entries)).toEqual({ ok: false, reason: 'ServiceUnavailable' })
          const ofItsGroup = entries.filter(({ groupId }) => groupId === failed?.groupId).map(({ body }) => body)
          expect(queue.bodies.filter((body) => ofItsGroup.includes(body))).toEqual(
            ofItsGroup.slice(0, ofItsGroup.indexOf(failed?.body ?? '')),
          )
          expect(queue.refusals).toEqual([])
        },
      ),
      { numRuns: runs(150, 30) },
    )
  })
})

describe('calls', () => {
  test('small messages share a call', async () => {
    const { queue, send } = aSender()
    await send(numbered(25))
    expect(queue.calls).toEqual([10, 10, 5])
  })

  test('messages of different groups share a call, and those of one group never do', async () => {
    const { queue, send } = aSender({ fifo: true })
    await send(grouped('a1', 'a2', 'a3', 'b1', 'b2', 'c1'))
    expect(queue.calls).toEqual([3, 2, 1])
  })

  test.each([
    ['as many bytes as SQS takes share a call', 0, [2]],
    ['one byte more does not', 1, [1, 1]],
  ])('%s, and attributes count with name, type and value', async (_, more, calls) => {
    const { queue, send } = aSender()
    const attributes = { reason: 'blocked' }
    const room = MIB - 2 * 'reasonStringblocked'.length - 1
    await send([aMessage('x', { attributes }), aMessage('x'.repeat(room + more), { attributes })])
    expect([queue.calls, queue.refusals]).toEqual([calls, []])
  })

  test('no messages make no call', async () => {
    const { queue, send } = aSender()
    expect(await send([])).toEqual({ ok: true })
    expect(queue.calls).toEqual([])
  })

  test.each([false, true])('at most eight are under way at once (FIFO: %s)', async (fifo) => {
    let open = 0
    let most = 0
    const latency = async () => {
      most = Math.max(most, (open += 1))
      await new Promise(setImmediate)
      open -= 1
    }
    const messages = numbered(300).map((each) => ({ ...each, groupId: each.body, deduplicationId: each.body }))
    const { send } = aSender({ fifo, latency })
    await send(fifo ? messages : numbered(300))
    expect(most).toBe(8)
  })

  test('messages are made as they are sent: of 120 MB, eight calls are held', async () => {
    let made = 0
    let left = 0
    let held = 0
    function* messages() {
      for (; made < 120; made += 1) {
        held = Math.max(held, made - left)
        yield aMessage('x'.repeat(1_000_000))
      }
    }
    const { queue, send } = aSender({ latency: () => new Promise(setImmediate).then(() => (left += 1)) })
    expect(await send(messages())).toEqual({ ok: true })
    expect(queue.bodies).toHaveLength(120)
    // A worker packs a message to see that the next has no room beside it.
    expect(held).toBeLessThanOrEqual(9)
  })

  test('an entry has what its queue uses and nothing else, and no attribute without a value, which SQS would refuse', async () => {
    const inputs: unknown[] = []
    const client = { send: ({ input }: { input: unknown }) => Promise.resolve(inputs.push(input)) }
    await createSendMessages(
      client as never,
      QUEUE,
      noWaiting(),
    )([
      aMessage('a'),
      aMessage('b', { groupId: 'g', deduplicationId: 'd' }),
      aMessage('c', { delaySeconds: 9, attributes: { reason: 'blocked', fbtraceId: '' } }),
    ])
    expect(inputs).toEqual([
      {
        QueueUrl: QUEUE,
        Entries: [
          { Id: '0', MessageBody: 'a', MessageAttributes: {} },
          { Id: '1', MessageBody: 'b', MessageGroupId: 'g', MessageDeduplicationId: 'd', MessageAttributes: {} },
          {
            Id: '2',
            MessageBody: 'c',
            DelaySeconds: 9,
            MessageAttributes: { reason: { DataType: 'String', StringValue: 'blocked' } },
          },
        ],
      },
    ])
  })
})

describe('failures', () => {
  test('what SQS failed to take of a call is sent again, and only that', async () => {
    const { queue, send } = aSender({ failEntry: failing({ 1: 1, 2: 2 }) })
    expect(await send(numbered(4))).toEqual({ ok: true })
    expect(queue.calls).toEqual([4, 2, 1])
    expect(queue.bodies).toEqual(['0', '3', '1', '2'])
  })

  test('after each attempt the wait is twice as long, between half and all of 0.4, 0.8 and 1.6 s', async () => {
    const waitsFor = async (random: number) => {
      const waiting = noWaiting(() => random)
      const { client } = fakeQueue({ failEntry: () => unavailable })
      await createSendMessages(client, QUEUE, waiting)(numbered(1))
      return waiting.waits
    }
    expect([await waitsFor(0), await waitsFor(1)]).toEqual([
      [200, 400, 800],
      [400, 800, 1600],
    ])
  })

  test('what it fails to take four times is not stored, and said so by its code', async () => {
    const { queue, send } = aSender({ failEntry: failing({ 1: 4 }) })
    expect(await send(numbered(3))).toEqual({ ok: false, reason: 'ServiceUnavailable' })
    expect(queue.calls).toEqual([3, 1, 1, 1])
  })

  test('what is the sender’s fault is not sent again, and its neighbours are stored', async () => {
    const { queue, waits, send } = aSender({ failEntry: failing({ 2: 1 }) })
    const [first, ...others] = numbered(3)
    expect(await send([{ ...aMessage('\uFFFE') }, ...others])).toEqual({ ok: false, reason: 'InvalidMessageContents' })
    expect([first?.body, queue.calls, queue.bodies, waits]).toEqual(['0', [3, 1], ['1', '2'], [400]])
  })

  test('throttling passes, whoever’s fault SQS says it is', async () => {
    const throttled = { Code: 'KMS.ThrottlingException', SenderFault: true }
    const { queue, send } = aSender({ failEntry: failing({ 0: 2 }, throttled) })
    expect(await send(numbered(1))).toEqual({ ok: true })
    expect(queue.calls).toEqual([1, 1, 1])
  })

  test('a call that is throttled as a whole is made again after a wait', async () => {
    const replies = [new RequestThrottled({ message: '', $metadata: {} })]
    const { queue, waits, send } = aSender({ failCall: () => replies.pop() })
    expect([await send(numbered(3)), queue.bodies, waits]).toEqual([{ ok: true }, ['0', '1', '2'], [400]])
  })

  test('a call that fails as a whole is not repeated beyond the client’s own attempts, and told by its name alone', async () => {
    let calls = 0
    const { waits, send } = aSender({ failCall: () => ((calls += 1), outage) })
    expect([await send(numbered(3)), calls, waits]).toEqual([{ ok: false, reason: 'ServiceUnavailable' }, 1, []])
  })

  test('after a call that failed none is begun, and those under way end', async () => {
    let calls = 0
    const { queue, send } = aSender({ failCall: () => ((calls += 1) === 3 ? outage : undefined) })
    expect(await send(numbered(300))).toEqual({ ok: false, reason: 'ServiceUnavailable' })
    expect(calls).toBeLessThanOrEqual(10)
    expect(queue.bodies.length).toBeGreaterThanOrEqual(70)
  })

  test('after a message that SQS will never take no call is begun', async () => {
    const { queue, send } = aSender({
      failEntry: failing({ 0: 1 }, { Code: 'InvalidMessageContents', SenderFault: true }),
    })
    expect(await send(numbered(300))).toEqual({ ok: false, reason: 'InvalidMessageContents' })
    expect(queue.calls.length).toBeLessThan(30)
  })

  test('a message that SQS can never take is told by SQS’s name for it', async () => {
    const { send } = aSender()
    expect(await send([aMessage('x'.repeat(MIB + 1))])).toEqual({ ok: false, reason: 'BatchRequestTooLong' })
  })
})

describe('with SQS over its real protocol', () => {
  async function aQueue(name: string, attributes: Record<string, string> = {}) {
    const aws = await startAwsEndpoint()
    onTestFinished(() => aws.close())
    await aws.queues.createQueue(name, attributes)
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const client = new SQSClient({ region: 'us-east-1', endpoint: aws.url, credentials, maxAttempts: 1 })
    const QueueUrl = aws.queueUrl(name)
    const receive = async (): Promise<string[]> => {
      const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
      for (const { ReceiptHandle } of Messages) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      return Messages.length === 0 ? [] : [...Messages.map(({ Body }) => Body ?? ''), ...(await receive())]
    }
    return { send: createSendMessages(client, QueueUrl, noWaiting()), receive }
  }
  const list = { messageId: 'm', name: 'USER_ADD', at: 1, direction: 'add' as const }

  test('characters that SQS refuses arrive as they were sent', async () => {
    const { send, receive } = await aQueue('track')
    const users = [{ EMAIL: 'a\uFFFEb\uFFFFc\u0000d\uD800e😀\u2028' }]
    expect(await send(packMessages('server', 2, [{ ...list, users }]).track)).toEqual({ ok: true })
    const [body = ''] = await receive()
    expect(JSON.parse(body)).toMatchObject({ events: [{ add: users }] })
  })

  test('messages of the largest size are taken', async () => {
    const { send, receive } = await aQueue('track')
    const users = Array.from({ length: 1000 }, () => ({ EMAIL: 'x'.repeat(1900) }))
    const { track } = packMessages('server', 2, [{ ...list, users }])
    expect(track.length).toBeGreaterThan(2)
    expect(await send(track)).toEqual({ ok: true })
    expect((await receive()).sort()).toEqual(track.map(({ body }) => body).sort())
  })

  test('a session’s batches arrive in order, and once, although they are sent twice', async () => {
    const { send, receive } = await aQueue('session.fifo', { FifoQueue: 'true' })
    const users = Array.from({ length: 30 }, (_, index) => ({ EMAIL: String(index) }))
    const session = { sessionId: '1', batchSequence: 1, lastBatch: true, maxUsers: 2 }
    const messages = packMessages('server', 2, [{ ...list, users, session }]).session
    expect([await send(messages), await send(messages)]).toEqual([{ ok: true }, { ok: true }])
    const sequences = (await receive()).map((body) => decodeMessage(body)?.events[0]?.session?.batchSequence)
    expect(sequences).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
  })
})
