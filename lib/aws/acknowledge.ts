import { DeleteMessageBatchCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { callBatch, inParallel, toBatches } from './batch-call.ts'
import type { Waiting } from './batch-call.ts'
import type { Stored } from './queue.ts'

/** Deletes received messages, by their receipt handles. What it answers is for the log, and never an error. */
export type Acknowledge = (receiptHandles: readonly string[]) => Promise<Stored>

/**
 * Deletes from one queue what was done with, before Lambda does it when the invocation ends. A message that cannot be
 * deleted comes again, which does no harm: so not ok is worth a log line, and nothing else may depend on it.
 */
export function createAcknowledge(client: Pick<SQSClient, 'send'>, queueUrl: string, waiting: Waiting): Acknowledge {
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
    const batches = toBatches(receiptHandles, () => 0, Infinity)
    // A handle that SQS does not know says nothing about the others; a queue out of reach does.
    const results = await inParallel(batches, deleteBatch, (result) => !result.ok && result.whole)
    const failure = results.find((result) => !result.ok)
    return failure ? { ok: false, reason: failure.reason } : { ok: true }
  }
}
