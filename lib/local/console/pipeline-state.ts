import type { StoredMessage } from '../../emulator/aws/queue-service.ts'
import type { StackClock } from '../../emulator/lambda/stack-clock.ts'
import { timeOn } from '../../emulator/lambda/stack-clock.ts'
import { describeDeadLetter } from '../dead-letter.ts'
import { goesAt, isHandled } from '../waiting.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import { letterAdvice, waitAdvice } from './advice.ts'
import type { AudienceState, PipelineState, QueueRole } from './feed.ts'
import type { Placed } from './follow-queues.ts'
import type { Heard } from './heard-logs.ts'
import type { ContentReader } from './queue-contents.ts'

/** At most so many dead letters are listed; the queues' counts have them all. */
const MOST_DEAD_LETTERS = 100

/** A queue of the stack, and what it is for. */
export type RoleOfQueue = { name: string; role: QueueRole }

/** The outputs of the stack that are addresses of queues. */
const ROLES: Readonly<Record<string, QueueRole>> = {
  TrackQueueUrl: 'track',
  RemovalQueueUrl: 'removal',
  SessionQueueUrl: 'session',
  RetryQueueUrl: 'retry',
  DeadLettersUrl: 'dead_letter',
  SessionDeadLettersUrl: 'dead_letter',
}

/** The queues of a stack by its outputs, in the order in which events pass them. */
export function rolesOfQueues(outputs: Readonly<Record<string, string>>): RoleOfQueue[] {
  return Object.entries(ROLES).flatMap(([output, role]) => {
    const name = outputs[output]?.split('/').at(-1)
    return name === undefined ? [] : [{ name, role }]
  })
}

type Stored = { queue: RoleOfQueue; messages: readonly StoredMessage[] }

/** Who waits where, and what is dead: from the messages of the queues whose rows can wait. */
export function placedRows(
  stored: readonly Stored[],
  {
    contents,
    handedBack,
    heard,
    clock,
  }: {
    contents: ContentReader
    handedBack: ReadonlySet<string>
    heard: Heard
    clock: StackClock
  },
): Placed[] {
  const realNow = Date.now()
  return stored.flatMap(({ queue: { name, role }, messages }) => {
    const read = contents(name, messages)
    return messages.flatMap((message): Placed[] => {
      const { contents: all, thenWait } = read.get(message.messageId) ?? { contents: [], thenWait: 0 }
      const isDead = role === 'dead_letter'
      const isHeld = !isDead && isHandled(message, handedBack)
      // What a session's queue has visible has just come, or comes next.
      if (role === 'session' && message.hiddenUntil === undefined) return []
      const until = message.hiddenUntil === undefined ? undefined : goesAt(message, thenWait, clock, realNow)
      return all.map((content) => ({
        ...content,
        state: isDead ? 'dead_letter' : 'waiting',
        reason: isDead
          ? (message.messageAttributes.reason?.StringValue ?? 'crashed')
          : heard.whyWaits(content.destination, content.audience),
        ...(!isDead && until !== undefined && { until }),
        isHandled: isHeld,
      }))
    })
  })
}

/** The dead letters as the console lists them. */
export function deadLettersOf(stored: readonly Stored[], settings: Destinations): PipelineState['deadLetters'] {
  return stored
    .filter(({ queue }) => queue.role === 'dead_letter')
    .flatMap(({ queue, messages }) => messages.slice(0, MOST_DEAD_LETTERS).map((message) => ({ queue, message })))
    .slice(0, MOST_DEAD_LETTERS)
    .map(({ queue, message }) => {
      const {
        messageId,
        reason,
        destination,
        users = { add: 0, remove: 0 },
      } = describeDeadLetter(queue.name, message, settings)
      return {
        ...{ messageId, queue: queue.name, reason, advice: letterAdvice(reason), people: users.add + users.remove },
        ...(destination !== undefined && { destination }),
      }
    })
}

/** Why an audience waits: the reason of what goes first. */
export function waitsOf(placed: readonly Placed[], audience: string, clock: StackClock): AudienceState['waits'] {
  const waiting = placed.filter((each) => each.audience === audience && each.state === 'waiting' && !each.isHandled)
  if (waiting.length === 0) return undefined
  const first = waiting.reduce((one, other) => ((other.until ?? 0) < (one.until ?? 0) ? other : one))
  const advice = waitAdvice(first.reason, first.destination)
  return {
    reason: first.reason ?? '',
    ...(advice !== undefined && { advice }),
    people: waiting.reduce((sum, { people }) => sum + people, 0),
    until: first.until ?? timeOn(clock),
  }
}
