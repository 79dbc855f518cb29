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
  messageAttributes: Record<string, { StringValue?: string }>
}

export type QueueService = {
  /** `timeScale` multiplies the waits of the call, after they were checked against SQS's limits. */
  call: (action: string, input: Entry, timeScale?: number) => Promise<AwsAnswer>
  createQueue: (name: string, attributes: Record<string, string>) => Promise<void>
  states: () => Promise<QueueState[]>
  messages: (name: string) => Promise<StoredMessage[]>
  close: () => Promise<void>
}

/**
 * SQS: fauxqs in this process, without a port of its own, and stricter where SQS is stricter. `queueUrl` turns its
 * queue URLs into ours.
 */
export function startQueueService(queueUrl: (name: string) => string): QueueService {
  const app = buildApp({ logger: false })
  const handles = createReceiptHandles()

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

  async function inspect<T>(path: string): Promise<T> {
    const { payload } = await app.inject({ method: 'GET', url: `/_fauxqs/queues${path}` })
    return JSON.parse(payload) as T
  }

  return {
    call,
    async createQueue(name, attributes) {
      const { status, body } = await call('CreateQueue', { QueueName: name, Attributes: attributes })
      if (status !== 200) throw new Error(`queue ${name} cannot be created: ${JSON.stringify(body)}`)
    },
    async states() {
      const queues = await inspect<FauxqsQueue[]>('')
      return queues.map((queue) => ({
        name: queue.name,
        visible: queue.approximateMessageCount,
        inFlight: queue.approximateInflightCount,
        delayed: queue.approximateDelayedCount,
      }))
    },
    async messages(name) {
      const { messages } = await inspect<FauxqsMessages>(`/${name}`)
      return [...messages.ready, ...messages.delayed, ...messages.inflight.map(({ message }) => message)]
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

type FauxqsMessages = {
  messages: { ready: StoredMessage[]; delayed: StoredMessage[]; inflight: { message: StoredMessage }[] }
}
