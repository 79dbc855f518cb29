import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { Message, MessageAttributeValue, SQSClient } from '@aws-sdk/client-sqs'
import type { SQSMessageAttribute, SQSRecord, SQSRecordAttributes } from 'aws-lambda'
import type { PolledQueue } from './event-source-mapping.ts'

/** DeleteMessageBatch calls under way at once. */
const PARALLEL_DELETES = 10

/** A real queue for an event source mapping. `delete` rejects, after trying all, when some were not deleted. */
export function sqsQueue(client: SQSClient, queueUrl: string, queueArn: string): PolledQueue {
  async function deleteTen(handles: string[]): Promise<number> {
    const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
    const { Failed } = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
    return Failed?.length ?? 0
  }

  return {
    async receive(max, waitSeconds, abortSignal) {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: max,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal },
      )
      return (Messages ?? []).map((message) => toRecord(message, queueArn))
    },
    async delete(receiptHandles) {
      const tens = chunks(receiptHandles, 10)
      let failed = 0
      for (const round of chunks(tens, PARALLEL_DELETES)) {
        const results = await Promise.allSettled(round.map(deleteTen))
        for (const result of results) failed += result.status === 'fulfilled' ? result.value : 10
      }
      if (failed > 0) throw new Error(`up to ${failed} of ${receiptHandles.length} messages were not deleted`)
    },
  }
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}

/** A received message as a record of the event. Source: "Using Lambda with Amazon SQS", example events. */
export function toRecord(message: Message, queueArn: string): SQSRecord {
  const attributes = Object.entries(message.MessageAttributes ?? {})
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: (message.Attributes ?? {}) as SQSRecordAttributes,
    messageAttributes: Object.fromEntries(attributes.map(([name, value]) => [name, toAttribute(value)])),
    ...(message.MD5OfMessageAttributes && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: 'us-east-1',
  }
}

function toAttribute({ StringValue, BinaryValue, DataType }: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType ?? 'String',
  }
}
