import { randomBytes, randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AwsCall } from '../../../lib/emulator/aws/call.ts'
import { startAwsEndpoint } from '../../../lib/emulator/aws/endpoint.ts'
import { secretArn } from '../../../lib/emulator/aws/secrets.ts'

async function anEndpoint({ timeScale = 1 } = {}) {
  const calls: AwsCall[] = []
  const aws = await startAwsEndpoint({
    timeScale,
    isFunction: (key) => key === 'function',
    onCall: (call) => calls.push(call),
  })
  onTestFinished(() => aws.close())
  const options = (accessKeyId: string) => ({
    region: 'us-east-1',
    endpoint: aws.url,
    credentials: { accessKeyId, secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  const sqs = (accessKeyId = 'function') => {
    const client = new SQSClient(options(accessKeyId))
    onTestFinished(() => client.destroy())
    return client
  }
  const secretsManager = new SecretsManagerClient(options('function'))
  onTestFinished(() => secretsManager.destroy())
  return { aws, calls, sqs, secretsManager }
}

test('a queue is used through its URL on this machine', async () => {
  const { aws, sqs } = await anEndpoint()
  await aws.queues.createQueue('track', { VisibilityTimeout: '30' })
  const QueueUrl = aws.queueUrl('track')
  expect(QueueUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/track$/)
  const { MessageId } = await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }))
  const { Messages } = await sqs().send(new ReceiveMessageCommand({ QueueUrl }))
  expect(Messages).toEqual([expect.objectContaining({ MessageId, Body: 'hello' })])
  expect(await aws.queues.states()).toEqual([{ name: 'track', visible: 0, inFlight: 1, delayed: 0 }])
})

test('URLs that SQS hands out lead back here', async () => {
  const { aws, sqs } = await anEndpoint()
  await aws.queues.createQueue('track', {})
  const { QueueUrl } = await sqs().send(new GetQueueUrlCommand({ QueueName: 'track' }))
  const { QueueUrls } = await sqs().send(new ListQueuesCommand({}))
  expect([QueueUrl, QueueUrls]).toEqual([aws.queueUrl('track'), [aws.queueUrl('track')]])
})

test('a message of 1 MiB passes, and one byte more does not', async () => {
  const { aws, sqs } = await anEndpoint()
  await aws.queues.createQueue('track', {})
  const QueueUrl = aws.queueUrl('track')
  const MessageBody = randomBytes(512 * 1024).toString('hex')
  await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody }))
  await expect(sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: `${MessageBody}x` }))).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
})

test('a queue with a MaximumMessageSize of its own takes no longer message', async () => {
  const { aws, sqs } = await anEndpoint()
  await aws.queues.createQueue('track', { MaximumMessageSize: '2048' })
  const QueueUrl = aws.queueUrl('track')
  const Entries = [2048, 2049].map((bytes) => ({ Id: String(bytes), MessageBody: 'x'.repeat(bytes) }))
  const { Successful, Failed } = await sqs().send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  expect([Successful, Failed]).toMatchObject([[{ Id: '2048' }], [{ Id: '2049', SenderFault: true }]])
})

