import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { countMessages } from '../../aws/queue-counts.ts'
import type { QueueCounts } from '../../aws/queue-counts.ts'
import { deadLetterQueues } from '../dead-letters/open.ts'
import type { DeadLetterQueue } from '../dead-letters/queue.ts'
import { survey } from '../dead-letters/survey.ts'
import type { Survey } from '../dead-letters/survey.ts'
import { reachError } from '../stack/aws-reason.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { readAudiences } from './audiences.ts'
import type { AudienceStatus } from './audiences.ts'
import { askCloudWatch } from './cloudwatch.ts'
import type { Watched } from './cloudwatch.ts'
import { readTokens } from './tokens.ts'
import type { TokenStatus } from './tokens.ts'

export type QueueStatus = QueueCounts & { queue: string; oldestSeconds?: number }

/** What is under way in a stack, what waits and why, and what was given up. */
export type StackStatus = {
  /** On the clock of the stack, as all times but those of alarms, which are on ours. */
  at: number
  queues: readonly QueueStatus[]
  audiences: readonly AudienceStatus[]
  deadLetters: Survey
  tokens: readonly TokenStatus[]
  /** Undefined for the local stack, which has no alarms. */
  watched: Watched | undefined
}

/** A status, and when what changes slowly was read, on our clock. */
export type Reading = { status: StackStatus; slowlyAt: number }

const QUEUES = {
  track: 'TrackQueueUrl',
  removal: 'RemovalQueueUrl',
  session: 'SessionQueueUrl',
  retry: 'RetryQueueUrl',
} as const

/** Reads the status of a stack, again and again. */
export type StatusSource = {
  /**
   * Reads it now. What changes slowly or costs calls of others (tokens, alarms, unchanged dead letters) is taken from
   * `before` for a minute. Throws OutOfReach.
   */
  read: (before: Reading | undefined, signal: AbortSignal) => Promise<Reading>
  close: () => void
}

const SLOWLY_MS = 60_000

export function openStatus(stack: Stack, surroundings: Surroundings): StatusSource {
  const sqs = new SQSClient(stack.aws)
  const register = new DynamoDBClient(stack.aws)
  const letterQueues = deadLetterQueues(sqs, stack, surroundings)
  const urls = Object.fromEntries(Object.entries(QUEUES).map(([queue, output]) => [queue, stack.output(output)]))
  const { clock } = surroundings

  async function read(before: Reading | undefined, signal: AbortSignal): Promise<Reading> {
    const known = before && clock() - before.slowlyAt < SLOWLY_MS ? before.status : undefined
    const [queues, audiences, deadLetters, tokens, watched] = await Promise.all([
      Promise.all(Object.entries(urls).map(async ([queue, url]) => ({ queue, ...(await countMessages(sqs, url)) }))),
      readAudiences(stack, register, surroundings),
      lettersIn(letterQueues, known?.deadLetters, signal, surroundings),
      known?.tokens ?? readTokens(stack, surroundings),
      known ? known.watched : stack.isLocal ? undefined : askCloudWatch(stack, urls, clock()),
    ])
    const withAge = queues.map((queue): QueueStatus => {
      const seconds = watched?.ok ? watched.oldestSeconds[queue.queue] : undefined
      return { ...queue, ...(seconds !== undefined && { oldestSeconds: seconds }) }
    })
    const status = { at: stack.clock(), queues: withAge, audiences, deadLetters, tokens, watched }
    return { status, slowlyAt: known && before ? before.slowlyAt : clock() }
  }

  return {
    read: async (before, signal) => {
      try {
        return await read(before, signal)
      } catch (error) {
        throw reachError(error)
      }
    },
    close: () => {
      sqs.destroy()
      register.destroy()
    },
  }
}

/** Reading hides messages from others for a moment, so it is not done again while SQS counts the same. */
async function lettersIn(
  queues: readonly DeadLetterQueue[],
  known: Survey | undefined,
  signal: AbortSignal,
  surroundings: Surroundings,
): Promise<Survey> {
  if (known?.isComplete) {
    const counts = await Promise.all(queues.map(({ count }) => count()))
    if (counts.reduce((sum, { all }) => sum + all, 0) === known.all) return known
  }
  return survey(queues, signal, surroundings)
}
