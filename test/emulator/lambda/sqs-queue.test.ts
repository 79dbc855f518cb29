import { setTimeout as delay } from 'node:timers/promises'
import { SQSClient, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { AwsCall } from '../../../lib/emulator/aws/call.ts'
import { startAwsEndpoint } from '../../../lib/emulator/aws/endpoint.ts'
import { createEventSourceMapping } from '../../../lib/emulator/lambda/event-source-mapping.ts'
import type { MappingSettings } from '../../../lib/emulator/lambda/event-source-mapping.ts'
import type { InvocationResult } from '../../../lib/emulator/lambda/invocation-result.ts'
import { createLambdaFunction } from '../../../lib/emulator/lambda/function.ts'
import { startStackClock } from '../../../lib/emulator/lambda/stack-clock.ts'
import { sqsQueue } from '../../../lib/emulator/lambda/sqs-queue.ts'
import { handlerDirectory } from './handler-directory.ts'

const waitFor = <T>(check: () => T) => vi.waitFor(check, { timeout: 60_000 })
const success: InvocationResult = { ok: true, payload: null }

async function aPolledQueue(
  name: string,
  options: {
    attributes?: Record<string, string>
    settings?: Partial<MappingSettings>
    invoke?: (event: SQSEvent) => Promise<InvocationResult>
  } = {},
) {
  const calls: AwsCall[] = []
  const events: SQSEvent[] = []
  const aws = await startAwsEndpoint({ onCall: (call) => calls.push(call) })
  onTestFinished(() => aws.close())
  await aws.queues.createQueue(name, options.attributes ?? {})
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new SQSClient({ region: 'us-east-1', endpoint: aws.url, credentials, maxAttempts: 1 })
  const QueueUrl = aws.queueUrl(name)
  const poll = () => {
    const mapping = createEventSourceMapping({
      settings: {
        batchSize: 10,
        windowSeconds: 0,
        maximumConcurrency: 2,
        reportBatchItemFailures: true,
        fifo: name.endsWith('.fifo'),
        ...options.settings,
      },
      queue: sqsQueue(client, QueueUrl, `arn:aws:sqs:us-east-1:000000000000:${name}`),
      invoke(event) {
        events.push(event)
        return options.invoke?.(event) ?? Promise.resolve(success)
      },
      now: Date.now,
      sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
      log: () => undefined,
    })
    onTestFinished(() => mapping.close(1))
  }
  const counts = async () => (await aws.queues.states()).find((queue) => queue.name === name)
  return { aws, client, QueueUrl, poll, events, calls, counts }
}

const empty = (name: string) => ({ name, visible: 0, inFlight: 0, delayed: 0 })

test('a record is as Lambda’s', async () => {
  const { client, QueueUrl, poll, events } = await aPolledQueue('track')
  const { MessageId } = await client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: 'hello',
      MessageAttributes: {
        reason: { DataType: 'String', StringValue: 'too_old' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      },
    }),
  )
  poll()
  await waitFor(() => expect(events).toHaveLength(1))
  expect(events[0]?.Records).toEqual([
    {
      messageId: MessageId,
      receiptHandle: expect.any(String) as string,
      body: 'hello',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/) as string,
        SenderId: expect.any(String) as string,
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/) as string,
      },
      messageAttributes: {
        reason: { stringValue: 'too_old', stringListValues: [], binaryListValues: [], dataType: 'String' },
        bytes: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfMessageAttributes: expect.stringMatching(/^[\da-f]{32}$/) as string,
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:track',
      awsRegion: 'us-east-1',
    },
  ])
})

test('a record of a FIFO queue has its group, deduplication id and sequence number', async () => {
  const { client, QueueUrl, poll, events } = await aPolledQueue('session.fifo')
  const message = { QueueUrl, MessageBody: 'x', MessageGroupId: 'group', MessageDeduplicationId: 'once' }
  await client.send(new SendMessageCommand(message))
  poll()
  await waitFor(() => expect(events).toHaveLength(1))
  expect(events[0]?.Records[0]?.attributes).toMatchObject({
    MessageGroupId: 'group',
    MessageDeduplicationId: 'once',
    SequenceNumber: expect.stringMatching(/^\d+$/) as string,
  })
})

