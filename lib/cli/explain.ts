import { toBatches } from '../audience/batch.ts'
import type { Change, Direction } from '../audience/change.ts'
import { toChanges } from '../audience/lot.ts'
import { explainUser } from '../audience/explain.ts'
import type { FieldExplanation } from '../audience/explain.ts'
import { toOperations } from '../audience/operation.ts'
import type { AudienceOperation } from '../audience/operation.ts'
import { createRowBuilder, rowSchema } from '../audience/row.ts'
import type { Destination, Destinations } from '../config/destinations-schema.ts'
import { nearestFirst } from '../config/nearest-name.ts'
import { graphBody, toRequest } from '../graph-api/request.ts'
import type { GraphBody } from '../graph-api/request.ts'
import { lastWord } from '../register/last-word.ts'
import { toSend } from '../register/to-send.ts'
import type { EventTime } from '../track/event-time.ts'
import { decodeMessage, packMessages } from '../track/message.ts'
import type { QueuedEvent } from '../track/message.ts'
import { createEventReader } from '../track/selection.ts'
import type { Selection } from '../track/selection.ts'
import { IGNORED, REJECTIONS } from '../track/unused-event.ts'
import { WARNINGS } from '../track/warning.ts'
import { LEFT_OUT } from './left-out.ts'
import type { LeftOut } from './left-out.ts'

type Place = { destination: string; list: 'userListAdd' | 'userListDelete'; index: number }
type Said = { code: string; message: string }

/** What an event would lead to: every request, every user field by field, and everything that would be left out. */
export type Explanation = {
  /** When the first event happened, in ISO 8601, and which of its times says so; null if no event is used. */
  time: { value: string; from: EventTime['from'] } | null
  requests: { destination: string; audienceId: string; method: string; path: string; body: GraphBody }[]
  users: (Place & { fields: FieldExplanation[] })[]
  dropped: (Place & { field?: string; reason: LeftOut; message: string })[]
  /** Events that were not used. */
  rejected: (Said & { index: number; field?: string; suggestion?: string })[]
  /** Events that lead to nothing. `mapped` are the names that lead to something, the most similar first. */
  ignored: (Said & { index: number; event?: string; type?: string | null; suggestion?: string; mapped?: string[] })[]
  warnings: (Said & Partial<Place> & { field?: string; suggestion?: string; count?: number })[]
  /** How many more of each there are. */
  more: { rejected: number; ignored: number; warnings: number }
  error: null | Said
}

/** At most so many names of mapped events are told. */
const MOST_MAPPED = 20

/**
 * Takes an event through the pipeline of the deployed functions, from its JSON to Meta's requests, without a network.
 * Every destination that maps the event gets it. The source's clock is trusted.
 */
export function explain(body: unknown, settings: Destinations, clock: () => number): Explanation {
  const source = { name: 'explain', signed: false }
  const destinations = settings.destinations.map((destination) => ({ ...destination, sources: [source.name] }))
  const reader = createEventReader({ sources: [source], destinations }, source)
  const receivedAt = clock()
  const selection = reader.read(body, { routeType: undefined, receivedAt, newId: () => 'no-message-id' })
  const explanation: Explanation = {
    time: timeOf(selection),
    requests: [],
    users: [],
    dropped: [],
    rejected: selection.rejected.named.map(({ messageId: _, keys: _keys, ...about }) => ({
      ...about,
      message: REJECTIONS[about.code],
    })),
    ignored: selection.ignored.named.map((ignored) => ({
      ...ignored,
      message: IGNORED[ignored.code],
      ...(ignored.code === 'event_unmapped' && { mapped: nearestFirst(ignored.event, reader.mapped, MOST_MAPPED) }),
    })),
    warnings: selection.warnings.named.map((warning) => ({ ...warning, message: WARNINGS[warning.code] })),
    more: {
      rejected: selection.rejected.unnamed,
      ignored: selection.ignored.unnamed,
      warnings: selection.warnings.unnamed,
    },
    error: null,
  }
  if (selection.events.length === 0) {
    const [{ code, message } = NO_EVENTS] = [...explanation.rejected, ...explanation.ignored]
    explanation.error = { code, message }
  }

  const messages = Object.values(packMessages(source.name, receivedAt, selection.lists))
    .flat()
    .flatMap(({ body: text }) => decodeMessage(text) ?? [])
  const events = messages.flatMap(({ events: queued }) => queued)
  for (const destination of destinations) explainDestination(explanation, destination, events, clock)
  return explanation
}

