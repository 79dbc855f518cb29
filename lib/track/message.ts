import * as v from 'valibot'
import { deduplicationId, sessionGroup } from '../session/message-group.ts'
import { MAPPING_KINDS } from '../config/audience-mapping.ts'
import type { MappingKind } from '../config/audience-mapping.ts'
import type { Destination } from '../config/destinations-schema.ts'
import type { SessionFields } from '../session/session-fields.ts'

/** Queue messages stay below SQS's 1 MiB, so that the attributes of a dead letter still fit. */
export const MAX_MESSAGE_BYTES = 900 * 1024

/** A user with only the fields its destinations need, or null if the list had something that is not an object. */
export type QueuedUser = Readonly<Record<string, unknown>> | null

const users = v.array(v.nullable(v.record(v.string(), v.unknown())))

const sessionSchema = v.object({
  sessionId: v.string(),
  batchSequence: v.number(),
  lastBatch: v.boolean(),
  estimatedTotal: v.exactOptional(v.number()),
})

const queuedEventSchema = v.object({
  messageId: v.string(),
  /** What the name is of; an event when absent. */
  by: v.exactOptional(v.picklist(MAPPING_KINDS)),
  name: v.string(),
  /** Further names of its kind: a call may tell many memberships of one person. */
  more: v.exactOptional(v.array(v.string())),
  at: v.pipe(v.number(), v.finite()),
  /** The destinations that the users are for; all that map the event when absent. */
  destinations: v.exactOptional(v.array(v.string())),
  /** The user came in no list: the call is about this person. */
  person: v.exactOptional(v.literal(true)),
  /** Place of the first user in the list that was sent, if the list was split. */
  offset: v.exactOptional(v.number()),
  /** The place of each user in the list that was sent, if others of it are not sent to these destinations. */
  places: v.exactOptional(v.array(v.number())),
  /** The users came in the list of users to add: they are removed because they deny. */
  cameIn: v.exactOptional(v.literal('add')),
  add: v.exactOptional(users),
  remove: v.exactOptional(users),
  session: v.exactOptional(sessionSchema),
})

const queueMessageSchema = v.object({
  version: v.literal(1),
  source: v.string(),
  receivedAt: v.pipe(v.number(), v.finite()),
  /** The destinations that sent when this was received; absent in messages of older versions. */
  real: v.exactOptional(v.array(v.string())),
  /** The destinations that had a trial run then. */
  trial: v.exactOptional(v.array(v.string())),
  events: v.array(queuedEventSchema),
})

export type QueuedEvent = v.InferOutput<typeof queuedEventSchema>
export type QueueMessage = v.InferOutput<typeof queueMessageSchema>

/** Which destinations send, and which have a trial run: a message says what holds when it is received. */
export type Modes = Pick<QueueMessage, 'real' | 'trial'>

export function modesOf(destinations: readonly Pick<Destination, 'name' | 'dryRun'>[]): Modes {
  const namesOf = (dryRun: boolean) => destinations.flatMap((each) => (each.dryRun === dryRun ? [each.name] : []))
  const trial = namesOf(true)
  return { real: namesOf(false), ...(trial.length > 0 && { trial }) }
}

/** A message for a queue. Only the session queue has the FIFO fields. */
export type OutgoingMessage = { body: string; bytes: number; groupId?: string; deduplicationId?: string }

/** A message with a delay or attributes, which only some queues use. */
export type QueueEntry = OutgoingMessage & {
  delaySeconds?: number
  attributes?: Readonly<Record<string, string>>
}

/** Users to remove have a queue of their own, so that they do not wait behind an import. */
export type QueueMessages = Record<'track' | 'removal' | 'session', OutgoingMessage[]>

/** A user list of an event, with the destinations it is for, before it becomes messages. */
export type UserList = {
  messageId: string
  by?: MappingKind
  name: string
  more?: readonly string[]
  at: number
  direction: 'add' | 'remove'
  users: readonly QueuedUser[]
  /** The place of each user in the list that was sent, if others of it are not sent to these destinations. */
  places?: readonly number[]
  /** The users came in the list of users to add: they are removed because they deny. */
  cameIn?: 'add'
  /** The user came in no list: the call is about this person. */
  person?: true
  destinations?: readonly string[]
  /** Present for the session queue: a message has at most `maxUsers` users, numbered from `batchSequence`. */
  session?: SessionFields & { maxUsers: number }
}

/**
 * Packs user lists into as few messages as hold them. Several events share a message, and a list that is too long is
 * split.
 * - Users to add and users to remove never share a message.
 * - A session's lists get one message for each batch, numbered on. Only the true last batch is flagged.
 * - Each destination has messages of its own for a session. Their bodies are made when they are asked for, so that a
 *   request for ten destinations holds its users once.
 */
