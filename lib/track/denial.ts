import type { Destination } from '../config/destinations-schema.ts'
import { LIMITED_DATA_USE_FIELDS, SCHEMA_FIELDS, isAbsent, needsCountry } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { consentTo, ownConsent } from './consent.ts'
import type { CallConsent } from './consent.ts'
import type { JsonObject } from './json-object.ts'
import type { QueuedUser, UserList } from './message.ts'
import { createCallReader, createRecordReader } from './person.ts'
import type { CallPerson } from './person.ts'
import { createUserCut, noUserFindings } from './user-cut.ts'

/**
 * Destinations that remove whoever denies, and that know people by the same columns: a person is read and queued once for
 * all of them.
 */
type Leaving = {
  destinations: readonly Destination[]
  /** The person of a call or a row by the columns that name one person; undefined where it has none of them. */
  ofCall: (call: JsonObject) => QueuedUser | undefined
  ofRecord: (call: JsonObject) => QueuedUser | undefined
  ofUser: (user: unknown) => QueuedUser | undefined
}

/** Those of a source: for calls, which each destination may look for in other places, and for users of lists. */
export type LeavingDestinations = { ofCalls: readonly Leaving[]; ofLists: readonly Leaving[] }

/** Compiles what the destinations that a source feeds do with denials. */
export function leavingDestinations(fed: readonly Destination[]): LeavingDestinations {
  const leaving = fed.filter(({ consent }) => consent?.onDenial === 'remove')
  const alike = (key: (destination: Destination) => unknown) =>
    [...Map.groupBy(leaving, (destination) => JSON.stringify(key(destination))).values()].map(compile)
  return {
    ofCalls: alike((destination) => [identifiers(destination), destination.userFields]),
    ofLists: alike(identifiers),
  }
}

/** The removals that a call asks for by denying: of its person, from all audiences of destinations that know the person. */
export function denialsOfCall(
  type: unknown,
  call: JsonObject,
  consent: CallConsent,
  { ofCalls }: LeavingDestinations,
): CallPerson[] {
  if (type !== 'track' && type !== 'identify' && type !== 'record') return []
  return ofCalls.flatMap(({ destinations, ofCall, ofRecord }): CallPerson[] => {
    const denied = destinations.filter(({ consent: asked }) => asked && consentTo(asked, consent).said === 'denied')
    if (denied.length === 0) return []
    const user = type === 'record' ? ofRecord(call) : ofCall(call)
    return user ? [{ ...named(denied), direction: 'remove', user, destinations: undefined }] : []
  })
}

/** The removals that the users of a list ask for by denying. */
export function denialsOfList(
  given: readonly unknown[],
  { ofLists }: LeavingDestinations,
): Pick<UserList, 'by' | 'name' | 'more' | 'users' | 'places'>[] {
  if (ofLists.length === 0) return []
  const denying = given.flatMap((user, place) => (ownConsent(user) === 'denied' ? [{ user, place }] : []))
  return ofLists.flatMap(({ destinations, ofUser }) => {
    const known = denying.flatMap(({ user, place }) => {
      const cut = ofUser(user)
      return cut ? [{ user: cut, place }] : []
    })
    if (known.length === 0) return []
    return [{ ...named(destinations), users: known.map(({ user }) => user), places: known.map(({ place }) => place) }]
  })
}

function compile(destinations: readonly Destination[]): Leaving {
  const strong = destinations[0] ? identifiers(destinations[0]) : []
  // Names alone must not remove a namesake, so they are not even read.
  const fields = [
    ...strong,
    ...(strong.some(needsCountry) ? (['COUNTRY'] as const) : []),
    ...(destinations.some(({ limitedDataUse }) => limitedDataUse !== undefined) ? LIMITED_DATA_USE_FIELDS : []),
  ]
  const readCall = createCallReader(destinations, fields)
  const readRecord = createRecordReader(destinations, fields)
  const cutUser = createUserCut({ destinations, fields })
  const known = (user: QueuedUser) => (user && strong.some((field) => !isAbsent(user[field])) ? user : undefined)
  return {
    destinations,
    ofCall: (call) => known(readCall(call, noUserFindings(), 'remove')),
    ofRecord: (call) => known(readRecord(call, noUserFindings(), 'remove')),
    ofUser: (user) => known(cutUser(user, noUserFindings())),
  }
}

function identifiers({ userSchema }: Destination): SchemaField[] {
  return userSchema.filter((field) => SCHEMA_FIELDS[field].identifies === 'strong').sort()
}

function named(destinations: readonly Destination[]): { by: 'destination'; name: string; more?: string[] } {
  const [name = '', ...more] = destinations.map((destination) => destination.name)
  return { by: 'destination', name, ...(more.length > 0 && { more }) }
}
