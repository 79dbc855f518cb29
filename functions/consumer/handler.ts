import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { REQUEST_TIMEOUT_MS } from '../../lib/graph-api/send-part.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { handleMerged } from './merged.ts'
import { inParts } from './parts.ts'
import { handleSessions } from './sessions.ts'
import { LONGEST_TURN_MS } from './turn.ts'

/** Kept free at the end of an invocation, to give back heads and to store what was not sent. */
const RESERVE_MS = 25_000

/** Handles a batch of messages from one queue. Answers the messages that must be delivered again, and only those. */
export function createConsumerHandler(dependencies: ConsumerDependencies, sessionQueueUrl: string) {
  const sessionQueue = queueName(sessionQueueUrl)
  return async (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SQSBatchResponse> => {
    const endsAt = dependencies.clock() + context.getRemainingTimeInMillis()
    const lastRequestAt = endsAt - RESERVE_MS - REQUEST_TIMEOUT_MS
    const invocation = { endsAt, lastRequestAt, patientUntil: lastRequestAt - LONGEST_TURN_MS }
    const queue = event.Records[0]?.eventSourceARN.split(':').at(-1) ?? ''
    const handle = queue === sessionQueue ? handleSessions : handleMerged
    const parts = inParts(event.Records)
    const failed: string[] = []
    for (const part of parts) {
      // If SQS is slow, there may be no time to store a hundred parts.
      if (dependencies.clock() > endsAt - RESERVE_MS) {
        failed.push(...part.map(({ messageId }) => messageId))
        continue
      }
      const failedInPart = new Set(await handle(part, invocation, dependencies))
      failed.push(...failedInPart)
      const done = part.filter(({ messageId }) => !failedInPart.has(messageId))
      if (parts.length === 1) break
      const deleted = await dependencies.deleteMessages(queue)(done.map(({ receiptHandle }) => receiptHandle))
      if (!deleted.ok) dependencies.log('warn', 'message_not_deleted', { count: done.length, reason: deleted.reason })
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** The name of a queue, as in its ARN. */
export function queueName(queueUrl: string): string {
  return queueUrl.split('/').at(-1) ?? ''
}
