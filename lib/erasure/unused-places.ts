import { STRONG_FIELDS, fieldOfKey } from '../config/schema-field.ts'
import { suggestField } from '../config/field-suggestion.ts'
import { isGiven, isObject } from '../track/json-object.ts'
import type { JsonObject } from '../track/json-object.ts'
import type { ErasedPerson } from '../track/person.ts'

/** Keys of users and calls whose content is looked at, or is about nobody. */
const KNOWN = [
  ...['traits', 'context', 'fields', 'identifiers', 'properties', 'address'],
  ...['integrations', '_metadata'],
]

/** More are not told of, because somebody has made them up. */
const MOST_PLACES = 100

/**
 * Places of users that hold something which nobody looks at, with the number of users who have it: keys with an object or a
 * list, and whatever looks like an e-mail address that was not read for one of these people. One pass over all values.
 */
export function unusedPlaces(users: readonly unknown[], people: readonly ErasedPerson[]): Map<string, number> {
  const told = toldOf(people)
  const counts = new Map<string, number>()
  for (const user of users) {
    if (!isObject(user)) continue
    for (const place of placesIn(user, told))
      if (counts.has(place) || counts.size < MOST_PLACES) counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  return counts
}

function placesIn(user: JsonObject, told: ReadonlySet<unknown>): Set<string> {
  const found = new Set<string>()
  const open: { place: string; value: unknown }[] = []
  for (const [key, value] of Object.entries(user)) {
    const isNestedElsewhere = isGiven(value) && typeof value === 'object' && fieldOfKey(key) === undefined
    if (key === 'anonymousId' || (isNestedElsewhere && !KNOWN.includes(key))) found.add(placeIn('', key))
    else open.push({ place: placeIn('', key), value })
  }
  // A loop in place of recursion: JSON may be nested deeper than the stack.
  for (let next = open.pop(); next !== undefined && found.size < MOST_PLACES; next = open.pop()) {
    const { place, value } = next
    if (told.has(plain(value))) continue
    if (typeof value === 'string') {
      if (looksLikeEmail(value)) found.add(place)
    } else if (Array.isArray(value)) {
      for (const each of value as unknown[]) open.push({ place, value: each })
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) open.push({ place: placeIn(place, key), value: value[key] })
    }
  }
  return found
}

/** What was read of these people, and what has a warning of its own: a `userId`, and a key that was probably misspelt. */
function toldOf(people: readonly ErasedPerson[]): Set<unknown> {
  const told = new Set<unknown>()
  for (const { call, columns, ids, isFirst } of people) {
    const own = Object.entries(columns).filter(([key]) => isStrong(fieldOfKey(key) ?? suggestField(key)))
    const shared = isFirst ? [call.userId, ...ids.map(({ value }) => value)] : []
    for (const value of [...own.map(([, each]) => each), ...shared]) told.add(plain(value))
  }
  return told
}

function isStrong(field: ReturnType<typeof fieldOfKey>): boolean {
  return field !== undefined && STRONG_FIELDS.includes(field)
}

const LONGEST_PLACE = 100
const LONGEST_EMAIL = 320

function placeIn(place: string, key: string): string {
  return place.length >= LONGEST_PLACE ? place : `${place}${place && '.'}${key}`.slice(0, LONGEST_PLACE)
}

function looksLikeEmail(text: string): boolean {
  return text.length <= LONGEST_EMAIL && /^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$/.test(text)
}

function plain(value: unknown): unknown {
  return typeof value === 'string' ? value.trim().toLowerCase() : value
}
