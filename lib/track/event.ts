import { createHash } from 'node:crypto'
import { batchContext, inBatch } from './batch-context.ts'
import type { BatchContext } from './batch-context.ts'
import { bothConsents, consentOfRecord, readConsent } from './consent.ts'
import type { CallConsent } from './consent.ts'
import { denialsOfCall } from './denial.ts'
import type { UnreadableDenial } from './denial.ts'
import { erasureBy, meantEraseType } from './erase-type.ts'
import { eventTime } from './event-time.ts'
import type { EventTime, SourceClock } from './event-time.ts'
import { noFindings, note } from './findings.ts'
import type { Findings } from './findings.ts'
import { MOST_KEYS, isUsedType, keysOf, nothing, readCall, shortened } from './call.ts'
import type { CallReading } from './call.ts'
import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { MOST_PEOPLE_BYTES, bytesOf } from './people-bytes.ts'
import type { SourceMappings } from './source-mappings.ts'
import type { IgnoredEvent, RejectedEvent } from './unused-event.ts'

/** One call that is used. Lists hold what was sent; a user is looked at when its row is made. */
export type TrackEvent = Pick<CallReading, 'lists' | 'people' | 'findings' | 'misspelt'> & {
  /** Place of the event in the request. */
  index: number
  messageId: string
  /** False if the sender gave no messageId. Then nobody can tell when the event is sent again. */
  hasMessageId: boolean
  time: EventTime
  /** What it says of the categories of whose consent any destination asks. */
  consent: CallConsent
}

/** A `delete` or `suppress` call, as regulation APIs send them: see `erasureBy`. */
export type EraseCall = { index: number; messageId: string | null; call: JsonObject }

export type ParsedEvents = {
  events: TrackEvent[]
  /** The calls that ask to erase the person whom they are about. */
  erasures: EraseCall[]
  rejected: Findings<RejectedEvent>
  ignored: Findings<IgnoredEvent>
  /** Denials that cannot be read, of calls that may lead to nothing else. */
  unreadable: Findings<UnreadableDenial>
  /** The people of these calls would fill the memory, so the rest was not read: see `MOST_PEOPLE_BYTES`. */
  tooManyPeople: boolean
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
  /** Whether the source may erase people. */
  mayErase: boolean
  mappings: SourceMappings
}

/**
 * Reads the body of a request: one event, an array, or an envelope with `batch`. A bad event is rejected with its index
 * and reason, and the others go on. A body without any place for events is rejected as a whole, at index -1.
 */
export function parseEvents(body: unknown, reading: Reading): ParsedEvents {
  const candidates = eventsOf(body, reading.routeType)
  const parsed: ParsedEvents = {
    events: [],
    erasures: [],
    rejected: noFindings(),
    ignored: noFindings(),
    unreadable: noFindings(),
    tooManyPeople: false,
    count: candidates?.length ?? 0,
  }
  if (!candidates) {
    note(parsed.rejected, { index: -1, messageId: null, code: 'no_events', keys: keysOf(body) })
    return parsed
  }
  const envelope = isObject(body) ? body : {}
  const { categories, pathsInContext } = reading.mappings
  // The context of a call alone is its own.
  const shared = candidates[0] === body ? undefined : batchContext(envelope, categories, pathsInContext)
  let peopleBytes = 0
  for (const [index, candidate] of candidates.entries()) {
    // As if each call had it: many calls with a large one would take as long.
    peopleBytes += shared?.size ?? 0
    peopleBytes += readEvent(candidate, index, { envelope, shared }, reading, parsed)
    if (peopleBytes <= MOST_PEOPLE_BYTES) continue
    parsed.tooManyPeople = true
    break
  }
  return parsed
}

/** The calls in a body; the body itself where it is one call. Undefined where it has no place for any. */
export function eventsOf(body: unknown, routeType: string | undefined): readonly unknown[] | undefined {
  if (isList(body)) return body
  if (!isObject(body)) return undefined
  const isEvent = isGiven(body.type) || isGiven(body.event) || isGiven(body.properties)
  if (isList(body.batch) && (body.batch.length > 0 || !isEvent)) return body.batch
  return routeType !== undefined || isEvent ? [body] : undefined
}

