import { DeleteMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { callBatch, inParallel, toBatchCalls } from './batch-call.ts'
import type { BackOff } from './batch-call.ts'
import type { Stored } from './queue.ts'

/** Deletes received messages by their receipt handles. The result is for the log; it never rejects. */
export type DeleteMessages = (receiptHandles: readonly string[]) => Promise<Stored>

/**
 * Deletes messages from one queue as soon as they are done, before Lambda does it at the end of the invocation. A
 * message that cannot be deleted comes again, which does no harm. So a failure is logged, and nothing else may depend
 * on it.
 */
export function createDeleteMessages(
  client: Pick<SQSClient, 'send'>,
  queueUrl: string,
  waiting: BackOff,
): DeleteMessages {
  const deleteBatch = (receiptHandles: readonly string[]) =>
    callBatch(
      receiptHandles,
      (handles) =>
        client.send(
          new DeleteMessageBatchCommand({
            QueueUrl: queueUrl,
            Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
          }),
        ),
      waiting,
    )
  return async (receiptHandles) => {
    const batches = toBatchCalls(receiptHandles, () => 0, Infinity)
    // An unknown handle says nothing about the others. A queue that cannot be reached does.
    const results = await inParallel(batches, deleteBatch, (result) => !result.ok && result.whole)
    const failure = results.find((result) => !result.ok)
    return failure ? { ok: false, reason: failure.reason } : { ok: true }
  }
}
