import type { Destinations, Source } from '../config/destinations-schema.ts'
import { createNearMiss } from '../config/nearest-name.ts'
import { parseEvents } from './event.ts'
import type { ParsedEvents } from './event.ts'
import { noFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import type { UserList } from './message.ts'
import { withinSessionRoom } from '../session/room.ts'
import { sourceMappings } from './source-mappings.ts'
import { toUserLists } from './user-list.ts'
import { noteWarnings } from './warning.ts'
import type { EventWarning } from './warning.ts'

type Receipt = { routeType: string | undefined; receivedAt: number; newId: () => string }

/** The events of a request that are kept, and what became of all of them. */
export type Selection = ParsedEvents & { lists: UserList[]; warnings: Findings<EventWarning> }

/** Names that some destination maps, and the one of them that was probably meant by a name that none maps. */
export type MappedNames = { all: readonly string[]; meant: (name: string) => string | undefined }

/** Reads the requests of one source. */
export type EventReader = {
  events: MappedNames
  memberships: MappedNames
  read: (json: unknown, receipt: Receipt) => Selection
}

/**
 * Compiles the settings to a function that reads a source's requests and keeps only mapped events with the fields they
 * need.
 */
export function createEventReader(settings: Destinations, source: Source): EventReader {
  const mappings = sourceMappings(settings, source.name)
  const clock = source.clock ?? (source.allowedOrigins ? 'corrected' : 'trusted')
  return {
    events: mappedNames([...mappings.event.keys()]),
    memberships: mappedNames([...mappings.membership.keys()]),
    read: (json, receipt) => {
      const parsed = parseEvents(json, { ...receipt, clock, mappings })
      if (parsed.tooManyPeople) return { ...parsed, lists: [], warnings: noFindings() }
      const asked = parsed.events.map((event) => {
        const mapping = event.lists && mappings[event.lists.by].get(event.lists.name)
        return { event, ...toUserLists(event, mapping, source.name) }
      })
      const selected = withinSessionRoom(asked)
      const warnings = noFindings<EventWarning>()
      for (const { event, ...selection } of selected) noteWarnings(warnings, event, selection)
      return { ...parsed, lists: selected.flatMap(({ lists }) => lists), warnings }
    },
  }
}

function mappedNames(all: readonly string[]): MappedNames {
  return { all, meant: createNearMiss(all.map((name) => [name, name])) }
}