describe('released', () => {
  const receive = async (sqs: SQSClient, QueueUrl: string) => {
    const input = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] }
    return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? []
  }
  const send = (sqs: SQSClient, QueueUrl: string, MessageBody: string, more: object = {}) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))

  test('a delayed message comes at once, as one that was received before', async () => {
    const { aws, sqs } = await anEndpoint()
    await aws.queues.createQueue('retry', {})
    const QueueUrl = aws.queueUrl('retry')
    await send(sqs(), QueueUrl, 'delayed', { DelaySeconds: 900 })
    await send(sqs(), QueueUrl, 'new')
    expect(await aws.queues.messages('retry')).toMatchObject([
      { body: 'new', receives: 0 },
      { body: 'delayed', receives: 0, hiddenUntil: expect.closeTo(Date.now() + 900_000, -5) as number },
    ])
    expect(await aws.queues.release('retry', [])).toBe(1)
    const received = await receive(sqs(), QueueUrl)
    expect(received.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount])).toEqual([
      ['new', '1'],
      ['delayed', '2'],
    ])
  })

  test('a hidden message comes when its handle is given; one in other hands stays there, and can be deleted', async () => {
    const { aws, sqs } = await anEndpoint()
    await aws.queues.createQueue('retry', { VisibilityTimeout: '1000' })
    const QueueUrl = aws.queueUrl('retry')
    await send(sqs(), QueueUrl, 'hidden')
    await send(sqs(), QueueUrl, 'in hand')
    const handles = (await receive(sqs(), QueueUrl)).map(({ ReceiptHandle = '' }) => ReceiptHandle)
    expect((await aws.queues.messages('retry')).map(({ receiptHandle }) => receiptHandle)).toEqual(handles)
    expect(await aws.queues.release('retry', handles.slice(0, 1))).toBe(1)
    // The old handle is of no use any more, and releases nobody's message twice.
    expect(await aws.queues.release('retry', handles.slice(0, 1))).toBe(0)
    expect((await receive(sqs(), QueueUrl)).map(({ Body }) => Body)).toEqual(['hidden'])
    expect(await aws.queues.release('retry', handles.slice(0, 1))).toBe(0)
    await sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: handles[1] }))
    expect(await aws.queues.states()).toEqual([{ name: 'retry', visible: 0, inFlight: 1, delayed: 0 }])
  })

  test('the hidden first message of a session comes before those behind it', async () => {
    const { aws, sqs } = await anEndpoint()
    await aws.queues.createQueue('session.fifo', { FifoQueue: 'true', VisibilityTimeout: '1000' })
    const QueueUrl = aws.queueUrl('session.fifo')
    for (const body of ['first', 'second'])
      await send(sqs(), QueueUrl, body, { MessageGroupId: 'session', MessageDeduplicationId: body })
    const [first] = await receive(sqs(), QueueUrl)
    expect(await receive(sqs(), QueueUrl)).toEqual([])
    expect(await aws.queues.release('session.fifo', [first?.ReceiptHandle ?? ''])).toBe(1)
    expect((await receive(sqs(), QueueUrl)).map(({ Body }) => Body)).toEqual(['first'])
  })
})

describe('refused as by SQS', () => {
  test.each([1, 0.001])(
    'a delay of more than 900 s, at time scale %d, and its neighbour is stored',
    async (timeScale) => {
      const { aws, sqs } = await anEndpoint({ timeScale })
      await aws.queues.createQueue('retry', {})
      const QueueUrl = aws.queueUrl('retry')
      const single = sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds: 901 }))
      await expect(single).rejects.toMatchObject({ name: 'InvalidParameterValue' })
      const Entries = [900, 901].map((DelaySeconds) => ({ Id: String(DelaySeconds), MessageBody: 'x', DelaySeconds }))
      const { Successful, Failed } = await sqs().send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      expect([Successful, Failed]).toMatchObject([
        [{ Id: '900' }],
        [{ Id: '901', Code: 'InvalidParameterValue', SenderFault: true }],
      ])
      expect(await aws.queues.states()).toMatchObject([{ delayed: 1 }])
    },
  )

  test('a visibility timeout of more than 12 hours, however the time is scaled', async () => {
    const { aws, sqs } = await anEndpoint({ timeScale: 0.001 })
    await aws.queues.createQueue('retry', { VisibilityTimeout: '30' })
    const QueueUrl = aws.queueUrl('retry')
    await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand({ QueueUrl }))
    const hide = (VisibilityTimeout: number) =>
      sqs().send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle, VisibilityTimeout }),
      )
    await expect(hide(43_201)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
    await hide(43_200)
  })

  test('receipt handles that it never gave, or gave for another queue; one whose message is gone is taken', async () => {
    const { aws, sqs } = await anEndpoint()
    for (const name of ['track', 'retry']) await aws.queues.createQueue(name, { VisibilityTimeout: '30' })
    const [track, retry] = [aws.queueUrl('track'), aws.queueUrl('retry')]
    await sqs().send(new SendMessageCommand({ QueueUrl: track, MessageBody: 'x' }))
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand({ QueueUrl: track }))
    const given = Messages[0]?.ReceiptHandle
    const invalid = { name: 'ReceiptHandleIsInvalid' }
    const remove = (QueueUrl: string, ReceiptHandle = given) =>
      sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    const hide = (ReceiptHandle: string) =>
      sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl: track, ReceiptHandle, VisibilityTimeout: 1 }))
    await expect(remove(track, randomUUID())).rejects.toMatchObject(invalid)
    await expect(remove(track, `${randomUUID()}.signature`)).rejects.toMatchObject(invalid)
    await expect(remove(retry)).rejects.toMatchObject(invalid)
    await expect(hide(randomUUID())).rejects.toMatchObject(invalid)
    const Entries = [randomUUID(), given].map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
    const { Successful, Failed } = await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: track, Entries }))
    expect([Successful, Failed]).toMatchObject([
      [{ Id: '1' }],
      [{ Id: '0', Code: 'ReceiptHandleIsInvalid', SenderFault: true }],
    ])
    expect(await aws.queues.states()).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }])
    await remove(track)
  })

  test('a batch of which nothing is right', async () => {
    const { aws, sqs } = await anEndpoint()
    await aws.queues.createQueue('track', {})
    const command = new DeleteMessageBatchCommand({
      QueueUrl: aws.queueUrl('track'),
      Entries: [{ Id: '0', ReceiptHandle: 'unknown' }],
    })
    expect((await sqs().send(command)).Failed).toMatchObject([{ Id: '0', Code: 'ReceiptHandleIsInvalid' }])
  })
})

