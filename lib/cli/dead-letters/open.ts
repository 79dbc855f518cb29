import { SQSClient } from '@aws-sdk/client-sqs'
import { reachError } from '../stack/aws-reason.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Surroundings } from '../surroundings.ts'
import { deadLetterQueue } from './queue.ts'
import type { DeadLetterQueue } from './queue.ts'

/** A stack and its dead-letter queues. */
export type Opened = { stack: Stack; client: SQSClient; queues: readonly [DeadLetterQueue, DeadLetterQueue] }

/**
 * Does something with the dead-letter queues of a stack, after it has said which stack that is. Throws OutOfReach when
 * SQS refuses or cannot be reached.
 */
export async function withDeadLetters<T>(
  options: StackOptions,
  surroundings: Surroundings,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const stack = await openStack(options, surroundings)
  const client = new SQSClient(stack.aws)
  try {
    return await work({ stack, client, queues: deadLetterQueues(client, stack, surroundings) })
  } catch (error) {
    throw reachError(error)
  } finally {
    client.destroy()
  }
}

/** The dead-letter queues of a stack: of what came without a session, and of sessions. */
export function deadLetterQueues(
  client: SQSClient,
  { output, settings }: Pick<Stack, 'output' | 'settings'>,
  surroundings: Pick<Surroundings, 'sleep' | 'random'>,
): [DeadLetterQueue, DeadLetterQueue] {
  const queueOf = (name: string, isSession: boolean) =>
    deadLetterQueue(client, { url: output(name), isSession, settings }, surroundings)
  return [queueOf('DeadLettersUrl', false), queueOf('SessionDeadLettersUrl', true)]
}
