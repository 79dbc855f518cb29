import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { SQSClient, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import type { QueueEntry } from '../track/message.ts'
import { callBatch, inParallel, toBatchCalls } from './batch-call.ts'
import type { BackOff, BatchResult } from './batch-call.ts'

/** SQS: a message has at most 1 MiB including attributes, and so has a batch in all. */
const MAX_BATCH_BYTES = 1024 * 1024

/** What became of messages. `reason` is the name of SQS's error, which has none of their content. */
export type Stored = { ok: true } | { ok: false; reason: string }

/**
 * Stores messages. The result is ok only if all are stored; storing them again does no harm. Messages are taken one by
 * one as they are sent, so an iterable that makes them never holds more than a few MiB.
 */
export type SendMessages = (messages: Iterable<QueueEntry>) => Promise<Stored>

/**
 * Sends to one queue, with several calls side by side, and repeats what SQS failed to take. After a lasting failure
 * nothing more is sent. In a FIFO queue the messages of a group stay in order: see `inRounds`.
 */
export function createSendMessages(client: Pick<SQSClient, 'send'>, queueUrl: string, waiting: BackOff): SendMessages {
  const sendBatch = (messages: readonly QueueEntry[]): Promise<BatchResult> =>
    callBatch(
      messages,
      (entries) => client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries.map(toEntry) })),
      waiting,
    )
  const sendAll = async (messages: Iterable<QueueEntry>): Promise<Stored> => {
    const results = await inParallel(toBatchCalls(messages, sizeOf, MAX_BATCH_BYTES), sendBatch, ({ ok }) => !ok)
    const failure = results.find((result) => !result.ok)
    return failure ? { ok: false, reason: failure.reason } : { ok: true }
  }
  if (!queueUrl.endsWith('.fifo')) return sendAll
  return async (messages) => {
    for (const round of inRounds(messages)) {
      const stored = await sendAll(round)
      if (!stored.ok) return stored
    }
    return { ok: true }
  }
}

/**
 * The first message of each group, then the second of each, and so on. No call has two messages of one group: SQS could
 * fail the first and take the second, and the repeated first would come behind it.
 */
function* inRounds(messages: Iterable<QueueEntry>): Generator<QueueEntry[]> {
  let groups = [...Map.groupBy(messages, ({ groupId }) => groupId).values()]
  for (let round = 0; groups.length > 0; round += 1) {
    yield groups.flatMap((group) => group.slice(round, round + 1))
    groups = groups.filter(({ length }) => length > round + 1)
  }
}

// SQS counts the name, type and value of attributes too.
function sizeOf(message: QueueEntry): number {
  return attributesOf(message).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    message.bytes,
  )
}

// SQS refuses an attribute without a value, and would refuse its message each time.
function attributesOf({ attributes = {} }: QueueEntry): [string, string][] {
  return Object.entries(attributes).filter(([, value]) => value !== '')
}

function toEntry(message: QueueEntry, index: number): SendMessageBatchRequestEntry {
  const { body, groupId, deduplicationId, delaySeconds } = message
  return {
    Id: String(index),
    MessageBody: body,
    ...(groupId !== undefined && { MessageGroupId: groupId }),
    ...(deduplicationId !== undefined && { MessageDeduplicationId: deduplicationId }),
    ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
    MessageAttributes: Object.fromEntries(
      attributesOf(message).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
  }
}
