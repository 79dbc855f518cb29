import { randomUUID } from 'node:crypto'
import { buildApp } from 'fauxqs'
import { awsError } from './answer.ts'
import type { AwsAnswer } from './answer.ts'
import { queueNameOf } from './call.ts'
import { admit } from './queue-limits.ts'
import type { Entry, Refusal } from './queue-limits.ts'
import { createReceiptHandles } from './receipt-handles.ts'
import { scaleWaits } from './time-scale.ts'

export type QueueState = { name: string; visible: number; inFlight: number; delayed: number }

/** A message that is still in its queue, read without receiving it. */
export type StoredMessage = {
  messageId: string
  body: string
  messageAttributes: Record<string, { StringValue?: string }>
  /** How often it was received. */
  receives: number
  /** When it can be received, ms since 1970; absent when that is now. */
  hiddenUntil?: number
  /** The handle of its last receive; absent when it is not in flight. */
  receiptHandle?: string
}

export type QueueService = {
  /** `timeScale` multiplies the waits of the call, after they were checked against SQS's limits. */
  call: (action: string, input: Entry, timeScale?: number) => Promise<AwsAnswer>
  createQueue: (name: string, attributes: Record<string, string>) => Promise<void>
  states: () => Promise<QueueState[]>
  messages: (name: string) => Promise<StoredMessage[]>
  /**
   * Makes every message visible that is delayed, or in flight with one of these receipt handles; all others in flight
   * stay where they are. A delay counts as served, so its message comes as if it had been received before. Answers how many.
   */
  release: (name: string, receiptHandles: readonly string[]) => Promise<number>
  close: () => Promise<void>
}

/**
 * SQS: fauxqs in this process, without a port of its own, and stricter where SQS is stricter. `queueUrl` turns its
 * queue URLs into ours.
 */
export function startQueueService(queueUrl: (name: string) => string): QueueService {
  const app = buildApp({ logger: false })
  const handles = createReceiptHandles()
  const lookers = new Map<string, (messages: FauxqsMessages) => void>()
  // What its inspection finds passes here as it is in the store, before it is written as an answer.
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    const look = lookers.get(String(request.headers['x-look']))
    look?.((payload as { messages: FauxqsMessages }).messages)
    done(null, look ? {} : payload)
  })

  /** Gives the messages of a queue, not copies, to `look`. It is called at once, so none of them moves meanwhile. */
  async function withMessages(name: string, look: (messages: FauxqsMessages) => void): Promise<void> {
    const id = randomUUID()
    lookers.set(id, look)
    await app.inject({ method: 'GET', url: `/_fauxqs/queues/${name}`, headers: { 'x-look': id } })
    lookers.delete(id)
  }

  async function call(action: string, input: Entry, timeScale = 1): Promise<AwsAnswer> {
    const queue = queueNameOf(String(input.QueueUrl))
    const admitted = admit(input, (handle) => handles.open(queue, handle))
    if (!admitted.ok) return refusal(admitted)
    const { refused } = admitted
    const isAllRefused = refused.length > 0 && refused.length === (input.Entries as Entry[]).length
    const answer = isAllRefused
      ? { status: 200, body: {} }
      : await ask(action, scaleWaits(action, admitted.input, timeScale))
    const { Messages, Failed = [] } = answer.body as { Messages?: Entry[]; Failed?: Entry[] }
    const signed = Messages?.map((message) => ({
      ...message,
      ReceiptHandle: handles.sign(queue, String(message.ReceiptHandle)),
    }))
    return {
      ...answer,
      body: {
        ...answer.body,
        ...(signed && { Messages: signed }),
        ...(refused.length > 0 && answer.status === 200 && { Failed: [...Failed, ...refused] }),
      },
    }
  }

  async function ask(action: string, input: Entry): Promise<AwsAnswer> {
    const { statusCode, payload, headers } = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      payload: JSON.stringify(input),
    })
    const body = JSON.parse(payload) as Record<string, unknown>
    const own = (url: unknown) => queueUrl(queueNameOf(String(url)))
    if (body.QueueUrl) body.QueueUrl = own(body.QueueUrl)
    if (Array.isArray(body.QueueUrls)) body.QueueUrls = body.QueueUrls.map(own)
    // The older error code, which the SDK puts on its error; fauxqs gives these two a prefix that AWS does not.
    const code = headers['x-amzn-query-error']
      ?.toString()
      .replace(/^.*\.(?=InvalidParameterValue|MissingParameter)/, '')
    return { status: statusCode, body, ...(code !== undefined && { headers: { 'x-amzn-query-error': code } }) }
  }

  return {
    call,
    async createQueue(name, attributes) {
      const { status, body } = await call('CreateQueue', { QueueName: name, Attributes: attributes })
      if (status !== 200) throw new Error(`queue ${name} cannot be created: ${JSON.stringify(body)}`)
    },
    async states() {
      const { payload } = await app.inject({ method: 'GET', url: '/_fauxqs/queues' })
      return (JSON.parse(payload) as FauxqsQueue[]).map((queue) => ({
        name: queue.name,
        visible: queue.approximateMessageCount,
        inFlight: queue.approximateInflightCount,
        delayed: queue.approximateDelayedCount,
      }))
    },
    async messages(name) {
      let stored: StoredMessage[] = []
      await withMessages(name, ({ ready, delayed, inflight }) => {
        stored = [
          ...ready.map((message) => asStored(message)),
          ...delayed.map((message) => asStored(message, message.delayUntil)),
          ...inflight.map(({ message, visibilityDeadline, receiptHandle }) => ({
            ...asStored(message, visibilityDeadline),
            receiptHandle: handles.sign(name, receiptHandle),
          })),
        ]
      })
      return stored
    },
    async release(name, receiptHandles) {
      let released = 0
      await withMessages(name, ({ ready, delayed }) => {
        for (const message of [...ready, ...delayed])
          if (message.delayUntil !== undefined) message.approximateReceiveCount ||= 1
        for (const message of delayed) message.delayUntil = Date.now()
        released = delayed.length
      })
      for (const ReceiptHandle of receiptHandles) {
        const { status } = await call('ChangeMessageVisibility', {
          QueueUrl: name,
          ReceiptHandle,
          VisibilityTimeout: 0,
        })
        // A message that has come back by itself meanwhile has another handle, and is not touched.
        if (status === 200) released += 1
      }
      return released
    },
    close: async () => {
      await app.close()
    },
  }
}

function refusal({ code, message }: Refusal): AwsAnswer {
  return { ...awsError(`com.amazonaws.sqs#${code}`, message), headers: { 'x-amzn-query-error': `${code};Sender` } }
}

type FauxqsQueue = {
  name: string
  approximateMessageCount: number
  approximateInflightCount: number
  approximateDelayedCount: number
}

type FauxqsMessage = Pick<StoredMessage, 'messageId' | 'body' | 'messageAttributes'> & {
  approximateReceiveCount: number
  delayUntil?: number
}

type FauxqsMessages = {
  ready: FauxqsMessage[]
  delayed: FauxqsMessage[]
  inflight: { message: FauxqsMessage; receiptHandle: string; visibilityDeadline: number }[]
}

function asStored(message: FauxqsMessage, hiddenUntil?: number): StoredMessage {
  const { messageId, body, messageAttributes, approximateReceiveCount: receives } = message
  return { messageId, body, messageAttributes, receives, ...(hiddenUntil !== undefined && { hiddenUntil }) }
}
