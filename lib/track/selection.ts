import type { Destinations, Source } from '../config/destinations-schema.ts'
import { mappedEvents } from '../config/mapped-events.ts'
import { createNearMiss } from '../config/nearest-name.ts'
import { parseEvents } from './event.ts'
import type { ParsedEvents } from './event.ts'
import { noFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import type { UserList } from './message.ts'
import { withinSessionRoom } from '../session/room.ts'
import { createUserCut } from './user-cut.ts'
import { toUserLists } from './user-list.ts'
import { noteWarnings } from './warning.ts'
import type { EventWarning } from './warning.ts'

type Receipt = { routeType: string | undefined; receivedAt: number; newId: () => string }

/** The events of a request that are kept, and what became of all of them. */
export type Selection = ParsedEvents & { lists: UserList[]; warnings: Findings<EventWarning> }

/** Reads the requests of one source. */
export type EventReader = {
  /** The event names that some destination maps. */
  mapped: readonly string[]
  /** The mapped name that was probably meant by a name that nobody maps. */
  meant: (eventName: string) => string | undefined
  read: (json: unknown, receipt: Receipt) => Selection
}

/**
 * Compiles the settings to a function that reads a source's requests and keeps only mapped events with the fields they
 * need.
 */
export function createEventReader(settings: Destinations, source: Source): EventReader {
  const events = mappedEvents(settings, source.name)
  const compiled = new Map([...events].map(([name, mapped]) => [name, { mapped, cutUser: createUserCut(mapped) }]))
  const clock = source.clock ?? (source.allowedOrigins ? 'corrected' : 'trusted')
  return {
    mapped: [...events.keys()],
    meant: createNearMiss([...events.keys()].map((name) => [name, name])),
    read: (json, receipt) => {
      const parsed = parseEvents(json, { ...receipt, clock, isMapped: (name) => compiled.has(name) })
      const asked = parsed.events.flatMap((event) => {
        const known = compiled.get(event.name)
        return known ? [{ event, ...toUserLists(event, known.mapped, known.cutUser) }] : []
      })
      const selected = withinSessionRoom(asked)
      const warnings = noFindings<EventWarning>()
      for (const { event, ...selection } of selected) noteWarnings(warnings, event, selection)
      return { ...parsed, lists: selected.flatMap(({ lists }) => lists), warnings }
    },
  }
}
