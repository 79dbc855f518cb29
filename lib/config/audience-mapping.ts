import type { Destination, Destinations } from './destinations-schema.ts'
import { LIMITED_DATA_USE_FIELDS, needsCountry } from './schema-field.ts'
import type { SchemaField } from './schema-field.ts'

/** What of a call names audiences: its event's name, an audience key, the source that sent it, or an audience's id. */
const CALL_MAPPING_KINDS = ['event', 'membership', 'source', 'audience'] as const

/** These, a destination's name, which means all of its audiences, and an erasure, which means these and the ad account. */
export const MAPPING_KINDS = [...CALL_MAPPING_KINDS, 'destination', 'erasure'] as const
export type MappingKind = (typeof MAPPING_KINDS)[number]
export type CallMappingKind = (typeof CALL_MAPPING_KINDS)[number]

/** What a queued event names, and what a call names. */
export type MappingName = { by: MappingKind; name: string }
export type CallMappingName = { by: CallMappingKind; name: string }

/** What a name leads to, for the calls of one source. */
export type Mapping = {
  destinations: readonly Destination[]
  /** The columns that the rows of these destinations are made of. */
  fields: readonly SchemaField[]
}

/** All mappings that the calls of a source can name, by kind and exact name. */
export type Mappings = Readonly<Record<CallMappingKind, ReadonlyMap<string, Mapping>>>

/** The mappings of the destinations that a source feeds. */
export function mappingsOf({ destinations }: Destinations, source: string): Mappings {
  const fed = destinations.filter(({ sources }) => sources.includes(source))
  const mapped = (namesOf: (destination: Destination) => readonly string[]) => {
    const leading = new Map<string, Destination[]>()
    for (const destination of fed)
      for (const name of new Set(namesOf(destination))) leading.set(name, [...(leading.get(name) ?? []), destination])
    return new Map([...leading].map(([name, to]) => [name, { destinations: to, fields: neededFields(to) }]))
  }
  return {
    event: mapped(({ events }) => Object.keys(events)),
    membership: mapped(({ memberships }) => Object.keys(memberships)),
    source: mapped(({ sourceAudience }) => (Object.hasOwn(sourceAudience, source) ? [source] : [])),
    audience: mapped(allAudiences),
  }
}

/**
 * The audiences of a destination that a name in a call from a source leads to; none when the source does not feed it. The
 * destination's own name leads to all of them, whatever the source.
 */
export function audiencesOf(destination: Destination, source: string, { by, name }: MappingName): readonly string[] {
  if (by === 'erasure') return erasedFrom(destination)
  if (by === 'destination') return name === destination.name ? [...new Set(allAudiences(destination))] : []
  if (!destination.sources.includes(source)) return []
  switch (by) {
    case 'event':
      return own(destination.events, name)?.audiences ?? []
    case 'membership':
      return own(destination.memberships, name) ?? []
    case 'source':
      return name === source ? (own(destination.sourceAudience, name) ?? []) : []
    case 'audience':
      return namesAudience(destination, name) ? [name] : []
  }
}

/** Every audience that a destination's settings name. */
export function allAudiences({ events, memberships, sourceAudience }: Destination): readonly string[] {
  return [
    ...Object.values(events).flatMap(({ audiences }) => audiences),
    ...Object.values(memberships).flat(),
    ...Object.values(sourceAudience).flat(),
  ]
}

/**
 * Where an erased person is removed: every audience of the destination, whatever source feeds it, and the whole ad account
 * if the settings name it.
 */
export function erasedFrom(destination: Destination): readonly string[] {
  const { adAccountId } = destination
  return [...new Set(allAudiences(destination)), ...(adAccountId === undefined ? [] : [adAccountId])]
}

// Asked for each record and destination, so it builds no list.
function namesAudience({ events, memberships, sourceAudience }: Destination, id: string): boolean {
  for (const name in events) if (events[name]?.audiences.includes(id)) return true
  for (const mapping of [memberships, sourceAudience])
    for (const name in mapping) if (mapping[name]?.includes(id)) return true
  return false
}

/** The columns that the rows of these destinations are made of, and the COUNTRY that some of their rules ask for. */
export function neededFields(destinations: readonly Destination[]): readonly SchemaField[] {
  const fields = new Set(destinations.flatMap(({ userSchema }) => userSchema))
  if ([...fields].some(needsCountry)) fields.add('COUNTRY')
  if (destinations.some(({ limitedDataUse }) => limitedDataUse !== undefined))
    for (const field of LIMITED_DATA_USE_FIELDS) fields.add(field)
  return [...fields]
}

function own<T>(settings: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(settings, name) ? settings[name] : undefined
}
