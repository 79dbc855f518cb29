import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import type { BatchResultErrorEntry, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHideMessage } from '../../lib/aws/visibility.ts'
import { startAwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'
import type { AwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'
import { FIFO, QUEUE } from './sqs-fixtures.ts'
import { fakeQueue } from './sqs-limits.ts'
import type { FakeQueueOptions } from './sqs-limits.ts'

type Client = Pick<SQSClient, 'send'>
type Entries = SendMessageBatchRequestEntry[]

const MIB = 1024 * 1024
const HOUR = 3_600_000
let aws: AwsEndpoint
let sqs: SQSClient
beforeAll(async () => {
  aws = await startAwsEndpoint()
  await aws.queues.createQueue('track', { MaximumMessageSize: '2048' })
  await aws.queues.createQueue('large', {})
  await aws.queues.createQueue('session.fifo', { FifoQueue: 'true' })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  sqs = new SQSClient({ region: 'us-east-1', endpoint: aws.url, credentials, maxAttempts: 1 })
})
afterAll(async () => {
  sqs.destroy()
  await aws.close()
})

/** The error's name, or the codes of the entries that failed. */
async function outcome(client: Client, command: SendMessageBatchCommand | DeleteMessageBatchCommand): Promise<unknown> {
  try {
    const { Failed = [] } = await (client.send as (each: unknown) => Promise<{ Failed?: BatchResultErrorEntry[] }>)(
      command,
    )
    return Failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault])
  } catch (error) {
    return (error as Error).name
  }
}

const an = (id: string, rest: Partial<SendMessageBatchRequestEntry> = {}) => ({ Id: id, MessageBody: 'x', ...rest })
const attribute = (StringValue: string) => ({ DataType: 'String', StringValue })
const fifo = { MessageGroupId: 'g', MessageDeduplicationId: 'd' }

/** What both the fake and fauxqs refuse: the queue, the entries, the answer. */
const BOTH: [string, string, Entries, unknown][] = [
  [
    'eleven entries',
    'track',
    Array.from({ length: 11 }, (_, index) => an(String(index))),
    'TooManyEntriesInBatchRequest',
  ],
  ['no entry', 'track', [], 'EmptyBatchRequest'],
  ['an id twice', 'track', [an('0'), an('0')], 'BatchEntryIdsNotDistinct'],
  ['an id with a space', 'track', [an('0 1')], 'InvalidBatchEntryId'],
  [
    'more than 1 MiB in all',
    'large',
    ['0', '1'].map((id) => an(id, { MessageBody: 'x'.repeat(MIB / 2 + 1) })),
    'BatchRequestTooLong',
  ],
  [
    'more than 1 MiB with attributes',
    'large',
    [an('0', { MessageBody: 'x'.repeat(MIB - 2) }), an('1', { MessageAttributes: { a: attribute('b') } })],
    'BatchRequestTooLong',
  ],
  ['1 MiB', 'large', ['0', '1'].map((id) => an(id, { MessageBody: 'x'.repeat(MIB / 2) })), []],
  [
    'more than the queue takes',
    'track',
    [an('0', { MessageBody: 'x'.repeat(2049) }), an('1')],
    [['0', 'InvalidParameterValue', true]],
  ],
  ['U+FFFE', 'track', [an('0', { MessageBody: '\uFFFE' }), an('1')], [['0', 'InvalidMessageContents', true]]],
  ['a control character', 'track', [an('0', { MessageBody: '\u0000' })], [['0', 'InvalidMessageContents', true]]],
  [
    'a delay of 901 s',
    'track',
    [an('0', { DelaySeconds: 901 }), an('1', { DelaySeconds: 900 })],
    [['0', 'InvalidParameterValue', true]],
  ],
  [
    'a FIFO message without group',
    'session.fifo',
    [an('0', { MessageDeduplicationId: 'd' })],
    [['0', 'MissingParameter', true]],
  ],
  [
    'a FIFO message without deduplication id',
    'session.fifo',
    [an('0', { MessageGroupId: 'g' })],
    [['0', 'InvalidParameterValue', true]],
  ],
  [
    'a FIFO message with a delay',
    'session.fifo',
    [an('0', { ...fifo, DelaySeconds: 1 })],
    [['0', 'InvalidParameterValue', true]],
  ],
  ['a FIFO message as it should be', 'session.fifo', [an('0', fifo)], []],
]

