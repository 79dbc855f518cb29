import { mappingsOf } from '../config/audience-mapping.ts'
import type { CallMappingKind, Mapping } from '../config/audience-mapping.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import { pathSteps } from '../config/user-fields.ts'
import { leavingDestinations } from './denial.ts'
import type { LeavingDestinations } from './denial.ts'
import { personReaders } from './person.ts'
import type { PersonReader } from './person.ts'
import { createRecordColumns } from './record-columns.ts'
import type { ReadColumns } from './record-columns.ts'
import { createUserCut } from './user-cut.ts'
import type { CutUser } from './user-cut.ts'

/** What a name in a call leads to, and how users are read for it: those of lists, and the person a call is about. */
export type SourceMapping = Mapping & { cutUser: CutUser; columnsOf: ReadColumns; people: readonly PersonReader[] }

/** By kind and exact name; and of whose consent destinations ask: to which categories, and what a denial does. */
export type SourceMappings = Readonly<Record<CallMappingKind, ReadonlyMap<string, SourceMapping>>> & {
  categories: readonly string[]
  /** What `userFields` of any destination name in a context: the keys after `context.`. An erasure is for all of them. */
  pathsInContext: readonly string[]
  leaving: LeavingDestinations
}

/** Compiles the settings for the calls of one source. */
export function sourceMappings(settings: Destinations, source: string): SourceMappings {
  const mappings = mappingsOf(settings, source)
  const fed = settings.destinations.filter(({ sources }) => sources.includes(source))
  const compiled = (by: CallMappingKind) => {
    const made = new Map<string, PersonReader>()
    return new Map(
      [...mappings[by]].map(([name, mapping]) => [
        name,
        {
          ...mapping,
          cutUser: createUserCut(mapping),
          columnsOf: createRecordColumns(mapping),
          people: personReaders({ by, name }, mapping.destinations, made),
        },
      ]),
    )
  }
  return {
    event: compiled('event'),
    membership: compiled('membership'),
    source: compiled('source'),
    audience: compiled('audience'),
    categories: [...new Set(fed.flatMap(({ consent }) => consent?.categories ?? []))],
    pathsInContext: settings.destinations.flatMap(({ userFields }) =>
      Object.values(userFields).flatMap((paths) =>
        paths.map(pathSteps).flatMap(([root, key]) => (root === 'context' && key !== undefined ? [key] : [])),
      ),
    ),
    leaving: leavingDestinations(fed),
  }
}
