import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'

/** How many messages a queue holds, as SQS counts them, about. Those in flight were received and not deleted yet. */
export type QueueCounts = { waiting: number; inFlight: number; delayed: number }

/** Asks SQS for the counts of a queue. Rejects with the SDK's error. */
export async function countMessages(client: Pick<SQSClient, 'send'>, url: string): Promise<QueueCounts> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  )
  return {
    waiting: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
  }
}
