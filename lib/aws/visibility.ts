import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { LONGEST_WAIT_SECONDS } from '../retry/schedule.ts'
import type { Stored } from './queue.ts'

/** Hides a received message for a while. The message must also be reported as failed, or Lambda deletes it. */
export type HideMessage = (receiptHandle: string, seconds: number) => Promise<Stored>

/**
 * Changes visibility timeouts in one queue. If SQS cannot do it, the queue's own visibility timeout holds, and the log
 * says so.
 */
export function createHideMessage(client: Pick<SQSClient, 'send'>, queueUrl: string): HideMessage {
  return async (receiptHandle, seconds) => {
    const VisibilityTimeout = Math.min(Math.max(0, Math.ceil(seconds)), LONGEST_WAIT_SECONDS)
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout }),
      )
      return { ok: true }
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.name : 'unknown' }
    }
  }
}