export function packMessages(
  source: string,
  receivedAt: number,
  lists: readonly UserList[],
  modes: Modes = {},
): QueueMessages {
  const head = `${toQueueJson({ version: 1, source, receivedAt, ...modes }).slice(0, -1)},"events":[`
  const budget = MAX_MESSAGE_BYTES - Buffer.byteLength(head) - 2
  const wrap = (events: readonly string[]) => sized(`${head}${events.join(',')}]}`)
  const packed: QueueMessages = { track: [], removal: [], session: [] }
  const pending = { add: { events: [] as string[], bytes: 0 }, remove: { events: [] as string[], bytes: 0 } }
  const queueOf = { add: packed.track, remove: packed.removal }
  const written = new Map<UserList['users'], readonly SizedJson[]>()
  for (const list of lists) {
    const { direction, session, users } = list
    if (session) {
      const sized = written.get(users) ?? users.map(toSizedJson)
      written.set(users, sized)
      packed.session.push(...sessionMessages(head, source, list, session, splitUsers(list, sized, budget)))
      continue
    }
    const parts = splitUsers(list, users.map(toSizedJson), budget)
    parts.forEach((part, index) => {
      const event = eventJson(list, part, index, parts.length)
      const bytes = Buffer.byteLength(event) + 1
      if (pending[direction].bytes + bytes > budget) {
        queueOf[direction].push(wrap(pending[direction].events))
        pending[direction] = { events: [], bytes: 0 }
      }
      pending[direction].events.push(event)
      pending[direction].bytes += bytes
    })
  }
  for (const direction of ['add', 'remove'] as const)
    if (pending[direction].events.length > 0) queueOf[direction].push(wrap(pending[direction].events))
  return packed
}

function* sessionMessages(
  head: string,
  source: string,
  list: UserList,
  session: SessionFields,
  parts: readonly ListPart[],
): Generator<OutgoingMessage> {
  const groupId = sessionGroup(list, session)
  for (const [index, part] of parts.entries()) {
    const empty = `${head}${eventJson(list, { ...part, users: [] }, index, parts.length)}]}`
    yield {
      get body() {
        return `${head}${eventJson(list, part, index, parts.length)}]}`
      },
      bytes: Buffer.byteLength(empty) + part.bytes - 1,
      groupId,
      deduplicationId: deduplicationId(source, list, index),
    }
  }
}

/** A user as text, and its bytes including the comma after it. */
type SizedJson = { json: string; bytes: number }

function toSizedJson(user: QueuedUser): SizedJson {
  const json = toQueueJson(user)
  return { json, bytes: Buffer.byteLength(json) + 1 }
}

/** `bytes` counts the bytes of the users. */
type ListPart = { users: string[]; offset: number; places?: readonly number[] | undefined; bytes: number }

/** A place in a list as JSON, with a comma: a request has fewer than a million values. */
const BYTES_OF_PLACE = 7

// Leaves room for the event's fields around its users.
function splitUsers(list: UserList, users: readonly SizedJson[], budget: number): ListPart[] {
  const none = { users: [], offset: Number.MAX_SAFE_INTEGER, bytes: 0 }
  const room = budget - Buffer.byteLength(eventJson(list, none, 0, 2)) - 64
  const bytesOfPlace = list.places ? BYTES_OF_PLACE : 0
  const parts: ListPart[] = []
  let part: ListPart = { users: [], offset: 0, bytes: 0 }
  users.forEach(({ json, bytes }, index) => {
    const taken = part.bytes + (part.users.length + 1) * bytesOfPlace
    if (part.users.length > 0 && (taken + bytes > room || part.users.length === list.session?.maxUsers)) {
      parts.push(part)
      part = { users: [], offset: index, bytes: 0 }
    }
    part.users.push(json)
    part.bytes += bytes
  })
  parts.push(part)
  if (list.places)
    for (const each of parts) each.places = list.places.slice(each.offset, each.offset + each.users.length)
  return parts
}

function eventJson(list: UserList, part: ListPart, index: number, parts: number): string {
  const { messageId, by, name, more, at, person, cameIn, destinations, session } = list
  const fields = toQueueJson({
    messageId,
    ...(by !== undefined && by !== 'event' && { by }),
    name,
    ...(more && { more }),
    at,
    ...(person && { person }),
    ...(cameIn && { cameIn }),
    ...(destinations && { destinations }),
    ...(part.places ? { places: part.places } : part.offset > 0 && { offset: part.offset }),
    ...(session && {
      session: {
        sessionId: session.sessionId,
        batchSequence: session.batchSequence + index,
        lastBatch: session.lastBatch && index === parts - 1,
        ...(session.estimatedTotal !== undefined && { estimatedTotal: session.estimatedTotal }),
      },
    }),
  })
  return `${fields.slice(0, -1)},"${list.direction}":[${part.users.join(',')}]}`
}

function sized(body: string): OutgoingMessage {
  return { body, bytes: Buffer.byteLength(body) }
}

/**
 * JSON that SQS accepts. SQS refuses U+FFFE and U+FFFF; JSON.stringify escapes all else that it refuses. Surrogate
 * pairs are escaped as well, because stand-ins for SQS take them for single surrogates.
 */
export function toQueueJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  )
}

/** Reads a message from the track, removal or session queue; undefined if this product did not write it. */
export function decodeMessage(body: string): QueueMessage | undefined {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  const parsed = v.safeParse(queueMessageSchema, json)
  return parsed.success ? parsed.output : undefined
}
