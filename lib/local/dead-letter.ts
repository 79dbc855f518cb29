import { toOperations } from '../audience/operation.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import type { StoredMessage } from '../emulator/aws/queue-service.ts'
import { summariseRows } from '../retry/summary.ts'
import { decodeMessage } from '../track/message.ts'

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

/** Describes a message of a dead-letter queue. Events lead where the settings of today send them. */
export function describeDeadLetter(queue: string, message: StoredMessage, settings: Destinations): DeadLetter {
  const { messageId, body, messageAttributes } = message
  const { destinations = [], audiences, users } = contentOf(body, settings) ?? {}
  const directions = (['add', 'remove'] as const).filter((each) => users && users[each] > 0)
  const destination = new Set(destinations).size === 1 ? destinations[0] : undefined
  const direction = directions.length === 1 ? directions[0] : undefined
  return {
    messageId,
    queue,
    reason: messageAttributes.reason?.StringValue ?? 'crashed',
    ...(destination !== undefined && { destination }),
    ...(audiences && audiences.length > 0 && { audiences: [...new Set(audiences)] }),
    ...(direction && { direction }),
    ...(users && { users }),
  }
}

type Content = { destinations: string[]; audiences: string[]; users: Users }

function contentOf(body: string, settings: Destinations): Content | undefined {
  const rows = summariseRows(body)
  if (rows) {
    const { destination, audienceIds, add, remove } = rows
    return { destinations: [destination], audiences: audienceIds, users: { add, remove } }
  }
  const message = decodeMessage(body)
  if (!message) return undefined
  const operations = toOperations(message, settings)
  const count = (direction: keyof Users) =>
    message.events.reduce((sum, event) => sum + (event[direction]?.length ?? 0), 0)
  return {
    destinations: operations.map(({ destination }) => destination.name),
    audiences: operations.flatMap(({ audienceIds }) => audienceIds),
    users: { add: count('add'), remove: count('remove') },
  }
}
