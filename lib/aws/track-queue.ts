import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { SQSClient, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import type { OutgoingMessage } from '../track/message.ts'

/** SQS: a batch has at most ten messages and 1 MiB in all. */
const MAX_ENTRIES = 10
const MAX_BATCH_BYTES = 1024 * 1024

/** A message with what only some queues use. */
export type QueueEntry = OutgoingMessage & {
  delaySeconds?: number
  attributes?: Readonly<Record<string, string>>
}

/** What became of messages; `reason` is the name of SQS's error, which holds nothing of their content. */
export type Stored = { ok: true } | { ok: false; reason: string }

/** Stores messages, all of them or not ok. Storing them again does no harm. */
export type SendMessages = (messages: readonly QueueEntry[]) => Promise<Stored>

/**
 * Sends to one queue, with few calls, and repeats what SQS refused of a call that it took. A FIFO queue gets one call
 * after the other and nothing after one that failed, because the batches of a session must stay in order. What SQS
 * refused alone comes behind the rest of its call; the consumer sends it without the session if that has ended.
 */
export function createSendMessages(client: Pick<SQSClient, 'send'>, queueUrl: string, attempts = 3): SendMessages {
  const sendBatch = async (messages: readonly QueueEntry[]): Promise<Stored> => {
    let sent: Sent = { pending: messages, reason: '', partly: true }
    for (let attempt = 0; attempt < attempts && sent.partly && sent.pending.length > 0; attempt += 1)
      sent = await send(client, queueUrl, sent.pending)
    return sent.pending.length === 0 ? { ok: true } : { ok: false, reason: sent.reason }
  }
  const sendInOrder = async (batches: readonly QueueEntry[][]): Promise<Stored> => {
    for (const batch of batches) {
      const stored = await sendBatch(batch)
      if (!stored.ok) return stored
    }
    return { ok: true }
  }
  return async (messages) => {
    const batches = toBatches(messages)
    if (queueUrl.endsWith('.fifo')) return sendInOrder(batches)
    const stored = await Promise.all(batches.map(sendBatch))
    return stored.find(({ ok }) => !ok) ?? { ok: true }
  }
}

/** Groups messages for SendMessageBatch, in their order. */
function toBatches(messages: readonly QueueEntry[]): QueueEntry[][] {
  const batches: QueueEntry[][] = []
  let batch: QueueEntry[] = []
  let room = 0
  for (const message of messages) {
    const bytes = sizeOf(message)
    if (batch.length === 0 || batch.length === MAX_ENTRIES || bytes > room) {
      batches.push((batch = []))
      room = MAX_BATCH_BYTES
    }
    batch.push(message)
    room -= bytes
  }
  return batches
}

// SQS counts the name, type and value of attributes too.
function sizeOf({ bytes, attributes = {} }: QueueEntry): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    bytes,
  )
}

type Sent = { pending: readonly QueueEntry[]; reason: string; partly: boolean }

async function send(client: Pick<SQSClient, 'send'>, queueUrl: string, messages: readonly QueueEntry[]): Promise<Sent> {
  try {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: messages.map(toEntry) }),
    )
    const failed = new Set(Failed.map(({ Id }) => Id))
    return {
      pending: messages.filter((_, index) => failed.has(String(index))),
      reason: Failed[0]?.Code ?? '',
      partly: true,
    }
  } catch (error) {
    // The client has repeated it already. Whether anything was stored is not known, so all of it counts as not stored.
    return { pending: messages, reason: error instanceof Error ? error.name : 'unknown', partly: false }
  }
}

function toEntry(message: QueueEntry, index: number): SendMessageBatchRequestEntry {
  const { body, groupId, deduplicationId, delaySeconds, attributes = {} } = message
  return {
    Id: String(index),
    MessageBody: body,
    ...(groupId !== undefined && { MessageGroupId: groupId }),
    ...(deduplicationId !== undefined && { MessageDeduplicationId: deduplicationId }),
    ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
  }
}
