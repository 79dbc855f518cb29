import { sessionOf } from './session.ts'
import type { SessionFields, SessionProblem } from './session.ts'

/** Why an event was not used, with what its sender can do about it. */
export const REJECTIONS = {
  not_an_object: 'The event is not a JSON object.',
  event_name_missing: 'The track call has no event name; send it as the text field "event".',
  lists_missing: 'The properties have neither userListAdd nor userListDelete.',
  lists_empty: 'Both user lists are empty.',
  list_not_an_array: 'userListAdd or userListDelete is not an array of objects; that list was left out.',
  session_ids_equal: 'sessionIdAdd and sessionIdDelete are the same; Meta needs one session for each direction.',
} as const

export type RejectionCode = keyof typeof REJECTIONS

/** One `track` call that names users. Lists hold what was sent; a user is looked at when its row is made. */
export type TrackEvent = {
  messageId: string
  /** False when the sender gave no messageId: its repetitions cannot be recognised. */
  hasMessageId: boolean
  name: string
  /** When it happened, in ms since 1970, by our clock. */
  at: number
  add: readonly unknown[]
  remove: readonly unknown[]
  addSession: SessionFields | undefined
  removeSession: SessionFields | undefined
  sessionProblems: readonly SessionProblem[]
}

export type RejectedEvent = { index: number; messageId: string | null; code: RejectionCode }

export type ParsedEvents = {
  events: TrackEvent[]
  rejected: RejectedEvent[]
  /** Calls of other types (identify, page …), and events that nobody maps: most of what a tracking SDK sends. */
  ignored: number
}

type Clock = { receivedAt: number; newId: () => string }
type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads the body of a request: one event, an array, or an envelope with `batch`. A bad event is rejected with its
 * index and reason, and its neighbours go on.
 */
export function parseEvents(
  body: unknown,
  routeType: string | undefined,
  clock: Clock,
  isMapped: (eventName: string) => boolean = () => true,
): ParsedEvents {
  const parsed: ParsedEvents = { events: [], rejected: [], ignored: 0 }
  const envelope = isObject(body) ? body : {}
  eventsOf(body, routeType).forEach((candidate, index) => {
    if (!isObject(candidate)) {
      parsed.rejected.push({ index, messageId: null, code: 'not_an_object' })
      return
    }
    const type = candidate.type ?? routeType
    if (type !== 'track' && type !== 'audiencelist') {
      parsed.ignored += 1
      return
    }
    const messageId = textOf(candidate.messageId)
    const reject = (code: RejectionCode) => parsed.rejected.push({ index, messageId: messageId ?? null, code })
    const name = candidate.event
    if (typeof name !== 'string' || name === '') {
      reject('event_name_missing')
      return
    }
    if (!isMapped(name)) {
      parsed.ignored += 1
      return
    }
    const lists = userLists(candidate)
    if (lists.malformed) reject('list_not_an_array')
    if (lists.add.length === 0 && lists.remove.length === 0) {
      if (!lists.malformed) reject(lists.present ? 'lists_empty' : 'lists_missing')
      return
    }
    const session = sessionOf(lists.properties)
    if (session.equalIds) {
      reject('session_ids_equal')
      return
    }
    parsed.events.push({
      messageId: messageId ?? clock.newId(),
      hasMessageId: messageId !== undefined,
      name,
      at: eventTime(candidate, envelope, clock.receivedAt),
      add: lists.add,
      remove: lists.remove,
      addSession: session.add,
      removeSession: session.remove,
      sessionProblems: session.problems,
    })
  })
  return parsed
}

function eventsOf(body: unknown, routeType: string | undefined): readonly unknown[] {
  if (Array.isArray(body)) return body
  if (!isObject(body)) return []
  if (Array.isArray(body.batch)) return body.batch
  return routeType !== undefined || 'type' in body || 'event' in body ? [body] : []
}

type UserLists = {
  add: readonly unknown[]
  remove: readonly unknown[]
  present: boolean
  malformed: boolean
  properties: JsonObject
}

// RudderStack's later `audiencelist` call carries the same lists as properties.listData.add and .remove.
function userLists(event: JsonObject): UserLists {
  const properties = isObject(event.properties) ? event.properties : {}
  const listData = isObject(properties.listData) ? properties.listData : {}
  const add = properties.userListAdd ?? listData.add
  const remove = properties.userListDelete ?? listData.remove
  const given = [add, remove].filter((list) => list !== undefined && list !== null)
  return {
    add: Array.isArray(add) ? add : [],
    remove: Array.isArray(remove) ? remove : [],
    present: given.length > 0,
    malformed: given.some((list) => !Array.isArray(list)),
    properties,
  }
}

/**
 * When the event happened, by our clock: the sender's clock may be wrong, but the time between the event and the
 * sending, both by that clock, is right. Never in the future.
 */
function eventTime(event: JsonObject, envelope: JsonObject, receivedAt: number): number {
  const happened = timeOf(event.originalTimestamp) ?? timeOf(event.timestamp)
  const sent = timeOf(event.sentAt) ?? timeOf(envelope.sentAt)
  return happened === undefined || sent === undefined
    ? receivedAt
    : Math.max(0, receivedAt - Math.max(0, sent - happened))
}

// SDKs send ISO 8601 text; a number that is too small for milliseconds since 1970 counts seconds.
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const time = new Date(typeof value === 'number' && value < 1e11 ? value * 1000 : value).getTime()
  return Number.isNaN(time) ? undefined : time
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text.trim() !== '' ? text.trim().slice(0, 256) : undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
