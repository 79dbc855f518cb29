import { createRowBuilder } from '../audience/row.ts'
import type { RowBuilder } from '../audience/row.ts'
import { erasedFrom } from '../config/audience-mapping.ts'
import type { Destination } from '../config/destinations-schema.ts'
import { STRONG_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { JsonObject } from '../track/json-object.ts'
import type { QueuedUser, UserList } from '../track/message.ts'
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
  /** Destinations with a trial run, which send nothing. */
  notSent: readonly string[]
  /** Places of the people who have no identifier that can be used. */
  unusable: readonly number[]
  /** Keys that are probably misspelt identifiers, and what was meant. */
  misspelt: ReadonlyMap<string, SchemaField>
}

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
      destination.dryRun ? [] : [{ destination, rows: erasureRows(destination, clock) }],
    ),
  }))
  const notSent = destinations.flatMap(({ name, dryRun }) => (dryRun ? [name] : []))
  return ({ id, at, people }) => {
    const findings = noUserFindings()
    const identifiers = new Set<string>()
    const usable = new Set<number>()
    const lists: UserList[] = []
    const removals: { destination: string; audienceIds: readonly string[]; users: number }[] = []
    for (const { read, formats, targets } of readers) {
      const users = people.map((person) => read(person, findings))
      users.forEach((user, place) => {
        for (const format of formats)
          for (const identifier of identifiersBy(format, user)) {
            identifiers.add(identifier)
            usable.add(place)
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
      ...{ identifiers, lists, removals, notSent },
      unusable: people.flatMap((_, place) => (usable.has(place) ? [] : [place])),
      misspelt: misspeltIn(findings),
    }
  }
}

/** Makes the rows that remove erased people. What a destination wants hashed by its sender is hashed here. */
export function erasureRows(destination: Destination, clock: () => number): RowBuilder {
  return createRowBuilder({ ...destination, isHashRequired: true }, clock)
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

function identifiersBy(format: RowBuilder, user: QueuedUser): readonly string[] {
  const result = format.toRow(user)
  return 'row' in result ? result.row.identifiers : []
}

function misspeltIn({ unknown }: UserFindings): ReadonlyMap<string, SchemaField> {
  return new Map(
    [...(unknown ?? [])].flatMap(([key, { suggestion }]) =>
      suggestion !== undefined && STRONG_FIELDS.includes(suggestion) ? [[key, suggestion] as const] : [],
    ),
  )
}
