import type { CallMappingName } from '../config/audience-mapping.ts'
import { sessionOf } from '../session/session-fields.ts'
import type { SessionFields, SessionProblem } from '../session/session-fields.ts'
import { denialsOfList } from './denial.ts'
import { givenLists, isListName } from './given-lists.ts'
import type { Misspelt } from './given-lists.ts'
import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { membershipsOfIdentify, membershipsOfTrack } from './membership.ts'
import type { MembershipReading } from './membership.ts'
import type { CallPerson, PersonReader } from './person.ts'
import { audienceIdOf, recordDirection } from './record.ts'
import type { RecordColumns } from './record-columns.ts'
import type { SourceMapping, SourceMappings } from './source-mappings.ts'
import type { IgnoredEvent, RejectedEvent } from './unused-event.ts'
import { noUserFindings } from './user-cut.ts'
import type { UserFindings } from './user-cut.ts'

/** The user lists of a call, as they were sent, for what one name leads to. */
export type CallLists = CallMappingName & {
  add: readonly unknown[]
  remove: readonly unknown[]
  addSession: SessionFields | undefined
  removeSession: SessionFields | undefined
  sessionProblems: readonly SessionProblem[]
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export type Rejection = Omit<RejectedEvent, 'index' | 'messageId'>
export type Ignored = DistributiveOmit<IgnoredEvent, 'index'>

/** What a call asks for, and what is wrong with it. One that asks for nothing is rejected or ignored. */
export type CallReading = {
  lists: CallLists | undefined
  people: readonly CallPerson[]
  /** What the people have that is of no use; that of lists is found when they are cut. */
  findings: UserFindings
  misspelt: readonly Misspelt[]
  rejections: readonly Rejection[]
  ignored: Ignored | undefined
}

const CALL_TYPES = ['track', 'audiencelist', 'identify', 'record'] as const
export type CallType = (typeof CALL_TYPES)[number]

/** Whether calls of a type can lead to anything. Tools send identify for everybody, so only memberships make it of use. */
export function isUsedType(type: unknown, { membership }: SourceMappings): type is CallType {
  return (CALL_TYPES as readonly unknown[]).includes(type) && (type !== 'identify' || membership.size > 0)
}

/** Reads a call of one of these types by the settings of its source. */
export function readCall(type: CallType, call: JsonObject, mappings: SourceMappings): CallReading {
  if (type === 'identify') return identify(call, mappings)
  if (type === 'record') return record(call, mappings)
  const { event: name } = call
  if (typeof name === 'string' && name !== '') return track(type, name, call, mappings)
  if (type === 'audiencelist') return audienceList(call, mappings)
  return nothing({ rejections: [{ code: 'event_name_missing', keys: keysOf(call) }] })
}

function track(type: CallType, name: string, call: JsonObject, mappings: SourceMappings): CallReading {
  const findings = noUserFindings()
  const told =
    type === 'track' && mappings.membership.size > 0
      ? membershipsOfTrack(call, name, (key) => mappings.membership.has(key))
      : undefined
  const { people, rejections } = memberships(told, call, mappings, findings)
  const mapping = mappings.event.get(name)
  if (!mapping) {
    const lists = denyingLists(call, name, mappings)
    if (people.length + rejections.length > 0) return nothing({ lists, people, findings, rejections })
    return nothing({ lists, ignored: told ? unmapped(told) : { code: 'event_unmapped', event: shortened(name) } })
  }
  const given = listsOf(call, { by: 'event', name })
  const isAboutPerson = type === 'track' && mapping.people.length > 0 && !given.present
  const about = isAboutPerson ? readPeople({ by: 'event', name }, mapping, undefined, call, findings) : []
  const isNamed = about.length + people.length > 0
  return {
    lists: given.lists,
    people: [...people, ...about],
    findings,
    misspelt: given.misspelt,
    rejections: [
      ...rejections,
      ...given.rejections.filter(({ code, field }) => !(isNamed && code === 'lists_missing' && field === undefined)),
    ],
    ignored: undefined,
  }
}

function audienceList(call: JsonObject, mappings: SourceMappings): CallReading {
  const audience = audienceOf(call, mappings)
  if ('code' in audience) return nothing({ rejections: [audience] })
  const { lists, misspelt, rejections } = listsOf(call, audience.named)
  return { ...nothing({ rejections }), lists, misspelt }
}

function identify(call: JsonObject, mappings: SourceMappings): CallReading {
  const findings = noUserFindings()
  const told = membershipsOfIdentify(call, (key) => mappings.membership.has(key))
  const { people, rejections } = memberships(told, call, mappings, findings)
  if (people.length + rejections.length > 0) return nothing({ people, findings, rejections })
  return nothing({ ignored: unmapped(told) })
}

function record(call: JsonObject, mappings: SourceMappings): CallReading {
  const direction = recordDirection(call)
  if (direction === undefined) return nothing({ rejections: [{ code: 'record_action', field: 'action' }] })
  const audience = audienceOf(call, mappings)
  if ('code' in audience) return nothing({ rejections: [audience] })
  const findings = noUserFindings()
  const { named, mapping } = audience
  const columns = mapping.columnsOf(call, findings)
  return nothing({ people: readPeople(named, mapping, direction, call, findings, columns), findings })
}

/** The audience of a call without an event: that which it names, else that of its source. */
function audienceOf(
  call: JsonObject,
  { audience, source }: SourceMappings,
): { named: CallMappingName; mapping: SourceMapping } | Rejection {
  const id = audienceIdOf(call)
  if (id !== undefined) {
    const mapping = audience.get(id)
    return mapping
      ? { named: { by: 'audience', name: id }, mapping }
      : { code: 'audience_unknown', field: 'context.externalId' }
  }
  for (const [name, mapping] of source) return { named: { by: 'source', name }, mapping }
  return { code: 'audience_missing' }
}

function memberships(
  told: MembershipReading | undefined,
  call: JsonObject,
  mappings: SourceMappings,
  findings: UserFindings,
): { people: CallPerson[]; rejections: Rejection[] } {
  const rejections: Rejection[] = []
  // In each direction, a person is read and queued once for all the keys that lead to the same destinations.
  const keysOfReader = new Map<PersonReader, { add: string[]; remove: string[] }>()
  for (const { key, field, isMember } of told?.memberships ?? []) {
    if (isMember === undefined) {
      rejections.push({ code: 'membership_value', field: shortened(field) })
      continue
    }
    for (const reader of mappings.membership.get(key)?.people ?? []) {
      const keys = keysOfReader.get(reader) ?? { add: [], remove: [] }
      keysOfReader.set(reader, keys)
      keys[isMember ? 'add' : 'remove'].push(key)
    }
  }
  const people = [...keysOfReader].flatMap(([{ destinations, read }, keys]) =>
    (['add', 'remove'] as const).flatMap((direction): CallPerson[] => {
      const [name, ...more] = keys[direction]
      if (name === undefined) return []
      const user = read(call, findings, direction)
      return [{ by: 'membership', name, ...(more.length > 0 && { more }), direction, user, destinations }]
    }),
  )
  return { people, rejections }
}

function readPeople(
  named: CallMappingName,
  { people }: SourceMapping,
  said: 'add' | 'remove' | undefined,
  call: JsonObject,
  findings: UserFindings,
  columns?: RecordColumns,
): CallPerson[] {
  return people.map(({ action, destinations, read }: PersonReader) => {
    const direction = said ?? action ?? 'add'
    return { ...named, direction, user: read(call, findings, direction, columns), destinations }
  })
}

type ListsReading = Pick<CallReading, 'lists' | 'misspelt' | 'rejections'> & {
  /** Whether the call has any list, be it empty, broken or under a wrong name. */
  present: boolean
}

function listsOf(call: JsonObject, named: CallMappingName): ListsReading {
  const properties = isObject(call.properties) ? call.properties : {}
  const { add, remove, present, malformed, misspelt } = givenLists(call, properties)
  const [first] = misspelt
  const meant = first && { field: shortened(first.name), suggestion: first.suggestion }
  const isMalformed = malformed.length > 0
  const rejections: Rejection[] = isMalformed ? [{ code: 'list_not_an_array', field: malformed.join(', ') }] : []
  const isMisspelt = misspelt.some(({ suggestion }) => isListName(suggestion))
  const reading = { lists: undefined, misspelt, present: present || isMalformed || isMisspelt }
  if (add.length === 0 && remove.length === 0) {
    // An empty list beside a misspelt one says nothing of the people in that.
    if (meant || !(isMalformed || present)) {
      const keys = keysOf(Object.keys(properties).length > 0 ? properties : call)
      rejections.push({ code: 'lists_missing', keys, ...meant })
    } else if (!isMalformed) {
      rejections.push({ code: 'lists_empty' })
    }
    return { ...reading, rejections }
  }
  const session = sessionOf(properties)
  if (session.equalIds) return { ...reading, rejections: [...rejections, { code: 'session_ids_equal', ...meant }] }
  const lists = {
    ...{ ...named, add, remove },
    ...{ addSession: session.add, removeSession: session.remove, sessionProblems: session.problems },
  }
  return { ...reading, lists, rejections }
}

/** The lists of an event that nobody maps, if users in them deny: these are removed all the same. */
function denyingLists(call: JsonObject, name: string, { leaving }: SourceMappings): CallLists | undefined {
  const { lists } = leaving.all ? listsOf(call, { by: 'event', name }) : {}
  return lists && (denialsOfList(lists.add, leaving) ?? denialsOfList(lists.remove, leaving)) && lists
}

/** A reading with what is found, or one of a call that asks for nothing. */
export function nothing(found: Partial<CallReading> = {}): CallReading {
  return {
    ...{ lists: undefined, people: [], misspelt: [], rejections: [], ignored: undefined },
    ...{ findings: noUserFindings(), ...found },
  }
}

function unmapped({ about }: MembershipReading): Ignored {
  return { code: 'membership_unmapped', key: about === null ? null : shortened(about) }
}

/** Names are told up to this many. */
export const MOST_KEYS = 20

/** The names of what an object has, the first of them. */
export function keysOf(object: unknown): readonly string[] {
  const keys: string[] = []
  if (isObject(object))
    for (const key in object) {
      if (keys.length === MOST_KEYS) break
      keys.push(shortened(key))
    }
  return keys
}

/** As much of a text from outside as is worth repeating. */
export function shortened(text: string): string {
  return text.slice(0, 100)
}