test('what succeeded is deleted in tens', async () => {
  const settings = { batchSize: 27, windowSeconds: 300 }
  const { client, QueueUrl, poll, events, calls, counts } = await aPolledQueue('track', { settings })
  for (const batch of [0, 1, 2]) {
    const Entries = Array.from({ length: 9 }, (_, index) => ({ Id: String(index), MessageBody: `${batch}-${index}` }))
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }
  poll()
  await waitFor(async () => expect(await counts()).toEqual(empty('track')))
  expect(events.map(({ Records }) => Records.length)).toEqual([27])
  expect(calls.filter(({ action }) => action === 'sqs:DeleteMessageBatch')).toHaveLength(3)
  expect(calls.filter(({ action }) => action.startsWith('sqs:ChangeMessageVisibility'))).toEqual([])
})

test('a message whose function crashed comes again after its visibility timeout', async () => {
  const lambda = createLambdaFunction({
    name: 'consumer',
    codeDirectory: handlerDirectory(`exports.handler = async ({ Records }) => {
      if (Records[0].attributes.ApproximateReceiveCount === '1') process.exit(1)
    }`),
    handler: 'index.handler',
    environment: {},
    accessKeyId: 'consumer',
    timeoutSeconds: 10,
    memoryMb: 128,
    maxEnvironments: 2,
    clock: startStackClock(1),
    log: () => undefined,
  })
  onTestFinished(() => lambda.close())
  const attributes = { VisibilityTimeout: '1' }
  const { client, QueueUrl, poll, events, counts } = await aPolledQueue('track', { attributes, invoke: lambda.invoke })
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  poll()
  await waitFor(async () => expect(await counts()).toEqual(empty('track')))
  const receiveCounts = events.map(({ Records }) => Records[0]?.attributes.ApproximateReceiveCount)
  expect(receiveCounts.slice(0, 2)).toEqual(['1', '2'])
})

test('a message that failed too often goes to the dead-letter queue', async () => {
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
    maxReceiveCount: 2,
  })
  const { aws, client, QueueUrl, poll, events } = await aPolledQueue('track', {
    attributes: { VisibilityTimeout: '1', RedrivePolicy },
    invoke: () => Promise.resolve({ ok: false, errorType: 'Error', errorMessage: 'always' }),
  })
  await aws.queues.createQueue('dead', {})
  const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  poll()
  await waitFor(async () => expect(await aws.queues.messages('dead')).toMatchObject([{ messageId: MessageId }]))
  expect(events).toHaveLength(2)
})

test('messages of a FIFO group come one after the other, and other groups do not wait for them', async () => {
  const order: string[] = []
  const first = Promise.withResolvers<InvocationResult>()
  const { client, QueueUrl, poll, counts } = await aPolledQueue('session.fifo', {
    settings: { batchSize: 1 },
    invoke({ Records }) {
      order.push(Records[0]?.body ?? '')
      return Records[0]?.body === 'a1' ? first.promise : Promise.resolve(success)
    },
  })
  for (const [body, group] of [
    ['a1', 'a'],
    ['a2', 'a'],
    ['b1', 'b'],
    ['b2', 'b'],
  ] as const) {
    const message = { QueueUrl, MessageBody: body, MessageGroupId: group, MessageDeduplicationId: body }
    await client.send(new SendMessageCommand(message))
  }
  poll()
  await waitFor(() => expect(order).toEqual(['a1', 'b1', 'b2']))
  first.resolve(success)
  await waitFor(async () => expect(await counts()).toEqual(empty('session.fifo')))
  expect(order).toEqual(['a1', 'b1', 'b2', 'a2'])
})
