import { createHash } from 'node:crypto'
import { eventTime } from './event-time.ts'
import type { EventTime, SourceClock } from './event-time.ts'
import { noFindings, note } from './findings.ts'
import type { Findings } from './findings.ts'
import { givenLists } from './given-lists.ts'
import type { Misspelt } from './given-lists.ts'
import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import type { IgnoredEvent, RejectedEvent, RejectionCode } from './unused-event.ts'
import { sessionOf } from '../session/session-fields.ts'
import type { SessionFields, SessionProblem } from '../session/session-fields.ts'

/** One `track` call that names users. The lists are as they were sent; a user is checked when its row is made. */
export type TrackEvent = {
  /** Place of the event in the request. */
  index: number
  messageId: string
  /** False if the sender gave no messageId. Then nobody can tell when the event is sent again. */
  hasMessageId: boolean
  name: string
  time: EventTime
  add: readonly unknown[]
  remove: readonly unknown[]
  addSession: SessionFields | undefined
  removeSession: SessionFields | undefined
  sessionProblems: readonly SessionProblem[]
  /** Properties that were not used although they look like lists or session fields. */
  misspelt: readonly Misspelt[]
}

export type ParsedEvents = {
  events: TrackEvent[]
  rejected: Findings<RejectedEvent>
  ignored: Findings<IgnoredEvent>
  /** Events in the request, whatever became of them. */
  count: number
}

/** What is needed to read events, in addition to the body. */
type Reading = {
  /** The call type that the route implies. */
  routeType?: string | undefined
  clock: SourceClock
  /** ms since 1970. */
  receivedAt: number
  newId: () => string
  isMapped: (eventName: string) => boolean
}

/**
 * Reads the body of a request: one event, an array, or an envelope with `batch`. A bad event is rejected with its index
 * and reason, and the others go on. A body without any place for events is rejected as a whole, at index -1.
 */
export function parseEvents(body: unknown, reading: Reading): ParsedEvents {
  const candidates = eventsOf(body, reading.routeType)
  const parsed: ParsedEvents = {
    events: [],
    rejected: noFindings(),
    ignored: noFindings(),
    count: candidates?.length ?? 0,
  }
  if (!candidates) {
    note(parsed.rejected, { index: -1, messageId: null, code: 'no_events', keys: keysOf(body) })
    return parsed
  }
  const envelope = isObject(body) ? body : {}
  candidates.forEach((candidate, index) => {
    readEvent(candidate, index, envelope, reading, parsed)
  })
  return parsed
}

function eventsOf(body: unknown, routeType: string | undefined): readonly unknown[] | undefined {
  if (isList(body)) return body
  if (!isObject(body)) return undefined
  const isEvent = isGiven(body.type) || isGiven(body.event) || isGiven(body.properties)
  if (isList(body.batch) && (body.batch.length > 0 || !isEvent)) return body.batch
  return routeType !== undefined || isEvent ? [body] : undefined
}

function readEvent(
  candidate: unknown,
  index: number,
  envelope: JsonObject,
  { routeType, clock, receivedAt, newId, isMapped }: Reading,
  { events, rejected, ignored }: ParsedEvents,
): void {
  if (!isObject(candidate)) {
    note(rejected, { index, messageId: null, code: 'not_an_object' })
    return
  }
  const { event: name } = candidate
  // A call with an event name and no type is a track call: people who write one by hand forget the type.
  const type = isGiven(candidate.type) ? candidate.type : (routeType ?? 'track')
  if (!isUsedType(type)) {
    const text = typeof type === 'string' ? shortened(type) : null
    const meant = text?.trim().toLowerCase()
    note(ignored, { index, code: 'call_type', type: text, ...(isUsedType(meant) && { suggestion: meant }) })
    return
  }
  const messageId = identifierOf(candidate.messageId)
  const reject = (code: RejectionCode, about: Pick<RejectedEvent, 'keys' | 'field' | 'suggestion'> = {}) => {
    note(rejected, { index, messageId: messageId ?? null, code, ...about })
  }
  if (typeof name !== 'string' || name === '') {
    reject('event_name_missing', { keys: keysOf(candidate) })
    return
  }
  if (!isMapped(name)) {
    note(ignored, { index, code: 'event_unmapped', event: shortened(name) })
    return
  }
  const properties = isObject(candidate.properties) ? candidate.properties : {}
  const lists = givenLists(candidate, properties)
  const [misspelt] = lists.misspelt
  const meant = misspelt && { field: shortened(misspelt.name), suggestion: misspelt.suggestion }
  const isMalformed = lists.malformed.length > 0
  if (isMalformed) reject('list_not_an_array', { field: lists.malformed.join(', ') })
  if (lists.add.length === 0 && lists.remove.length === 0) {
    // An empty list beside a misspelt one is not the whole truth: the misspelt one names people.
    if (meant || !(isMalformed || lists.present))
      reject('lists_missing', { keys: keysOf(Object.keys(properties).length > 0 ? properties : candidate), ...meant })
    else if (!isMalformed) reject('lists_empty')
    return
  }
  const session = sessionOf(properties)
  if (session.equalIds) {
    reject('session_ids_equal', meant)
    return
  }
  events.push({
    index,
    messageId: messageId ?? newId(),
    hasMessageId: messageId !== undefined,
    name,
    time: eventTime(candidate, envelope, clock, receivedAt),
    add: lists.add,
    remove: lists.remove,
    addSession: session.add,
    removeSession: session.remove,
    sessionProblems: session.problems,
    misspelt: lists.misspelt,
  })
}

function isUsedType(type: unknown): type is 'track' | 'audiencelist' {
  return type === 'track' || type === 'audiencelist'
}

const LONGEST_IDENTIFIER = 256

// The queue's deduplication tells events apart by this id, so a long one ends with a digest of the whole.
function identifierOf(value: unknown): string | undefined {
  // JSON has rounded a larger number, perhaps to that of another event.
  const isText = typeof value === 'string' || Number.isSafeInteger(value)
  const text = isText ? String(value).trim() : ''
  if (text.length <= LONGEST_IDENTIFIER) return text === '' ? undefined : text
  const digest = createHash('sha256').update(text).digest('hex')
  return `${text.slice(0, LONGEST_IDENTIFIER - digest.length - 1)}-${digest}`
}

const MOST_KEYS = 20

function keysOf(body: unknown): readonly string[] {
  const keys: string[] = []
  if (isObject(body))
    for (const key in body) {
      if (keys.length === MOST_KEYS) break
      keys.push(shortened(key))
    }
  return keys
}

function shortened(text: string): string {
  return text.slice(0, 100)
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
