import type { LambdaFunction } from '../emulator/lambda/function.ts'
import type { QueueService, QueueState, StoredMessage } from '../emulator/aws/queue-service.ts'
import type { QueueResource } from './template.ts'

/** The answer to GET /_local/status. */
export type LocalStatus = {
  queues: QueueState[]
  deadLetters: { messageId: string; reason: string }[]
  functions: { name: string; pid: number }[]
}

/**
 * The counts of every queue, the messages in dead-letter queues, and the running processes. SQS itself has moved a dead
 * letter without a `reason`: its consumer crashed on it.
 */
export async function readStatus(
  queues: readonly QueueResource[],
  service: Pick<QueueService, 'states' | 'messages'>,
  functions: readonly Pick<LambdaFunction, 'environments'>[],
): Promise<LocalStatus> {
  const named = new Set(queues.map(({ deadLetterArn }) => deadLetterArn))
  const deadLetterQueues = queues.filter(({ arn }) => named.has(arn))
  const messages = await Promise.all(deadLetterQueues.map(({ name }) => service.messages(name)))
  return {
    queues: await service.states(),
    deadLetters: messages.flat().map((message) => ({ messageId: message.messageId, reason: reasonOf(message) })),
    functions: functions.flatMap((each) => each.environments()),
  }
}

function reasonOf({ messageAttributes }: StoredMessage): string {
  return messageAttributes.reason?.StringValue ?? 'crashed'
}