test('a queue that is not there is SQS’s own error', async () => {
  const { aws, sqs } = await anEndpoint()
  const command = new SendMessageCommand({ QueueUrl: aws.queueUrl('none'), MessageBody: 'x' })
  await expect(sqs().send(command)).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
    Code: 'AWS.SimpleQueueService.NonExistentQueue',
  })
})

test('a long poll is answered as soon as a message comes', async () => {
  const { aws, sqs } = await anEndpoint()
  await aws.queues.createQueue('track', {})
  const QueueUrl = aws.queueUrl('track')
  const poll = sqs().send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
  await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'late' }))
  expect((await poll).Messages).toHaveLength(1)
})

test('waits that functions ask for are scaled, in messages of their own and in batches', async () => {
  const { aws, sqs } = await anEndpoint({ timeScale: 0.001 })
  await aws.queues.createQueue('retry', { VisibilityTimeout: '600' })
  const QueueUrl = aws.queueUrl('retry')
  await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: 'one', DelaySeconds: 900 }))
  const Entries = [{ Id: '0', MessageBody: 'two', DelaySeconds: 900 }]
  await sqs().send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  // 900 s become 1 s; a wait that was not scaled would end this test by its own timeout.
  const counts: Record<string, number> = {}
  await vi.waitFor(
    async () => {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds: 1,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      })
      for (const { Body = '', ReceiptHandle, Attributes } of (await sqs().send(command)).Messages ?? []) {
        counts[Body] = Number(Attributes?.ApproximateReceiveCount)
        await sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 900 }))
      }
      expect(counts).toEqual({
        one: expect.toSatisfy((n: number) => n > 1) as number,
        two: expect.any(Number) as number,
      })
    },
    { timeout: 60_000 },
  )
})

test('waits of others are taken as they are', async () => {
  const { aws, sqs } = await anEndpoint({ timeScale: 0.001 })
  await aws.queues.createQueue('retry', {})
  const QueueUrl = aws.queueUrl('retry')
  await sqs('operator').send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds: 900 }))
  const { Messages } = await sqs('operator').send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 2 }))
  expect(Messages).toBeUndefined()
  expect(await aws.queues.states()).toMatchObject([{ delayed: 1 }])
})

test.each(['meta-token', secretArn('meta-token'), secretArn('meta-token').slice(0, -7)])(
  'a secret is found as %s',
  async (SecretId) => {
    const { aws, secretsManager } = await anEndpoint()
    aws.setSecrets(new Map([['meta-token', 'value']]))
    const secret = await secretsManager.send(new GetSecretValueCommand({ SecretId }))
    expect(secret).toMatchObject({ SecretString: 'value', Name: 'meta-token', VersionStages: ['AWSCURRENT'] })
  },
)

test('a secret that the settings name by its ARN is found by it', async () => {
  const { aws, secretsManager } = await anEndpoint()
  const SecretId = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shared-AbCdEf'
  aws.setSecrets(new Map([[SecretId, 'value']]))
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId }))
  expect(SecretString).toBe('value')
})

