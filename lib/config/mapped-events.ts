import type { Destination, Destinations } from './destinations-schema.ts'
import type { SchemaField } from './schema-field.ts'

/** What an event of one name from one source leads to. */
export type MappedEvent = {
  destinations: readonly Destination[]
  /** The columns that the rows of these destinations are made of. */
  fields: readonly SchemaField[]
}

/** By event name, exact, case and all. */
export type MappedEvents = ReadonlyMap<string, MappedEvent>

/** The events that a source may send, for the destinations that it feeds. */
export function mappedEvents({ destinations }: Destinations, source: string): MappedEvents {
  const fed = destinations.filter(({ sources }) => sources.includes(source))
  const names = new Set(fed.flatMap(({ events }) => Object.keys(events)))
  return new Map(
    [...names].map((name) => {
      const mapping = fed.filter(({ events }) => Object.hasOwn(events, name))
      return [name, { destinations: mapping, fields: neededFields(mapping) }]
    }),
  )
}

function neededFields(destinations: readonly Destination[]): readonly SchemaField[] {
  const fields = new Set(destinations.flatMap(({ userSchema }) => userSchema))
  if (fields.has('PHONE') || fields.has('ST') || fields.has('ZIP')) fields.add('COUNTRY')
  if (destinations.some(({ limitedDataUse }) => limitedDataUse !== undefined)) {
    fields.add('DATA_PROCESSING_OPTIONS')
    fields.add('DATA_PROCESSING_OPTIONS_COUNTRY')
    fields.add('DATA_PROCESSING_OPTIONS_STATE')
  }
  return [...fields]
}
