import { isRecord } from './json.ts'

/** The settings of a destination that name audiences. */
const MAPPINGS = ['events', 'memberships', 'sourceAudience'] as const

/**
 * Every audience that a `destinations.json` names, once each, in the order of the file. Reads it leniently: whether the file
 * is right is for the product to say.
 */
export function audienceIds(destinations: unknown): string[] {
  const list: unknown = isRecord(destinations) ? destinations.destinations : undefined
  const ids = (Array.isArray(list) ? (list as unknown[]) : []).flatMap((destination) =>
    isRecord(destination)
      ? MAPPINGS.flatMap((key) => (isRecord(destination[key]) ? Object.values(destination[key]).flatMap(idsOf) : []))
      : [],
  )
  return [...new Set(ids.filter((id) => typeof id === 'string'))]
}

function idsOf(mapped: unknown): unknown[] {
  return [isRecord(mapped) ? mapped.audiences : mapped].flat()
}
