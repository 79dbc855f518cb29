import { isRecord } from './json.ts'

/**
 * Every audience that a `destinations.json` names, once each, in the order of the file. Reads only
 * `destinations[].events`, leniently: whether the file is right is for the product to say.
 */
export function audienceIds(destinations: unknown): string[] {
  const list: unknown = isRecord(destinations) ? destinations.destinations : undefined
  const ids = (Array.isArray(list) ? (list as unknown[]) : []).flatMap((destination) =>
    isRecord(destination) && isRecord(destination.events) ? Object.values(destination.events).flat() : [],
  )
  return [...new Set(ids.filter((id) => typeof id === 'string'))]
}
