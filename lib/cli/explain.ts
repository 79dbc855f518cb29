import { toBatches } from '../audience/batch.ts'
import type { Change, Direction } from '../audience/change.ts'
import { toChanges } from '../audience/lot.ts'
import { explainUser } from '../audience/explain.ts'
import type { FieldExplanation } from '../audience/explain.ts'
import { toOperations } from '../audience/operation.ts'
import type { AudienceOperation } from '../audience/operation.ts'
import { createRowBuilder, rowSchema } from '../audience/row.ts'
import type { Destination, Destinations } from '../config/destinations-schema.ts'
import { graphBody, toRequest } from '../graph-api/request.ts'
import type { GraphBody } from '../graph-api/request.ts'
import { lastWord } from '../register/last-word.ts'
import { toSend } from '../register/to-send.ts'
import { parseEvents, REJECTIONS } from '../track/event.ts'
import { decodeMessage, packMessages } from '../track/message.ts'
import type { QueuedEvent } from '../track/message.ts'
import { SESSION_PROBLEMS } from '../track/session.ts'
import { toUserLists } from '../track/user-list.ts'
import { EXPLANATION_CODES } from './explanation-codes.ts'

type Place = { destination: string; list: 'userListAdd' | 'userListDelete'; index: number }

/** What an event would lead to: every request, every user field by field, and everything that would be left out. */
export type Explanation = {
  requests: { destination: string; audienceId: string; method: string; path: string; body: GraphBody }[]
  users: (Place & { fields: FieldExplanation[] })[]
  dropped: (Place & { field?: string; reason: string })[]
  warnings: { code: string; message: string }[]
  error: null | { code: string; message: string }
}

/**
 * Takes an event through the pipeline of the deployed functions, from its JSON to Meta's requests, without a network.
 * Every destination that maps the event counts as fed by its source.
 */
export function explain(body: unknown, settings: Destinations, clock: () => number): Explanation {
  const explanation: Explanation = { requests: [], users: [], dropped: [], warnings: [], error: null }
  const source = 'explain'
  const destinations = settings.destinations.map((destination) => ({ ...destination, sources: [source] }))
  const parsed = parseEvents(body, 'track', { receivedAt: clock(), newId: () => 'no-message-id' })

  let unmapped = 0
  const lists = parsed.events.flatMap((event) => {
    const selected = toUserLists(event, destinations)
    for (const code of selected?.problems ?? []) explanation.warnings.push({ code, message: SESSION_PROBLEMS[code] })
    if (!event.hasMessageId) warn(explanation, 'message_id_missing')
    if (!selected) unmapped += 1
    return selected?.lists ?? []
  })
  if (unmapped > 0 && unmapped < parsed.events.length) warn(explanation, 'event_unmapped')
  else if (unmapped > 0) explanation.error = { code: 'event_unmapped', message: EXPLANATION_CODES.event_unmapped }
  for (const { code } of parsed.rejected) {
    if (parsed.events.length > 0) explanation.warnings.push({ code, message: REJECTIONS[code] })
    else explanation.error = { code, message: REJECTIONS[code] }
  }
  if (parsed.events.length === 0 && parsed.rejected.length === 0)
    explanation.error = { code: 'not_a_track_event', message: EXPLANATION_CODES.not_a_track_event }

  const messages = Object.values(packMessages(source, clock(), lists))
    .flat()
    .flatMap(({ body: text }) => decodeMessage(text) ?? [])
  const events = messages.flatMap(({ events: queued }) => queued)
  for (const destination of destinations) explainDestination(explanation, destination, events, clock)
  return explanation
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
      for (const { field, reason } of fields) explanation.dropped.push({ ...place, field, reason })
      if (dropped === undefined) return
      left.add(index - operation.offset)
      explanation.dropped.push({ ...place, reason: dropped })
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
  const leaveOut = (change: Change, reason: string) => {
    const place = places.get(change)
    if (place && !sent.has(change)) explanation.dropped.push({ ...place, reason })
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

function warn(explanation: Explanation, code: keyof typeof EXPLANATION_CODES): void {
  explanation.warnings.push({ code, message: EXPLANATION_CODES[code] })
}
