import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { ConsumerDependencies } from './dependencies.ts'
import { handleMerged } from './merged.ts'
import { handleSessions } from './sessions.ts'

/** Kept free at the end of an invocation, to store what was not sent. */
const RESERVE_MS = 15_000

/** Of these, for reading in the register what was written while the last request was sent. */
const LAST_READ_MS = 5_000

/** Handles a batch of one queue; answers the messages that must be delivered again, and only those. */
export function createConsumerHandler(dependencies: ConsumerDependencies, sessionQueueUrl: string) {
  const sessionQueue = sessionQueueUrl.split('/').at(-1)
  return async (
    event: SQSEvent,
    context: Pick<Context, 'getRemainingTimeInMillis' | 'awsRequestId'>,
  ): Promise<SQSBatchResponse> => {
    const deadline = dependencies.clock() + context.getRemainingTimeInMillis() - RESERVE_MS
    const invocation = {
      deadline,
      register: dependencies.registerFor(context.awsRequestId, deadline + LAST_READ_MS),
      uploadSessions: dependencies.uploadSessionsFor(),
    }
    const queue = event.Records[0]?.eventSourceARN.split(':').at(-1)
    const handle = queue === sessionQueue ? handleSessions : handleMerged
    const failed = await handle(event.Records, invocation, dependencies)
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
