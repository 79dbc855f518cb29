import { SQSClient } from '@aws-sdk/client-sqs'
import { awsReason, findStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Surroundings } from '../surroundings.ts'
import { OutOfReach } from '../wrong-use.ts'
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
  const stack = await findStack(options, surroundings)
  const { terminal } = surroundings
  terminal.say(terminal.paint('dim', stack.title))
  for (const warning of stack.warnings) terminal.say(warning)
  const { settings } = stack
  const client = new SQSClient(stack.aws)
  const queueOf = (output: string, isSession: boolean) =>
    deadLetterQueue(client, { url: stack.output(output), isSession, settings }, surroundings)
  try {
    return await work({
      stack,
      client,
      queues: [queueOf('DeadLettersUrl', false), queueOf('SessionDeadLettersUrl', true)],
    })
  } catch (error) {
    if (isOfSdk(error)) throw new OutOfReach(`SQS did not do it: ${awsReason(error)}`)
    throw error
  } finally {
    client.destroy()
  }
}

/** Errors of the SDK, which carry what it knows of the call, and those of missing credentials. */
function isOfSdk(error: unknown): boolean {
  return error instanceof Error && ('$metadata' in error || error.name === 'CredentialsProviderError')
}
