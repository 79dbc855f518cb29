import type { Destination, Destinations } from '../config/destinations-schema.ts'
import type { SessionFields } from '../track/session.ts'
import type { QueuedEvent, QueuedUser, QueueMessage } from '../track/message.ts'

/** Users of one event on their way into or out of the audiences that one destination maps it to. */
export type AudienceOperation = {
  destination: Destination
  audienceIds: readonly string[]
  direction: 'add' | 'remove'
  users: readonly QueuedUser[]
  /** Place of the first of these users in the list that was sent. */
  offset: number
  messageId: string
  at: number
  session: SessionFields | undefined
}

/**
 * What a queued event asks for, by today's settings: an event that was renamed or unmapped since it was queued leads
 * to no operation.
 */
export function toOperations(message: QueueMessage, { destinations }: Destinations): AudienceOperation[] {
  return message.events.flatMap((event) =>
    destinations
      .filter((destination) => feeds(message.source, event, destination))
      .flatMap((destination) => operationsOf(event, destination)),
  )
}

function feeds(source: string, event: QueuedEvent, destination: Destination): boolean {
  return (
    destination.sources.includes(source) &&
    Object.hasOwn(destination.events, event.name) &&
    (event.destinations?.includes(destination.name) ?? true)
  )
}

function operationsOf(event: QueuedEvent, destination: Destination): AudienceOperation[] {
  return (['add', 'remove'] as const).flatMap((direction) => {
    const users = event[direction]
    if (!users) return []
    const { messageId, at, session, offset = 0 } = event
    const audienceIds = destination.events[event.name] ?? []
    return [{ destination, audienceIds, direction, users, offset, messageId, at, session }]
  })
}