const PHONE_WITHOUT_COUNTRY =
  'The number has no country code, and neither COUNTRY nor defaultCountry says one; it is sent as it is.'

const NO_EVENTS = { code: 'no_events', message: REJECTIONS.no_events }

function timeOf({ events: [first] }: Selection): Explanation['time'] {
  return first ? { value: new Date(first.time.at).toISOString(), from: first.time.from } : null
}

function explainDestination(
  explanation: Explanation,
  destination: Destination,
  events: QueuedEvent[],
  clock: () => number,
): void {
  const message = { version: 1 as const, source: 'explain', receivedAt: clock(), events }
  const operations = toOperations(message, { sources: [], destinations: [destination] })
  const rows = { schema: rowSchema(destination), toRow: createRowBuilder(destination, clock) }
  const fieldsOf = explainUser(destination, clock)
  const merged: { add: Change[]; remove: Change[] } = { add: [], remove: [] }
  const places = new Map<Change, Place>()

  for (const operation of operations) {
    const left = new Set<number>()
    operation.users.forEach((user, index) =>
      explanation.users.push({ ...placeOf(operation, operation.offset + index), fields: fieldsOf(user) }),
    )
    const changes = toChanges(operation, rows, ({ index, dropped, fields }) => {
      const place = placeOf(operation, index)
      for (const { field, reason } of fields)
        if (reason === 'phone_without_country')
          explanation.warnings.push({ ...place, code: reason, message: PHONE_WITHOUT_COUNTRY, field })
        else explanation.dropped.push({ ...place, field, reason, message: LEFT_OUT[reason] })
      if (dropped === undefined) return
      left.add(index - operation.offset)
      explanation.dropped.push({ ...place, reason: dropped, message: LEFT_OUT[dropped] })
    })
    const kept = operation.users.flatMap((_, index) => (left.has(index) ? [] : [operation.offset + index]))
    changes.forEach((change, index) => places.set(change, placeOf(operation, kept[index] ?? 0)))
    if (operation.session) addRequests(explanation, operation, operation.direction, changes)
    else merged[operation.direction].push(...changes)
  }

  const first = operations.find(({ session }) => !session)
  if (!first) return
  const log = { add: [], remove: [] }
  const [planned = { add: [], remove: [] }] = toSend([{ schema: rows.schema, ...merged }], log)
  const { stands, cameBack } = lastWord(merged, log)
  const sent = new Set([...planned.remove, ...planned.add].map((change) => change.whole ?? change))
  const leaveOut = (change: Change, reason: LeftOut) => {
    const place = places.get(change)
    if (place && !sent.has(change)) explanation.dropped.push({ ...place, reason, message: LEFT_OUT[reason] })
  }
  for (const add of merged.add) leaveOut(add, stands(add) ? 'repeated' : 'removed_as_well')
  for (const removal of merged.remove) leaveOut(removal, cameBack(removal).length > 0 ? 'added_since' : 'repeated')
  addRequests(explanation, first, 'remove', planned.remove)
  addRequests(explanation, first, 'add', planned.add)
}

function addRequests(
  explanation: Explanation,
  { destination, audienceIds, session }: AudienceOperation,
  direction: Direction,
  changes: readonly Change[],
): void {
  const schema = rowSchema(destination)
  for (const audienceId of audienceIds)
    for (const batch of toBatches(
      { destination, audienceId, direction, schema, ...(session && { session }) },
      changes,
    )) {
      const { method, path } = toRequest(batch)
      explanation.requests.push({ destination: destination.name, audienceId, method, path, body: graphBody(batch) })
    }
}

function placeOf({ destination, direction }: AudienceOperation, index: number): Place {
  return { destination: destination.name, list: direction === 'add' ? 'userListAdd' : 'userListDelete', index }
}
