import type { Destination, Destinations } from '../config/destinations-schema.ts'
import { maps } from '../config/mapped-events.ts'
import type { SessionFields } from '../session/session-fields.ts'
import type { QueueMessage, QueuedEvent, QueuedUser } from '../track/message.ts'

/** Users of one event, on their way into or out of the audiences that one destination maps the event to. */
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

/** The operations that queued events ask for, by today's settings. */
export function toOperations(message: QueueMessage, { destinations }: Destinations): AudienceOperation[] {
  return message.events.flatMap((event) =>
    destinations
      .filter((destination) => feeds(message.source, event, destination))
      .flatMap((destination) => operationsOf(event, destination)),
  )
}

/**
 * The part of a message that leads to no operation any more, because a destination or its events were renamed after it
 * was queued: events that nobody maps, and destinations that are gone.
 */
export function unmappedPart(message: QueueMessage, { destinations }: Destinations): QueueMessage | undefined {
  const events = message.events.flatMap((event) => {
    const fed = destinations.filter((destination) => feeds(message.source, event, destination)).map(({ name }) => name)
    if (!event.destinations) return fed.length === 0 ? [event] : []
    const gone = event.destinations.filter((name) => !fed.includes(name))
    return gone.length > 0 ? [{ ...event, destinations: gone }] : []
  })
  return events.length > 0 ? { ...message, events } : undefined
}

function feeds(source: string, event: QueuedEvent, destination: Destination): boolean {
  return maps(destination, source, event.name) && (event.destinations?.includes(destination.name) ?? true)
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
