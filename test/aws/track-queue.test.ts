import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSendMessages } from '../../lib/aws/track-queue.ts'
import type { QueueEntry } from '../../lib/aws/track-queue.ts'
import { startAwsEndpoint } from '../../lib/local/aws-endpoint.ts'
import { MAX_MESSAGE_BYTES, decodeMessage, packMessages } from '../../lib/track/message.ts'
import { failed, fakeSqs } from '../support/fake-sqs.ts'

const MIB = 1024 * 1024
const QUEUE = 'https://sqs.example/track'
const FIFO = 'https://sqs.example/session.fifo'
const aMessage = (body: string, rest: Partial<QueueEntry> = {}): QueueEntry => ({
  body,
  bytes: Buffer.byteLength(body),
  ...rest,
})
const bodies = (calls: ReturnType<typeof fakeSqs>['calls']) =>
  calls.map(({ Entries = [] }) => Entries.map(({ MessageBody }) => MessageBody))

describe('packing', () => {
  const entry = fc.record({
    bytes: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: MAX_MESSAGE_BYTES })),
    reason: fc.option(
      fc.integer({ min: 1, max: 60_000 }).map((length) => 'é'.repeat(length)),
      { nil: undefined },
    ),
  })

  test('no call has more than ten messages or 1 MiB with attributes, and none is left out or moved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 60 }), fc.constantFrom(QUEUE, FIFO), async (entries, queue) => {
        const { client, calls } = fakeSqs()
        const messages = entries.map(({ bytes, reason }, index) => ({
          body: String(index),
          bytes,
          ...(reason !== undefined && { attributes: { reason } }),
        }))
        expect(await createSendMessages(client, queue)(messages)).toEqual({ ok: true })
        for (const { Entries = [] } of calls) {
          expect(Entries.length).toBeGreaterThan(0)
          expect(Entries.length).toBeLessThanOrEqual(10)
          expect(new Set(Entries.map(({ Id }) => Id)).size).toBe(Entries.length)
          const sizes = Entries.map(({ MessageBody, MessageAttributes = {} }) => {
            const attributes = Object.entries(MessageAttributes).map(
              ([name, { StringValue }]) => `${name}String${String(StringValue)}`,
            )
            return (entries[Number(MessageBody)]?.bytes ?? 0) + Buffer.byteLength(attributes.join(''))
          })
          if (sizes.length > 1) expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(MIB)
        }
        expect(bodies(calls).flat()).toEqual(messages.map(({ body }) => body))
      }),
      { numRuns: 50 },
    )
  })

  test('small messages share a call', async () => {
    const { client, calls } = fakeSqs()
    await createSendMessages(client, QUEUE)(Array.from({ length: 25 }, (_, index) => aMessage(String(index))))
    expect(bodies(calls).map(({ length }) => length)).toEqual([10, 10, 5])
  })

  test('no messages make no call', async () => {
    const { client, calls } = fakeSqs()
    expect(await createSendMessages(client, QUEUE)([])).toEqual({ ok: true })
    expect(calls).toEqual([])
  })

  test('an entry has what its queue uses and nothing else', async () => {
    const { client, calls } = fakeSqs()
    const attributes = { reason: 'blocked' }
    const entries = [
      aMessage('a'),
      aMessage('b', { groupId: 'g', deduplicationId: 'd' }),
      aMessage('c', { delaySeconds: 9, attributes }),
    ]
    await createSendMessages(client, QUEUE)(entries)
    expect(calls).toEqual([
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
  const three = [aMessage('a'), aMessage('b'), aMessage('c')]
  const outage = Object.assign(new Error('jane@example.com'), { name: 'ServiceUnavailable' })

  test('what SQS refused of a call is sent again, and only that', async () => {
    const { client, calls } = fakeSqs(failed(1, 2), failed(1))
    expect(await createSendMessages(client, QUEUE)(three)).toEqual({ ok: true })
    expect(bodies(calls)).toEqual([['a', 'b', 'c'], ['b', 'c'], ['c']])
  })

  test('what it refuses three times is not stored, and said so by its code', async () => {
    const { client, calls } = fakeSqs(failed(0), failed(0), failed(0))
    expect(await createSendMessages(client, QUEUE)(three)).toEqual({ ok: false, reason: 'InternalError' })
    expect(calls).toHaveLength(3)
  })

  test('a call that fails as a whole is not repeated beyond the client’s own attempts, and told by its name alone', async () => {
    const { client, calls } = fakeSqs(outage)
    expect(await createSendMessages(client, QUEUE)(three)).toEqual({ ok: false, reason: 'ServiceUnavailable' })
    expect(calls).toHaveLength(1)
  })

  test('one call that fails of several makes all of it not stored', async () => {
    const { client } = fakeSqs({}, outage, {})
    const many = Array.from({ length: 25 }, (_, index) => aMessage(String(index)))
    expect(await createSendMessages(client, QUEUE)(many)).toEqual({ ok: false, reason: 'ServiceUnavailable' })
  })

  test('a FIFO queue gets nothing after a call that failed, so that a session’s batches stay in order', async () => {
    const { client, calls } = fakeSqs({}, outage)
    const many = Array.from({ length: 25 }, (_, index) => aMessage(String(index)))
    expect(await createSendMessages(client, FIFO)(many)).toEqual({ ok: false, reason: 'ServiceUnavailable' })
    expect(calls).toHaveLength(2)
  })

  test('a FIFO queue gets a call only after the one before has been answered', async () => {
    let open = 0
    const client = {
      send: async () => {
        open += 1
        expect(open).toBe(1)
        await Promise.resolve()
        open -= 1
        return {}
      },
    }
    const many = Array.from({ length: 25 }, (_, index) => aMessage(String(index)))
    expect(await createSendMessages(client as never, FIFO)(many)).toEqual({ ok: true })
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
    return { send: createSendMessages(client, QueueUrl), receive }
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
