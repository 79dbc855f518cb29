import { audiencesOf } from '../config/audience-mapping.ts'
import type { Destination, Destinations } from '../config/destinations-schema.ts'
import type { SessionFields } from '../session/session-fields.ts'
import type { QueueMessage, QueuedEvent, QueuedUser } from '../track/message.ts'

/** Users of one event, on their way into or out of the audiences that one destination maps the event to. */
export type AudienceOperation = {
  destination: Destination
  audienceIds: readonly string[]
  direction: 'add' | 'remove'
  users: readonly QueuedUser[]
  /** The call was about this one person, and had no list. */
  isPerson: boolean
  /** Place of the first of these users in the list that was sent. */
  offset: number
  /** The place of each user there, where others of the list are not sent. */
  places?: readonly number[] | undefined
  /** The list there, if it is another than that of the direction. */
  cameIn?: 'add' | undefined
  messageId: string
  at: number
  session: SessionFields | undefined
  /** The users are erased. */
  isErasure: boolean
}

/** The operations that queued events ask for, by today's settings. */
export function toOperations({ source, events }: QueueMessage, { destinations }: Destinations): AudienceOperation[] {
  return events.flatMap((event) => destinations.flatMap((destination) => operationsOf(source, event, destination)))
}

/**
 * The part of a message that leads to no operation any more, because a destination or its events were renamed after it
 * was queued: events that nobody maps, and destinations that are gone.
 */
export function unmappedPart(message: QueueMessage, settings: Destinations): QueueMessage | undefined {
  const events = message.events.flatMap((event) => unmappedEvents(message.source, event, settings))
  return events.length > 0 ? { ...message, events } : undefined
}

/** The part of a message that leads to operations of these destinations. */
export function partFor(message: QueueMessage, destinations: readonly Destination[]): QueueMessage | undefined {
  const events = message.events.flatMap((event) => {
    const fed = destinations.filter((destination) => audienceIdsOf(message.source, event, destination).length > 0)
    return fed.length > 0 ? [{ ...event, destinations: fed.map(({ name }) => name) }] : []
  })
  return events.length > 0 ? { ...message, events } : undefined
}

/** One event for all names that lost the same destinations, so that its users are in it once. */
function unmappedEvents(source: string, event: QueuedEvent, { destinations }: Destinations): QueuedEvent[] {
  const { name: first, more = [], ...rest } = event
  const lost = Map.groupBy([first, ...more], (name) => {
    const fed = destinations
      .filter((destination) => audienceIdsOf(source, { ...rest, name }, destination).length > 0)
      .map((destination) => destination.name)
    if (!event.destinations) return fed.length === 0 ? 'all' : 'none'
    const gone = event.destinations.filter((each) => !fed.includes(each))
    return gone.length > 0 ? JSON.stringify(gone) : 'none'
  })
  return [...lost].flatMap(([which, [name, ...others]]) => {
    if (which === 'none' || name === undefined) return []
    const gone = which === 'all' ? {} : { destinations: JSON.parse(which) as string[] }
    return [{ ...rest, ...gone, name, ...(others.length > 0 && { more: others }) }]
  })
}

function audienceIdsOf(
  source: string,
  { by = 'event', name, more = [], destinations }: QueuedEvent,
  destination: Destination,
): readonly string[] {
  if (!(destinations?.includes(destination.name) ?? true)) return []
  const [ids, ...others] = [name, ...more].map((each) => audiencesOf(destination, source, { by, name: each }))
  return others.length === 0 ? (ids ?? []) : [...new Set([...(ids ?? []), ...others.flat()])]
}

function operationsOf(source: string, event: QueuedEvent, destination: Destination): AudienceOperation[] {
  const audienceIds = audienceIdsOf(source, event, destination)
  if (audienceIds.length === 0) return []
  return (['add', 'remove'] as const).flatMap((direction) => {
    const users = event[direction]
    if (!users) return []
    const { messageId, by, at, session, person: isPerson = false, offset = 0, places, cameIn } = event
    const operation = { destination, audienceIds, direction, users, isPerson, offset, places, messageId, at, session }
    return [{ ...operation, cameIn, isErasure: by === 'erasure' }]
  })
}