test('a secret that is not there is ResourceNotFoundException', async () => {
  const { secretsManager } = await anEndpoint()
  await expect(secretsManager.send(new GetSecretValueCommand({ SecretId: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret.",
  })
})

test('a new value is current, and the one before stays readable', async () => {
  const { aws, secretsManager } = await anEndpoint()
  aws.setSecrets(new Map([['token', 'old']]))
  await secretsManager.send(new PutSecretValueCommand({ SecretId: 'token', SecretString: 'new' }))
  const read = async (VersionStage?: string) =>
    (await secretsManager.send(new GetSecretValueCommand({ SecretId: 'token', VersionStage }))).SecretString
  expect([await read(), await read('AWSPREVIOUS')]).toEqual(['new', 'old'])
  const { VersionIdsToStages } = await secretsManager.send(new DescribeSecretCommand({ SecretId: 'token' }))
  expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']])
})

test('a version with a stage of its own becomes current only when the stage is taken from the version that has it', async () => {
  const { aws, secretsManager } = await anEndpoint()
  aws.setSecrets(new Map([['keys', 'first']]))
  const SecretId = 'keys'
  const current = () => secretsManager.send(new GetSecretValueCommand({ SecretId }))
  const put = (SecretString: string, VersionStages: string[]) =>
    secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString, VersionStages }))
  const { VersionId: first } = await current()
  const { VersionId: mine } = await put('mine', ['pending'])
  const { VersionId: theirs } = await put('theirs', ['pending'])
  expect((await current()).SecretString).toBe('first')
  const move = (from: string | undefined, to: string | undefined) =>
    secretsManager.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    )
  await move(first, theirs)
  await expect(move(first, mine)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  expect((await current()).SecretString).toBe('theirs')
  await move(theirs, mine)
  const { VersionIdsToStages } = await secretsManager.send(new DescribeSecretCommand({ SecretId }))
  expect(VersionIdsToStages).toEqual({ [`${mine}`]: ['AWSCURRENT'], [`${theirs}`]: ['pending', 'AWSPREVIOUS'] })
})

test('calls are told with action, resource, caller and what they say', async () => {
  const { aws, calls, sqs, secretsManager } = await anEndpoint()
  await aws.queues.createQueue('track', {})
  aws.setSecrets(new Map([['token', 'value']]))
  await sqs('ingest-key').send(new SendMessageCommand({ QueueUrl: aws.queueUrl('track'), MessageBody: 'x' }))
  await secretsManager.send(new GetSecretValueCommand({ SecretId: 'token' }))
  expect(calls).toEqual([
    {
      ...{ action: 'sqs:SendMessage', resource: 'track', caller: 'ingest-key' },
      input: { QueueUrl: aws.queueUrl('track'), MessageBody: 'x' },
    },
    {
      ...{ action: 'secretsmanager:GetSecretValue', resource: 'token', caller: 'function' },
      input: { SecretId: 'token' },
    },
  ])
})

async function call(url: string, target: string, body: string) {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target }
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test.each(['Kinesis_20131202.PutRecord', 'DynamoDB_20120810.GetItem', 'AmazonSQS', 'constructor.name'])(
  'the unknown target %s is UnknownOperationException',
  async (target) => {
    const { aws } = await anEndpoint()
    expect(await call(aws.url, target, '{}')).toEqual({
      status: 400,
      body: { __type: 'com.amazon.coral.service#UnknownOperationException' },
    })
  },
)

test('a body that is not JSON is SerializationException', async () => {
  const { aws } = await anEndpoint()
  expect(await call(aws.url, 'AmazonSQS.SendMessage', '{')).toMatchObject({
    status: 400,
    body: { __type: expect.stringContaining('SerializationException') as string },
  })
})

test('tables hold items', async () => {
  const { aws } = await anEndpoint()
  await aws.createTables([
    {
      TableName: 'register',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    },
  ])
  const Item = { pk: { S: 'a' } }
  await vi.waitFor(async () => {
    const put = await call(aws.url, 'DynamoDB_20120810.PutItem', JSON.stringify({ TableName: 'register', Item }))
    expect(put.status).toBe(200)
  }, 180_000)
  const get = await call(aws.url, 'DynamoDB_20120810.GetItem', JSON.stringify({ TableName: 'register', Key: Item }))
  expect(get.body).toEqual({ Item })
})