test.each(BOTH)('%s to %s is answered as fauxqs answers it', async (_, name, Entries, expected) => {
  const options = { fifo: name.endsWith('.fifo'), ...(name === 'track' && { maximumMessageSize: 2048 }) }
  const command = new SendMessageBatchCommand({ QueueUrl: aws.queueUrl(name), Entries })
  expect([await outcome(fakeQueue(options).client, command), await outcome(sqs, command)]).toEqual([expected, expected])
})

test.each<[string, Entries, FakeQueueOptions?]>([
  [
    'eleven attributes',
    [
      an('0', {
        MessageAttributes: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, attribute('x')])),
      }),
    ],
  ],
  ['an attribute without a value', [an('0', { MessageAttributes: { a: attribute('') } })]],
  ['a name with a space', [an('0', { MessageAttributes: { 'a b': attribute('x') } })]],
  ['a group id of 129 characters', [an('0', { ...fifo, MessageGroupId: 'g'.repeat(129) })], { fifo: true }],
  ['a deduplication id in a standard queue', [an('0', fifo)]],
])('%s is refused by SQS, which fauxqs does not know', async (_, Entries, options) => {
  const command = new SendMessageBatchCommand({ QueueUrl: QUEUE, Entries })
  expect(await outcome(fakeQueue(options).client, command)).toEqual([['0', 'InvalidParameterValue', true]])
})

test.each(['\uD800', 'a\uDC00'])('a lone surrogate is no character, and a pair is one', async (MessageBody) => {
  const command = new SendMessageBatchCommand({
    QueueUrl: QUEUE,
    Entries: [an('0', { MessageBody }), an('1', { MessageBody: '😀' })],
  })
  expect(await outcome(fakeQueue().client, command)).toEqual([['0', 'InvalidMessageContents', true]])
})

test('a FIFO message that is sent again within five minutes is stored once, and after them twice', async () => {
  let now = 0
  const { client, bodies } = fakeQueue({ fifo: true, clock: () => now })
  for (const at of [0, 299_999, 300_000]) {
    now = at
    await client.send(new SendMessageBatchCommand({ QueueUrl: FIFO, Entries: [an('0', fifo)] }))
  }
  expect(bodies).toHaveLength(2)
})

test('while a message of a group is hidden, its group gives no other', async () => {
  const { client } = fakeQueue({ fifo: true })
  const send = (MessageDeduplicationId: string, MessageGroupId: string) =>
    client.send(
      new SendMessageBatchCommand({
        QueueUrl: FIFO,
        Entries: [an('0', { MessageBody: MessageDeduplicationId, MessageGroupId, MessageDeduplicationId })],
      }),
    )
  await send('a1', 'a')
  const receive = async () =>
    ((await client.send(new ReceiveMessageCommand({ QueueUrl: FIFO, MaxNumberOfMessages: 10 }))).Messages ?? []).map(
      ({ Body }) => Body,
    )
  expect(await receive()).toEqual(['a1'])
  await send('a2', 'a')
  await send('b1', 'b')
  expect(await receive()).toEqual(['b1'])
})

test('a wait for ever, asked for an hour after the receive, ends within the 12 hours that SQS counts from the receive', async () => {
  let now = 0
  const { client, refusals } = fakeQueue({ clock: () => now, visibilityTimeout: 7 * 3600 })
  await client.send(new SendMessageBatchCommand({ QueueUrl: QUEUE, Entries: [an('0')] }))
  const receive = async () =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl: QUEUE }))).Messages?.[0]?.ReceiptHandle
  const handle = (await receive()) ?? ''
  const hide = (seconds: number) =>
    client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: QUEUE, ReceiptHandle: handle, VisibilityTimeout: seconds }),
    )
  await expect(hide(43_201)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  now = HOUR
  await createHideMessage(client, QUEUE)(handle, Infinity)
  expect(refusals).toEqual(['InvalidParameterValue'])
  await expect(hide(11 * 3600 + 1)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  now = 12 * HOUR
  expect(await receive()).toBeDefined()
  await expect(hide(1)).rejects.toMatchObject({ name: 'MessageNotInflight' })
})

test('a receipt handle that was never given deletes nothing', async () => {
  const { client, left } = fakeQueue()
  await client.send(new SendMessageBatchCommand({ QueueUrl: QUEUE, Entries: [an('0')] }))
  const command = new DeleteMessageBatchCommand({ QueueUrl: QUEUE, Entries: [{ Id: '0', ReceiptHandle: 'none' }] })
  expect([await outcome(client, command), left()]).toEqual([[['0', 'ReceiptHandleIsInvalid', true]], 1])
})
