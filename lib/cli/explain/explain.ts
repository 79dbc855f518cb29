import type { UserPlace } from '../../audience/lot.ts'
import type { Destinations, Source } from '../../config/destinations-schema.ts'
import type { Withheld } from '../../track/consenting-users.ts'
import type { EventTime } from '../../track/event-time.ts'
import { isGiven, isObject } from '../../track/json-object.ts'
import { decodeMessage, packMessages } from '../../track/message.ts'
import { TOO_MANY_PEOPLE } from '../../track/people-bytes.ts'
import { createEventReader, mappedLike } from '../../track/selection.ts'
import type { MappedByKind, Selection } from '../../track/selection.ts'
import { IGNORED, REJECTIONS } from '../../track/unused-event.ts'
import { WARNINGS } from '../../track/warning.ts'
import type { EventWarning } from '../../track/warning.ts'
import { explainDestination } from './explain-destination.ts'
import type { DestinationExplanation } from './explain-destination.ts'
import { LEFT_OUT } from './left-out.ts'

type Said = { code: string; message: string }

/** What an event would lead to: every request, every user field by field, and everything that would be left out. */
export type Explanation = Pick<DestinationExplanation, 'requests' | 'users' | 'dropped'> & {
  /** When the first event happened, in ISO 8601, and which of its times says so; null if no event is used. */
  time: { value: string; from: EventTime['from'] } | null
  /** Events that were not used. */
  rejected: (Said & { index: number; keys?: readonly string[]; field?: string; suggestion?: string })[]
  /** Events that lead to nothing. `mapped` are the names that lead to something, the most similar first. */
  ignored: (Said & {
    index: number
    event?: string
    key?: string | null
    type?: string | null
    suggestion?: string
    mapped?: string[]
  })[]
  warnings: (Said &
    Partial<UserPlace> &
    Partial<Pick<EventWarning, 'field' | 'suggestion' | 'count' | 'category' | 'said' | 'given'>>)[]
  /** How many more of each there are. */
  more: { rejected: number; ignored: number; warnings: number }
  error: null | Said
}

/**
 * Takes an event through the pipeline of the deployed functions, from its JSON to Meta's requests, without a network.
 * Without a `sender`, every destination that maps the event gets it, its audience is that of the first source that has one,
 * and its clock is trusted.
 */
export function explain(body: unknown, settings: Destinations, clock: () => number, sender?: Source): Explanation {
  const source = sender ?? anySource(settings)
  const destinations = sender
    ? settings.destinations
    : settings.destinations.map((destination) => ({ ...destination, sources: [source.name] }))
  const reader = createEventReader({ sources: [source], destinations }, source)
  const receivedAt = clock()
  const selection = reader.read(body, {
    routeType: isBareRecord(body) ? 'record' : undefined,
    receivedAt,
    newId: () => 'no-message-id',
  })
  const messages = Object.values(packMessages(source.name, receivedAt, selection.lists))
    .flat()
    .flatMap(({ body: text }) => decodeMessage(text) ?? [])
  const events = messages.flatMap(({ events: queued }) => queued)
  const explained = destinations.map((destination) =>
    explainDestination(destination, { source: source.name, receivedAt, events }, clock),
  )
  const unused = explainUnused(selection, reader)
  const [{ code, message } = NO_EVENTS] = [
    ...(selection.tooManyPeople ? [TOO_MANY] : []),
    ...unused.rejected,
    ...unused.ignored,
  ]
  return {
    time: timeOf(selection),
    requests: explained.flatMap(({ requests }) => requests),
    users: explained.flatMap(({ users }) => users),
    dropped: [...selection.withheld.flatMap(explainWithheld), ...explained.flatMap(({ dropped }) => dropped)],
    ...unused,
    warnings: [
      ...trialRuns(explained),
      ...selection.warnings.named.map((warning) => ({ ...warning, message: WARNINGS[warning.code] })),
      ...explained.flatMap(({ doubts }) => doubts),
    ],
    more: {
      rejected: selection.rejected.unnamed,
      ignored: selection.ignored.unnamed,
      warnings: selection.warnings.unnamed,
    },
    error: selection.tooManyPeople || selection.events.length === 0 ? { code, message } : null,
  }
}

/** Whether a body is a record without its type, as `/v1/record` takes it. */
export function isBareRecord(body: unknown): boolean {
  const { type, event, action, fields, identifiers } = isObject(body) ? body : {}
  return !isGiven(type) && !isGiven(event) && isGiven(action) && (isObject(fields) || isObject(identifiers))
}

/** One warning for each destination that would only count its requests. */
function trialRuns(explained: readonly DestinationExplanation[]): Explanation['warnings'] {
  const names = explained.flatMap(({ requests }) =>
    requests.flatMap(({ dryRun, destination }) => (dryRun ? [destination] : [])),
  )
  return [...new Set(names)].map((destination) => ({
    code: 'dry_run',
    destination,
    message: `Destination "${destination}" has a trial run (dryRun), so its requests are counted and not sent.`,
  }))
}

function explainWithheld({ destination, isPerson, places }: Withheld): Explanation['dropped'] {
  const list = isPerson ? 'person' : 'userListAdd'
  const why = { reason: 'consent_denied', message: LEFT_OUT.consent_denied } as const
  return places.map((index) => ({ destination, list, index, ...why }))
}

function anySource({ destinations }: Destinations): Source {
  const [name = 'explain'] = destinations.flatMap(({ sourceAudience }) => Object.keys(sourceAudience))
  return { name, signed: false, mayErase: false }
}

const TOO_MANY = { code: 'too_many_people', message: TOO_MANY_PEOPLE }
const NO_EVENTS = { code: 'no_events', message: REJECTIONS.no_events }

function timeOf({ events: [first] }: Selection): Explanation['time'] {
  return first ? { value: new Date(first.time.at).toISOString(), from: first.time.from } : null
}

function explainUnused(
  { rejected, ignored }: Selection,
  names: MappedByKind,
): Pick<Explanation, 'rejected' | 'ignored'> {
  return {
    rejected: rejected.named.map(({ messageId: _, ...about }) => ({
      ...about,
      message: REJECTIONS[about.code],
    })),
    ignored: ignored.named.map((event) => {
      const mapped = mappedLike(event, names)
      return { ...event, message: IGNORED[event.code], ...(mapped && { mapped }) }
    }),
  }
}
