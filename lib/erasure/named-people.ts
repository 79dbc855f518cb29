import type { Destination } from '../config/destinations-schema.ts'
import { STRONG_FIELDS, fieldOfKey } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { pathSteps } from '../config/user-fields.ts'
import { isGiven, isObject } from '../track/json-object.ts'
import type { JsonObject } from '../track/json-object.ts'
import { valueAt } from '../track/person.ts'

/** The people whom users of a request describe, for `createErasure`. */
export type NamedPeople = {
  people: readonly JsonObject[]
  /** The place in the request of each. A user with two e-mail addresses is two people. */
  places: readonly number[]
}

export type NamePeople = (users: readonly unknown[]) => NamedPeople

/**
 * Compiles the settings to a function that finds the people in users of `/v1/erase` and in `delete` calls, which are read
 * alike: by the columns of the user itself and of its `traits`, `context.traits`, `fields`, `identifiers` and
 * `properties`, and by `userFields`. No value is left out: a second one of a column is a person of its own.
 */
export function createNamePeople(destinations: readonly Destination[]): NamePeople {
  const ownPaths = STRONG_FIELDS.flatMap((field) => {
    const paths = new Set(destinations.flatMap(({ userFields }) => userFields[field] ?? []))
    return [...paths].map((path) => ({ field, steps: pathSteps(path) }))
  })
  const peopleOf = (user: unknown): JsonObject[] => {
    if (!isObject(user)) return [{}]
    const { values, others } = columnsOf(user)
    const traits: JsonObject = { ...user, ...(isObject(user.traits) && user.traits) }
    const call = { ...user, traits }
    const count = Math.max(1, ...[...values.values()].map((each) => each.size))
    const lists = [...values].map(([field, each]) => ({ field, list: [...each.values()] }))
    const people = Array.from({ length: count }, (_, place): JsonObject => {
      const columns = lists.flatMap(({ field, list }) => (place < list.length ? [[field, list[place]] as const] : []))
      const identifiers = { ...others, ...Object.fromEntries(columns) }
      return place === 0 ? { ...call, identifiers } : { traits: { address: traits.address }, identifiers }
    })
    // Columns come before paths, so what a path has besides them is read without them.
    const isHidden = ownPaths.some(({ field, steps }) => {
      const [value, known] = [valueAt(call, steps), values.get(field)]
      return known !== undefined && hasValue(value) && !known.has(textOf(value))
    })
    return isHidden ? [...people, { ...call, identifiers: others }] : people
  }
  return (users) => {
    const people: JsonObject[] = []
    const places: number[] = []
    for (const [place, user] of users.entries())
      for (const person of peopleOf(user)) {
        people.push(person)
        places.push(place)
      }
    return { people, places }
  }
}

/** Places of a user where columns are looked for, beside the user itself. */
const PLACES = ['traits', 'context', 'fields', 'identifiers', 'properties', 'address']

/** Keys of users that hold something which nobody looks at, with the number of users who have it. */
export function unusedKeysOf(users: readonly unknown[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const user of users) {
    if (!isObject(user)) continue
    for (const [key, value] of Object.entries(user)) {
      const isNestedElsewhere = isGiven(value) && isNested(value) && fieldOfKey(key) === undefined
      if (key === 'anonymousId' || (isNestedElsewhere && !PLACES.includes(key)))
        counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return counts
}

type Columns = {
  /** The different values of each field that names a person on its own, by their texts. */
  values: ReadonlyMap<SchemaField, ReadonlyMap<string, unknown>>
  /** All other keys, of which the first value counts. */
  others: JsonObject
}

function columnsOf(user: JsonObject): Columns {
  const { traits, context, fields, identifiers, properties } = user
  const { userId: _, ...own } = user
  const inContext = isObject(context) ? context : {}
  const device = isObject(inContext.device) ? { MADID: inContext.device.advertisingId } : {}
  const values = new Map<SchemaField, Map<string, unknown>>()
  const others: Record<string, unknown> = {}
  for (const place of [own, identifiers, fields, traits, inContext.traits, properties, device]) {
    if (!isObject(place)) continue
    for (const [key, value] of Object.entries(place)) {
      if (!hasValue(value)) continue
      const field = fieldOfKey(key)
      if (field === undefined || !STRONG_FIELDS.includes(field)) {
        others[field ?? key] ??= value
        continue
      }
      const known = values.get(field) ?? new Map<string, unknown>()
      values.set(field, known)
      if (!known.has(textOf(value))) known.set(textOf(value), value)
    }
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