/** Adds what is found, and answers the bytes of the people whom the call is about: see `bytesOf`. */
function readEvent(
  candidate: unknown,
  index: number,
  { envelope, shared }: { envelope: JsonObject; shared: BatchContext | undefined },
  { routeType, clock, receivedAt, newId, mayErase, mappings }: Reading,
  { events, erasures, rejected, ignored, unreadable }: ParsedEvents,
): number {
  if (!isObject(candidate)) {
    note(rejected, { index, messageId: null, code: 'not_an_object' })
    return 0
  }
  // A call with an event name and no type is a track call: people who write one by hand forget the type.
  const type = isGiven(candidate.type) ? candidate.type : (routeType ?? 'track')
  const call = shared ? inBatch(candidate, shared) : candidate
  const erasure = erasureBy(type)
  if (erasure) {
    const messageId = identifierOf(candidate.messageId) ?? null
    if (erasure === 'unerase') note(rejected, { index, messageId, code: 'unerase_call', field: 'type' })
    else if (mayErase) erasures.push({ index, messageId, call })
    else note(rejected, { index, messageId, code: 'may_not_erase' })
    return 0
  }
  const consent = consentOf(type, candidate, mappings.categories, shared)
  const denials = denialsOfCall(type, call, consent, mappings.leaving)
  for (const { destination, category, said, field, given } of denials.unreadable)
    note(unreadable, {
      ...{ index, code: 'denial_unreadable', destination, said, count: 1 },
      ...(category !== undefined && { category }),
      ...(field !== undefined && { field }),
      ...(given !== undefined && { given }),
    })
  const isUsed = isUsedType(type, mappings)
  const messageId = identifierOf(candidate.messageId)
  const deniesUnnamed = denials.isNobody && describesPerson(call)
  if (!isUsed && denials.people.length === 0 && !deniesUnnamed) {
    const text = typeof type === 'string' ? shortened(type) : null
    const meantErasure = meantEraseType(text ?? '')
    const meant = text?.trim().toLowerCase()
    if (meantErasure !== undefined)
      note(rejected, {
        ...{ index, messageId: messageId ?? null, code: 'call_type', field: 'type', suggestion: meantErasure },
      })
    else
      note(ignored, { index, code: 'call_type', type: text, ...(isUsedType(meant, mappings) && { suggestion: meant }) })
    return bytesOf(denials.looked, messageId)
  }
  const reading = isUsed ? readCall(type, call, mappings) : nothing()
  const { lists, findings, misspelt, rejections, ignored: unused } = reading
  for (const rejection of rejections) note(rejected, { index, messageId: messageId ?? null, ...rejection })
  if (unused && denials.people.length === 0 && !deniesUnnamed) note(ignored, { index, ...unused })
  const isNobody =
    !lists && reading.people.length > 0 && findings.cannotMatch === new Set(reading.people.map(({ user }) => user)).size
  if (isNobody || (deniesUnnamed && !lists)) {
    const code = isNobody ? 'person_missing' : 'denial_person_missing'
    note(rejected, { index, messageId: messageId ?? null, code, keys: personKeys(call) })
  }
  const people = [...(isNobody ? [] : reading.people), ...denials.people]
  const bytes = bytesOf([...reading.people, ...denials.looked], messageId)
  if (!lists && people.length === 0) return bytes
  events.push({
    ...{ index, messageId: messageId ?? newId(), hasMessageId: messageId !== undefined },
    ...{ time: eventTime(candidate, envelope, clock, receivedAt), lists, people, findings, misspelt, consent },
  })
  return bytes
}

const NO_CONSENT: CallConsent = new Map()

/** The consent of a record's own row is that of its person, in place of the call's. */
function consentOf(
  type: unknown,
  call: JsonObject,
  categories: readonly string[],
  shared: BatchContext | undefined,
): CallConsent {
  if (categories.length === 0) return NO_CONSENT
  const own = type === 'record' ? consentOfRecord(call) : undefined
  if (own === undefined) {
    const said = readConsent(call, categories)
    return shared ? bothConsents(said, shared.consent) : said
  }
  return new Map(categories.map((category) => [category, own]))
}

/** Whether a call is about somebody who could be named: that an anonymous visitor denies is no mistake of anybody. */
function describesPerson({ userId, traits, context, fields, identifiers }: JsonObject): boolean {
  const inContext = isObject(context) ? context.traits : undefined
  return isGiven(userId) || [traits, inContext, fields, identifiers].some((place) => keysOf(place).length > 0)
}

/** What a call has where calls say who a person is, as paths that `userFields` can name; else the keys of the call. */
export function personKeys(call: JsonObject): readonly string[] {
  const { properties, traits, context, fields, identifiers } = call
  const inContext = isObject(context) ? context.traits : undefined
  const places = { properties, traits, 'context.traits': inContext, fields, identifiers }
  const paths = Object.entries(places).flatMap(([place, object]) => keysOf(object).map((key) => `${place}.${key}`))
  return paths.length > 0 ? paths.slice(0, MOST_KEYS) : keysOf(call)
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

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
