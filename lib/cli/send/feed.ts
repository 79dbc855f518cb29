import { audiencesOf } from '../../config/audience-mapping.ts'
import type { Destination, Destinations, Source } from '../../config/destinations-schema.ts'
import { nearestFirst } from '../../config/nearest-name.ts'
import { UsageError } from '../wrong-use.ts'

/** Who sends the events of a file, and to which destinations they lead. */
export type Feed = { source: Source; event: string; destinations: readonly Destination[] }

const MOST_NAMED = 10

/**
 * The source whose key a file is sent with: the one that is named, or the only one that leads to these destinations. Its
 * clock must be trusted, or the rows would not be as old as they say. Throws UsageError.
 */
export function feedOf(settings: Destinations, event: string, name: string | undefined): Feed {
  const { sources } = settings
  if (name !== undefined && !sources.some((source) => source.name === name))
    throw new UsageError(`"${name}" is not a source; there are: ${sources.map((source) => source.name).join(', ')}`)
  const feeds = sources
    .map((source) => ({ source, event, destinations: destinationsOf(settings, event, source) }))
    .filter(({ source, destinations }) => destinations.length > 0 && (name === undefined || source.name === name))
  if (feeds.length === 0) {
    const mapped = [...new Set(settings.destinations.flatMap(({ events }) => Object.keys(events)))]
    const from = name === undefined ? '' : ` from source "${name}"`
    throw new UsageError(
      `No destination maps the event "${event}"${from} (case matters). Mapped are: ${nearestFirst(event, mapped, MOST_NAMED).join(', ') || 'none'}`,
    )
  }
  const usable = feeds.filter(({ source }) => obstacleOf(source) === undefined)
  const [first, ...others] = usable
  if (!first)
    throw new UsageError(
      feeds.map(({ source }) => `Source "${source.name}" cannot send a file: ${obstacleOf(source) ?? ''}`).join('\n'),
    )
  const different = others.filter((other) => namesOf(other) !== namesOf(first))
  if (different.length > 0)
    throw new UsageError(
      [
        `Several sources may send "${event}", to different destinations. Say which: --source NAME`,
        ...usable.map((feed) => `  ${feed.source.name}: ${namesOf(feed)}`),
      ].join('\n'),
    )
  return first
}

function obstacleOf({ allowedOrigins, clock, signed }: Source): string | undefined {
  if (allowedOrigins) return 'it has allowedOrigins, so it is for browsers, and its times are not believed.'
  if (clock === 'corrected') return 'it has "clock": "corrected", so the times of its rows are not believed.'
  if (signed) return 'it is signed, and this command has no signing secret.'
  return undefined
}

function destinationsOf({ destinations }: Destinations, event: string, { name }: Source): Destination[] {
  return destinations.filter((destination) => audiencesOf(destination, name, { by: 'event', name: event }).length > 0)
}

function namesOf({ destinations }: Feed): string {
  return destinations.map(({ name }) => name).join(', ')
}

/** The audiences of a feed, for people. */
export function audiencesIn({
  source,
  event,
  destinations,
}: Feed): { destination: Destination; audienceIds: readonly string[] }[] {
  return destinations.map((destination) => ({
    destination,
    audienceIds: audiencesOf(destination, source.name, { by: 'event', name: event }),
  }))
}

/** Why the rows of a feed cannot be an upload session; undefined if they can. */
export function sessionObstacle(feed: Feed): string | undefined {
  const several = audiencesIn(feed).find(({ audienceIds }) => audienceIds.length > 1)
  return (
    several &&
    `--session: destination "${several.destination.name}" sends this event to several audiences, and a session belongs to one`
  )
}
