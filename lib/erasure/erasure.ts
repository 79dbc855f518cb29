import { erasedFrom } from '../config/audience-mapping.ts'
import type { Destination } from '../config/destinations-schema.ts'
import { STRONG_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { isGiven } from '../track/json-object.ts'
import type { UserList } from '../track/message.ts'
import { erasureReaders } from '../track/person.ts'
import type { ErasedPerson } from '../track/person.ts'
import { noUserFindings } from '../track/user-cut.ts'
import type { UserFindings } from '../track/user-cut.ts'
import { createForms } from './forms.ts'
import type { DestinationKind } from './forms.ts'
import type { ErasureRecord } from './record.ts'

/** What an erasure asks for. */
export type Erasure = {
  /** Of everybody who can be erased, as they are sent under the settings of each destination. */
  identifiers: ReadonlySet<string>
  /** The same by the place of the person; nothing for those who cannot be erased. */
  identifiersAt: ReadonlyMap<number, readonly string[]>
  /** The removals, for the queue. */
  lists: readonly UserList[]
  removals: ErasureRecord['removals']
  /** Destinations that remove nobody, or not everybody, and why. */
  notSent: ErasureRecord['notSent']
  /** Places of the people who have no identifier that can be used. */
  unusable: readonly number[]
  /** What was given and is of no use. */
  warnings: readonly ErasureWarning[]
}

/** A value, or a key that is probably a misspelt identifier, that was not used; `count` is a number of people. */
export type ErasureWarning = { code: string; field: string; suggestion?: SchemaField; count: number }

type Request = { id: string; at: number; people: readonly ErasedPerson[] }

/** Compiles the settings to a function that says what the erasure of some people asks for. */
export function createErasure(
  destinations: readonly Destination[],
  clock: () => number,
): (request: Request) => Erasure {
  const readers = erasureReaders(destinations).map(({ destinations: alike, read }) => ({
    read,
    formsOf: createForms(alike, clock),
    kinds: kindsOf(alike.filter((destination) => reasonNotToSend(destination) === undefined)),
  }))
  const neverSent = destinations.flatMap((destination) => {
    const code = reasonNotToSend(destination)
    return code ? [{ destination: destination.name, code }] : []
  })
  return ({ id, at, people }) => {
    const found: UserFindings[] = []
    const identifiers = new Set<string>()
    const usable = new Map<number, string[]>()
    const lists: UserList[] = []
    const reported = new Map<string, { code: string; field: string; places: Set<number> }>()
    const counts = new Map<string, number>()
    /** The phone numbers of each person, as those of several countries. */
    const abroad: Set<string>[] = []
    const note = (code: string, field: string, place: number) => {
      const key = `${code} ${field}`
      const known = reported.get(key) ?? { code, field, places: new Set() }
      known.places.add(place)
      reported.set(key, known)
    }
    for (const { read, formsOf, kinds } of readers) {
      const findings = noUserFindings()
      found.push(findings)
      const users = people.map((person) => read(person, findings))
      /** The places of the people whom the same kinds of destinations can name. */
      const alike = new Map<string, number[]>()
      users.forEach((user, place) => {
        const forms = formsOf(user)
        for (const identifier of forms.identifiers) identifiers.add(identifier)
        if (forms.identifiers.length > 0) usable.set(place, [...(usable.get(place) ?? []), ...forms.identifiers])
        for (const { field, reason } of forms.reports) note(reason, field, place)
        abroad[place] = new Set([...(abroad[place] ?? []), ...forms.abroad])
        const named = JSON.stringify(kinds.flatMap((kind, index) => (forms.isNamedBy(kind.kind) ? [index] : [])))
        const places = alike.get(named)
        if (places) places.push(place)
        else alike.set(named, [place])
      })
      for (const [named, places] of alike) {
        const names = (JSON.parse(named) as number[]).flatMap((index) => kinds[index]?.names ?? [])
        if (names.length === 0) continue
        const isWhole = places.length === users.length
        lists.push({
          ...{ messageId: id, by: 'erasure', name: 'erasure', at, direction: 'remove', destinations: names },
          users: isWhole ? users : places.map((place) => users[place] ?? null),
          ...(!isWhole && { places }),
        })
        for (const name of names) counts.set(name, (counts.get(name) ?? 0) + places.length)
      }
    }
    for (const [place, numbers] of abroad.entries())
      if (numbers.size > 1) note('phone_of_several_countries', 'PHONE', place)
    const removals = destinations.flatMap((destination) =>
      reasonNotToSend(destination) === undefined
        ? [
            {
              destination: destination.name,
              audienceIds: erasedFrom(destination),
              users: counts.get(destination.name) ?? 0,
            },
          ]
        : [],
    )
    return {
      ...{
        identifiers,
        identifiersAt: usable,
        lists,
        removals,
        notSent: [...neverSent, ...unnamedBy(removals, usable.size)],
      },
      unusable: people.flatMap((_, place) => (usable.has(place) ? [] : [place])),
      warnings: [
        ...[...reported.values()].map(({ places, ...about }) => ({ ...about, count: places.size })),
        ...misspeltIn(found),
        ...unusedIds(people, destinations),
        ...emailsAsIdIn(found),
      ],
    }
  }
}

/** Destinations that cannot name some of so many people: their schema has none of the identifiers that were given. */
function unnamedBy(removals: ErasureRecord['removals'], people: number): ErasureRecord['notSent'] {
  return removals.flatMap(({ destination, users }) =>
    users < people ? [{ destination, code: 'no_identifier_of_it' as const, users: people - users }] : [],
  )
}

/** A process that knows the list answers within ten seconds: so many phone numbers may be read, of which each takes a page's place, too. */
const MOST_READINGS = 60_000

/**
 * How many people may be erased at once. Each is read once for each country of a `defaultCountry`, and twice more for the rest:
 * with five countries, 8,571.
 */
export function mostErasedAtOnce(destinations: readonly Destination[]): number {
  const readings = erasureReaders(destinations).map(({ destinations: alike }) => {
    return 2 + new Set(alike.map(({ defaultCountry }) => defaultCountry)).size
  })
  return Math.floor(MOST_READINGS / readings.reduce((sum, each) => sum + each, 0))
}

/** Why an erasure removes nobody from the audiences of a destination. */
function reasonNotToSend({ dryRun, userSchema }: Destination): 'dry_run' | 'names_only' | undefined {
  if (dryRun) return 'dry_run'
  return userSchema.some((field) => STRONG_FIELDS.includes(field)) ? undefined : 'names_only'
}

/** Destinations that can name the same people, by what decides it. */
function kindsOf(destinations: readonly Destination[]): { kind: DestinationKind; names: readonly string[] }[] {
  const kinds = Map.groupBy(destinations, ({ userSchema, defaultCountry }) =>
    JSON.stringify([STRONG_FIELDS.filter((field) => userSchema.includes(field)), defaultCountry]),
  )
  return [...kinds.values()].flatMap((same) =>
    same[0] ? [{ kind: same[0], names: same.map(({ name }) => name) }] : [],
  )
}

/** Users with a `userId` that no destination takes for anything. */
function unusedIds(people: readonly ErasedPerson[], destinations: readonly Destination[]): ErasureWarning[] {
  const isTaken = ({ userFields }: Destination) => STRONG_FIELDS.some((field) => userFields[field]?.includes('userId'))
  if (destinations.some(isTaken)) return []
  const count = people.filter(({ call, isFirst }) => isFirst && isGiven(call.userId)).length
  return count > 0 ? [{ code: 'user_id_unused', field: 'userId', count }] : []
}

/** Each reader finds the same keys, and the same people. */
function misspeltIn(found: readonly UserFindings[]): ErasureWarning[] {
  return [...(found[0]?.unknown ?? [])].flatMap(([field, { suggestion, count }]) =>
    suggestion !== undefined && STRONG_FIELDS.includes(suggestion)
      ? [{ code: 'field_unknown', field: field.slice(0, 100), suggestion, count }]
      : [],
  )
}

function emailsAsIdIn(found: readonly UserFindings[]): ErasureWarning[] {
  const count = Math.max(0, ...found.map(({ emailsAsId }) => emailsAsId))
  return count > 0 ? [{ code: 'external_id_is_email', field: 'EXTERN_ID', count }] : []
}
