import type { Destination, Destinations } from './destinations-schema.ts'
import { LIMITED_DATA_USE_FIELDS, needsCountry } from './schema-field.ts'
import type { SchemaField } from './schema-field.ts'

/** What an event name of one source leads to. */
export type MappedEvent = {
  destinations: readonly Destination[]
  /** The columns that the rows of these destinations are made of. */
  fields: readonly SchemaField[]
}

/** By event name, case included. */
export type MappedEvents = ReadonlyMap<string, MappedEvent>

/** The events that a source may send, for the destinations that it feeds. */
export function mappedEvents({ destinations }: Destinations, source: string): MappedEvents {
  const names = new Set(destinations.flatMap(({ events }) => Object.keys(events)))
  return new Map(
    [...names].flatMap((name) => {
      const mapping = destinations.filter((destination) => maps(destination, source, name))
      return mapping.length > 0 ? [[name, { destinations: mapping, fields: neededFields(mapping) }]] : []
    }),
  )
}

/** Whether an event of this name from this source leads to users of a destination. */
export function maps({ sources, events }: Destination, source: string, eventName: string): boolean {
  return sources.includes(source) && Object.hasOwn(events, eventName)
}

function neededFields(destinations: readonly Destination[]): readonly SchemaField[] {
  const fields = new Set(destinations.flatMap(({ userSchema }) => userSchema))
  if ([...fields].some(needsCountry)) fields.add('COUNTRY')
  if (destinations.some(({ limitedDataUse }) => limitedDataUse !== undefined))
    for (const field of LIMITED_DATA_USE_FIELDS) fields.add(field)
  return [...fields]
}
