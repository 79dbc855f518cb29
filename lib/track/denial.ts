import type { Destination } from '../config/destinations-schema.ts'
import { LIMITED_DATA_USE_FIELDS, SCHEMA_FIELDS, isAbsent, needsCountry } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { consentTo, ownConsent } from './consent.ts'
import type { CallConsent, Consent } from './consent.ts'
import type { JsonObject } from './json-object.ts'
import type { QueuedUser, UserList } from './message.ts'
import { createCallReader, createRecordReader } from './person.ts'
import type { CallPerson } from './person.ts'
import { createRecordColumns } from './record-columns.ts'
import type { ReadColumns, RecordColumns } from './record-columns.ts'
import { createUserCut, isUseless, noUserFindings } from './user-cut.ts'

/**
 * Destinations that remove whoever denies, and that know people by the same columns: a person is read and queued once for
 * all of them.
 */
type Leaving = {
  destinations: readonly Destination[]
  /** The person of a call or a row by the columns that name one person; null where it has none of them. */
  ofCall: (call: JsonObject) => QueuedUser
  ofRecord: (call: JsonObject, columns: RecordColumns) => QueuedUser
  ofUser: (user: unknown) => QueuedUser
  columnsOf: ReadColumns
}

/** A statement that may be a denial, for a destination that removes whoever denies. */
export type UnreadableDenial = {
  index: number
  code: 'denial_unreadable'
  destination: string
  category?: string
  said: Consent['said']
  field?: string
  given?: string
  count: number
}

/**
 * Those of a source: for calls, by the places where they look for people, and all together, undefined without any. Users of
 * lists are queued once for `all`, with the columns that any destination knows people by.
 */
export type LeavingDestinations = { ofCalls: readonly Leaving[]; all: Leaving | undefined }

/** Compiles what the destinations that a source feeds do with denials. */
export function leavingDestinations(fed: readonly Destination[]): LeavingDestinations {
  const leaving = fed.filter(({ consent }) => consent?.onDenial === 'remove')
  const alike = Map.groupBy(leaving, (each) => JSON.stringify([identifiers(each), each.userFields]))
  return {
    ofCalls: [...alike.values()].map(compile),
    all: leaving.length > 0 ? compile(leaving) : undefined,
  }
}

/**
 * The removals that a call asks for by denying: of its person, from all audiences of destinations that know the person.
 * `looked`: an entry for each reading of the call, also where it named nobody. `isNobody`: it denies, and names nobody whom
 * any of them knows. `unreadable`: it may deny, by words that cannot be read.
 */
export function denialsOfCall(
  type: unknown,
  call: JsonObject,
  consent: CallConsent,
  { ofCalls, all }: LeavingDestinations,
): {
  people: CallPerson[]
  looked: readonly CallPerson[]
  isNobody: boolean
  unreadable: (Consent & { destination: string })[]
} {
  if (type !== 'track' && type !== 'identify' && type !== 'record')
    return { people: [], looked: [], isNobody: false, unreadable: [] }
  const looked: CallPerson[] = []
  let columns: RecordColumns | undefined
  const unreadable: (Consent & { destination: string })[] = []
  for (const { destinations, ofCall, ofRecord } of ofCalls) {
    const denied = destinations.filter(({ name, consent: asked }) => {
      const about = asked && consentTo(asked, consent)
      if (about?.said === 'unreadable') unreadable.push({ destination: name, ...about })
      return about?.said === 'denied'
    })
    if (denied.length === 0) continue
    if (type === 'record') columns ??= all?.columnsOf(call, noUserFindings())
    const user = columns ? ofRecord(call, columns) : ofCall(call)
    looked.push({ ...named(denied), direction: 'remove', user, destinations: undefined })
  }
  const people = looked.filter(({ user }) => user !== null)
  return { people, looked, isNobody: looked.length > 0 && people.length === 0, unreadable }
}

/** The removals that the users of a list ask for by denying. */
export function denialsOfList(
  given: readonly unknown[],
  { all }: LeavingDestinations,
): Pick<UserList, 'by' | 'name' | 'more' | 'users' | 'places'> | undefined {
  if (!all) return undefined
  const users: QueuedUser[] = []
  const places: number[] = []
  for (const [place, user] of given.entries()) {
    const cut = ownConsent(user) === 'denied' ? all.ofUser(user) : null
    if (!cut) continue
    users.push(cut)
    places.push(place)
  }
  return users.length > 0 ? { ...named(all.destinations), users, places } : undefined
}

function compile(destinations: readonly Destination[]): Leaving {
  const strong = [...new Set(destinations.flatMap(identifiers))]
  // Names alone must not remove a namesake, so they are not even read.
  const fields = [
    ...strong,
    ...(strong.some(needsCountry) ? (['COUNTRY'] as const) : []),
    ...(destinations.some(({ limitedDataUse }) => limitedDataUse !== undefined) ? LIMITED_DATA_USE_FIELDS : []),
  ]
  const readCall = createCallReader(destinations, fields)
  const readRecord = createRecordReader(destinations, fields)
  const cutUser = createUserCut({ destinations, fields })
  const known = (user: QueuedUser) =>
    user && strong.some((field) => !isAbsent(user[field]) && !isUseless(user[field])) ? user : null
  return {
    destinations,
    ofCall: (call) => known(readCall(call, noUserFindings(), 'remove')),
    ofRecord: (call, columns) => known(readRecord(call, noUserFindings(), 'remove', columns)),
    ofUser: (user) => known(cutUser(user, noUserFindings())),
    columnsOf: createRecordColumns({ destinations, fields }),
  }
}

function identifiers({ userSchema }: Destination): SchemaField[] {
  return userSchema.filter((field) => SCHEMA_FIELDS[field].identifies === 'strong').sort()
}

function named(destinations: readonly Destination[]): { by: 'destination'; name: string; more?: string[] } {
  const [name = '', ...more] = destinations.map((destination) => destination.name)
  return { by: 'destination', name, ...(more.length > 0 && { more }) }
}
