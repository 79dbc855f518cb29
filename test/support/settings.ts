import { parseDestinations } from '../../lib/config/destinations.ts'
import type { Destination, Destinations } from '../../lib/config/destinations-schema.ts'

export const AUDIENCE = '23846440602800582'
export const OTHER_AUDIENCE = '23848672402580582'

/** A source and a destination as an operator writes them; the settings of the repository, unless said otherwise. */
export const aDestination = (overrides: Record<string, unknown> = {}) => ({
  name: 'main',
  userSchema: ['EMAIL', 'FN'],
  events: { USER_ADD: AUDIENCE },
  ...overrides,
})

/** Validated settings; throws what is wrong with them. */
export function settingsOf(file: { sources?: unknown[]; destinations?: unknown[] } = {}): Destinations {
  const parsed = parseDestinations({ sources: [{ name: 'server' }], destinations: [aDestination()], ...file })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.destinations
}

/** Validated destinations, all fed by one source. */
export const destinationsOf = (...destinations: Record<string, unknown>[]): readonly Destination[] =>
  settingsOf({ destinations: destinations.map(aDestination) }).destinations
