import type { Destinations } from '../config/destinations-schema.ts'
import type { StoredMessage } from '../emulator/aws/queue-service.ts'
import { readDeadLetter } from '../retry/dead-letter.ts'
import { CRASHED } from '../retry/reason-advice.ts'

type Users = { add: number; remove: number }

/** A message of a dead-letter queue, without anything of the people in it. */
export type DeadLetter = {
  messageId: string
  queue: string
  /** `crashed` when SQS itself has moved it, because no consumer got done with it. */
  reason: string
  /** Absent where the body does not tell, and where it is for several. */
  destination?: string
  audiences?: string[]
  /** Absent where it has both. */
  direction?: keyof Users
  users?: Users
}

/** Describes a message of a dead-letter queue. */
export function describeDeadLetter(queue: string, message: StoredMessage, settings: Destinations): DeadLetter {
  const { messageId, body, messageAttributes } = message
  const { destinations = [], audiences = [], users } = readDeadLetter(body, settings) ?? {}
  const directions = (['add', 'remove'] as const).filter((each) => users && users[each] > 0)
  const destination = destinations.length === 1 ? destinations[0] : undefined
  const direction = directions.length === 1 ? directions[0] : undefined
  return {
    messageId,
    queue,
    reason: messageAttributes.reason?.StringValue ?? CRASHED,
    ...(destination !== undefined && { destination }),
    ...(audiences.length > 0 && { audiences: [...audiences] }),
    ...(direction && { direction }),
    ...(users && { users }),
  }
}
