import type { Destination } from '../config/destinations-schema.ts'
import { fieldReader } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { TrackEvent } from './event.ts'
import type { QueuedUser, UserList } from './message.ts'
import type { SessionProblem } from './session.ts'

/** No value that Meta can match is longer, and a longer one could keep a message from fitting into its queue. */
const MAX_VALUE_LENGTH = 2_000

/** Stands for a value that is too long or nested, so that the consumer reports it like any other unusable value. */
const UNUSABLE = {}

type UserLists = { lists: UserList[]; problems: SessionProblem[] }

/**
 * The user lists of an event for the destinations that map it, cut to the fields that these need; undefined when no
 * destination maps the event. A direction with a session goes, with it, to each destination where the event feeds one
 * audience, and without it to the others: session ids are unique in an ad account.
 */
export function toUserLists(event: TrackEvent, fedDestinations: readonly Destination[]): UserLists | undefined {
  const mapped = fedDestinations.filter((destination) => Object.hasOwn(destination.events, event.name))
  if (mapped.length === 0) return undefined
  const cutUser = userCutter([...neededFields(mapped)])
  const result: UserLists = { lists: [], problems: [...event.sessionProblems] }
  let severalAudiences = false
  for (const direction of ['add', 'remove'] as const) {
    if (event[direction].length === 0) continue
    const users = event[direction].map(cutUser)
    const list = { messageId: event.messageId, name: event.name, at: event.at, direction, users }
    const session = direction === 'add' ? event.addSession : event.removeSession
    const withSession = session ? mapped.filter((destination) => destination.events[event.name]?.length === 1) : []
    const without = mapped.filter((destination) => !withSession.includes(destination))
    if (session && without.length > 0) severalAudiences = true
    for (const { name, maxUserCount } of withSession)
      if (session) result.lists.push({ ...list, destinations: [name], session: { ...session, maxUsers: maxUserCount } })
    if (without.length === mapped.length) result.lists.push(list)
    else if (without.length > 0) result.lists.push({ ...list, destinations: without.map(({ name }) => name) })
  }
  if (severalAudiences) result.problems.push('session_several_audiences')
  return result
}

/** The columns that the rows of these destinations are made of. */
function neededFields(destinations: readonly Destination[]): ReadonlySet<SchemaField> {
  const fields = new Set(destinations.flatMap(({ userSchema }) => userSchema))
  if (fields.has('PHONE') || fields.has('ST') || fields.has('ZIP')) fields.add('COUNTRY')
  if (destinations.some(({ limitedDataUse }) => limitedDataUse !== undefined)) {
    fields.add('DATA_PROCESSING_OPTIONS')
    fields.add('DATA_PROCESSING_OPTIONS_COUNTRY')
    fields.add('DATA_PROCESSING_OPTIONS_STATE')
  }
  return fields
}

function userCutter(fields: readonly SchemaField[]): (user: unknown) => QueuedUser {
  const read = fieldReader(fields)
  return (user) => {
    if (typeof user !== 'object' || user === null || Array.isArray(user)) return null
    const values = read(user as Record<string, unknown>)
    const cut: Record<string, unknown> = {}
    for (const [index, field] of fields.entries()) {
      const value = values[index]
      if (value !== undefined) cut[field] = isShort(value) ? value : UNUSABLE
    }
    return cut
  }
}

// Without recursion: JSON may be nested deeper than the stack.
function isShort(value: unknown): boolean {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.every((item) => typeof item !== 'object') && values.join().length <= MAX_VALUE_LENGTH
}
