import { ChangeMessageVisibilityBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { callBatch, toBatchCalls } from '../../aws/batch-call.ts'
import type { BackOff } from '../../aws/batch-call.ts'
import { createDeleteMessages } from '../../aws/delete-messages.ts'
import type { DeleteMessages } from '../../aws/delete-messages.ts'
import { countMessages } from '../../aws/queue-counts.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import { letterOf } from './letter.ts'
import type { ReceivedLetter } from './letter.ts'

/** A dead-letter queue. Every function rejects with the SDK's error, but for `delete`. */
export type DeadLetterQueue = {
  isSession: boolean
  /** How many messages SQS counts, and how many of them somebody else is reading. Both are approximate. */
  count: () => Promise<{ all: number; hidden: number }>
  /** Up to ten messages, which are hidden for so many seconds; none when SQS has no more for now. */
  receive: (hiddenSeconds: number, waitSeconds: number) => Promise<ReceivedLetter[]>
  /** Makes received messages visible again. */
  release: (receiptHandles: readonly string[]) => Promise<void>
  delete: DeleteMessages
}

/** One of the dead-letter queues of a stack. */
export function deadLetterQueue(
  client: SQSClient,
  { url, isSession, settings }: { url: string; isSession: boolean; settings: Destinations },
  waiting: BackOff,
): DeadLetterQueue {
  return {
    isSession,
    async count() {
      const { waiting, inFlight } = await countMessages(client, url)
      return { all: waiting + inFlight, hidden: inFlight }
    },
    async receive(VisibilityTimeout, WaitTimeSeconds) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds,
          VisibilityTimeout,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      )
      return Messages.map((message: Message) => letterOf(message, isSession, settings))
    },
    async release(receiptHandles) {
      // What cannot be released becomes visible by itself when its time is over.
      for (const handles of toBatchCalls(receiptHandles, () => 0, Infinity))
        await callBatch(
          handles,
          (entries) =>
            client.send(
              new ChangeMessageVisibilityBatchCommand({
                QueueUrl: url,
                Entries: entries.map((ReceiptHandle, place) => ({
                  Id: String(place),
                  ReceiptHandle,
                  VisibilityTimeout: 0,
                })),
              }),
            ),
          waiting,
        )
    },
    delete: createDeleteMessages(client, url, waiting),
  }
}
