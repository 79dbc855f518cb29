import type { Destination } from '../config/destinations-schema.ts'
import { STRONG_FIELDS, fieldOfKey } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { pathSteps } from '../config/user-fields.ts'
import { MOST_USERS } from './erase-body.ts'
import { isGiven, isObject } from '../track/json-object.ts'
import type { JsonObject } from '../track/json-object.ts'
import { valueAt } from '../track/person.ts'
import type { ErasedPerson } from '../track/person.ts'
import { isUseless } from '../track/user-cut.ts'

/** The people whom users of a request describe, for `createErasure`. */
export type NamedPeople = {
  people: readonly ErasedPerson[]
  /** The place in the request of each. A user with two e-mail addresses is two people. */
  places: readonly number[]
}

/** With so many people a request is refused, so no more of them are made: a few bytes make one. */
const TOO_MANY = MOST_USERS + 1

export type NamePeople = (users: readonly unknown[]) => NamedPeople

/** A place that `userFields` names. */
type OwnPath = { path: string; steps: readonly string[] }

/**
 * Compiles the settings to a function that finds the people in users of `/v1/erase` and in `delete` calls, which are read
 * alike: by the columns of the user itself and of its `traits`, `context.traits`, `fields`, `identifiers` and
 * `properties`, and by `userFields`. No value is left out: a second one of a column is a person of its own. An e-mail
 * address, a phone or a device is the same everywhere, so all destinations get it. What stands for EXTERN_ID is another
 * thing for each, so it is read only where a destination takes it.
 */
export function createNamePeople(destinations: readonly Destination[]): NamePeople {
  const ownPaths = new Map(STRONG_FIELDS.map((field) => [field, ownPathsOf(field, destinations)]))
  const idPaths = ownPaths.get('EXTERN_ID') ?? []
  ownPaths.delete('EXTERN_ID')
  const peopleOf = (user: unknown): ErasedPerson[] => {
    if (!isObject(user)) return [{ call: {}, columns: {}, ids: [], idPlace: 0, isFirst: true }]
    const call = { ...user, traits: { ...user, ...(isObject(user.traits) && user.traits) } }
    const { values, others } = columnsOf(user, call, ownPaths)
    const columnIds = values.get('EXTERN_ID')
    const ids = idsOf(call, idPaths).filter(({ value }) => !columnIds?.has(textOf(value)))
    const known = columnIds?.size ?? 0
    const most = Math.max(1, known + ids.length, ...[...values.values()].map((each) => each.size))
    const lists = [...values].map(([field, each]) => ({ field, list: [...each.values()] }))
    return Array.from({ length: Math.min(most, TOO_MANY) }, (_, place): ErasedPerson => {
      const columns = lists.flatMap(({ field, list }) => (place < list.length ? [[field, list[place]] as const] : []))
      const isFirst = place === 0
      const beside = isFirst ? others : { COUNTRY: others.COUNTRY }
      return { call, columns: { ...beside, ...Object.fromEntries(columns) }, ids, idPlace: place - known, isFirst }
    })
  }
  return (users) => {
    const people: ErasedPerson[] = []
    const places: number[] = []
    for (const [place, user] of users.entries()) {
      if (people.length >= TOO_MANY) break
      for (const person of peopleOf(user)) {
        people.push(person)
        places.push(place)
      }
    }
    return { people, places }
  }
}

function ownPathsOf(field: SchemaField, destinations: readonly Destination[]): OwnPath[] {
  const paths = new Set(destinations.flatMap(({ userFields }) => userFields[field] ?? []))
  return [...paths].map((path) => ({ path, steps: pathSteps(path) }))
}

/** The different values at these paths, each with those that lead to it. */
function idsOf(call: JsonObject, paths: readonly OwnPath[]): ErasedPerson['ids'] {
  const found = paths.map(({ path, steps }) => ({ path, value: valueAt(call, steps) }))
  const given = found.filter(({ value }) => hasValue(value))
  return [...Map.groupBy(given, ({ value }) => textOf(value)).values()].map((same) => ({
    value: same[0]?.value,
    paths: same.map(({ path }) => path),
  }))
}

type Columns = {
  /** The different values of each field that names a person on its own, by their texts. */
  values: ReadonlyMap<SchemaField, ReadonlyMap<string, unknown>>
  /** All other keys, of which the first value counts. */
  others: JsonObject
}

function columnsOf(
  user: JsonObject,
  call: JsonObject,
  ownPaths: ReadonlyMap<SchemaField, readonly OwnPath[]>,
): Columns {
  const { traits, context, fields, identifiers, properties } = user
  const { userId: _, ...own } = user
  const inContext = isObject(context) ? context : {}
  const device = isObject(inContext.device) ? { MADID: inContext.device.advertisingId } : {}
  const values = new Map<SchemaField, Map<string, unknown>>()
  const others: Record<string, unknown> = {}
  const add = (field: SchemaField, value: unknown) => {
    const known = values.get(field) ?? new Map<string, unknown>()
    values.set(field, known)
    if (!known.has(textOf(value))) known.set(textOf(value), value)
  }
  for (const place of [own, identifiers, fields, traits, inContext.traits, properties, device]) {
    if (!isObject(place)) continue
    for (const [key, value] of Object.entries(place)) {
      if (!hasValue(value)) continue
      const field = fieldOfKey(key)
      if (field === undefined || !STRONG_FIELDS.includes(field)) others[field ?? key] ??= value
      else add(field, value)
    }
  }
  for (const [field, paths] of ownPaths)
    for (const { steps } of paths) {
      const value = valueAt(call, steps)
      if (hasValue(value) && !(isUseless(value) && values.has(field))) add(field, value)
    }
  return { values, others }
}

// What is nested is of no use, and may be nested deeper than the stack.
function textOf(value: unknown): string {
  return isNested(value) ? '[nested]' : String(value)
}

function isNested(value: unknown): boolean {
  return typeof value === 'object'
}

function hasValue(value: unknown): boolean {
  return isGiven(value) && !(typeof value === 'string' && value.trim() === '')
}
