import { namesOnePerson } from '../audience/identifiers.ts'
import { createRowBuilder } from '../audience/row.ts'
import type { RowBuilder } from '../audience/row.ts'
import { erasedFrom } from '../config/audience-mapping.ts'
import type { Destination } from '../config/destinations-schema.ts'
import { STRONG_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { isGiven } from '../track/json-object.ts'
import type { JsonObject } from '../track/json-object.ts'
import type { UserList } from '../track/message.ts'
import { erasureReaders } from '../track/person.ts'
import { noUserFindings } from '../track/user-cut.ts'
import type { UserFindings } from '../track/user-cut.ts'
import type { ErasureRecord } from './record.ts'

/** What an erasure asks for. */
export type Erasure = {
  /** Of everybody who can be erased, as they are sent under the settings of each destination. */
  identifiers: ReadonlySet<string>
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

type Request = { id: string; at: number; people: readonly JsonObject[] }

/** Compiles the settings to a function that says what the erasure of some people asks for. */
export function createErasure(
  destinations: readonly Destination[],
  clock: () => number,
): (request: Request) => Erasure {
  const readers = erasureReaders(destinations).map(({ destinations: alike, read }) => ({
    read,
    formats: formatsOf(alike, clock),
    targets: alike.flatMap((destination) =>
      reasonNotToSend(destination) ? [] : [{ destination, rows: erasureRows(destination, clock) }],
    ),
  }))
  const neverSent = destinations.flatMap((destination) => {
    const code = reasonNotToSend(destination)
    return code ? [{ destination: destination.name, code }] : []
  })
  return ({ id, at, people }) => {
    const found: UserFindings[] = []
    const identifiers = new Set<string>()
    const usable = new Set<number>()
    const lists: UserList[] = []
    const reported = new Map<string, { code: string; field: string; places: Set<number> }>()
    const removals: { destination: string; audienceIds: readonly string[]; users: number }[] = []
    for (const { read, formats, targets } of readers) {
      const findings = noUserFindings()
      found.push(findings)
      const users = people.map((person) => read(person, findings))
      users.forEach((user, place) => {
        for (const format of formats) {
          const result = format.toRow(user)
          for (const identifier of 'row' in result ? result.row.identifiers : []) {
            identifiers.add(identifier)
            usable.add(place)
          }
          for (const { field, reason: code } of result.reports) {
            const key = `${code} ${field}`
            reported.set(key, { code, field, places: (reported.get(key)?.places ?? new Set()).add(place) })
          }
        }
      })
      for (const { destination, rows } of targets) {
        const count = users.filter((user) => 'row' in rows.toRow(user)).length
        removals.push({ destination: destination.name, audienceIds: erasedFrom(destination), users: count })
      }
      if (targets.length === 0) continue
      const names = targets.map(({ destination }) => destination.name)
      lists.push({
        ...{ messageId: id, by: 'erasure', name: 'erasure', at, direction: 'remove', users },
        destinations: names,
      })
    }
    return {
      ...{ identifiers, lists, removals, notSent: [...neverSent, ...unnamedBy(removals, usable.size)] },
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

/** Why an erasure removes nobody from the audiences of a destination. */
function reasonNotToSend({ dryRun, userSchema }: Destination): 'dry_run' | 'names_only' | undefined {
  if (dryRun) return 'dry_run'
  return userSchema.some((field) => STRONG_FIELDS.includes(field)) ? undefined : 'names_only'
}

/**
 * Makes the rows that remove erased people. What a destination wants hashed by its sender is hashed here. A row with names
 * alone would remove their namesakes.
 */
export function erasureRows(destination: Destination, clock: () => number): RowBuilder {
  const { schema, toRow } = createRowBuilder({ ...destination, isHashRequired: true }, clock)
  return {
    schema,
    toRow: (user) => {
      const result = toRow(user)
      if (!('row' in result) || namesOnePerson(result.row.identifiers)) return result
      return { dropped: 'no_usable_value', reports: result.reports }
    },
  }
}

/** The different ways in which these destinations write an identifier. */
function formatsOf(destinations: readonly Destination[], clock: () => number): RowBuilder[] {
  const formats = Map.groupBy(destinations, ({ disableFormat, defaultCountry }) =>
    JSON.stringify([disableFormat, defaultCountry]),
  )
  return [...formats.values()].flatMap(([destination]) =>
    destination
      ? [erasureRows({ ...destination, userSchema: [...STRONG_FIELDS], limitedDataUse: undefined }, clock)]
      : [],
  )
}

/** People with a `userId` that no destination takes for EXTERN_ID. */
function unusedIds(people: readonly JsonObject[], destinations: readonly Destination[]): ErasureWarning[] {
  if (destinations.some(({ userFields }) => userFields.EXTERN_ID?.includes('userId'))) return []
  const count = people.filter(({ userId }) => isGiven(userId)).length
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
