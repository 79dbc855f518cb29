import type { Destinations, Source } from '../config/destinations-schema.ts'
import { createNearMiss, nearestFirst } from '../config/nearest-name.ts'
import { parseEvents } from './event.ts'
import type { ParsedEvents, TrackEvent } from './event.ts'
import type { Withheld } from './consenting-users.ts'
import { noFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import type { UserList } from './message.ts'
import { MOST_PEOPLE_BYTES, bytesForDestinations } from './people-bytes.ts'
import { withinSessionRoom } from '../session/room.ts'
import { sourceMappings } from './source-mappings.ts'
import type { IgnoredEvent } from './unused-event.ts'
import { toUserLists } from './user-list.ts'
import type { UserLists } from './user-list.ts'
import { noteWarnings } from './warning.ts'
import type { EventWarning } from './warning.ts'

type Receipt = { routeType: string | undefined; receivedAt: number; newId: () => string }

/** The events of a request that are kept, and what became of all of them. */
export type Selection = ParsedEvents & {
  lists: UserList[]
  warnings: Findings<EventWarning>
  /** Who is not added for want of consent. */
  withheld: Withheld[]
}

/** Names that some destination maps, and the one of them that was probably meant by a name that none maps. */
type MappedNames = { all: readonly string[]; meant: (name: string) => string | undefined }

/** The names that the calls of a source may have. */
export type MappedByKind = { events: MappedNames; memberships: MappedNames }

/** Reads the requests of one source. */
export type EventReader = MappedByKind & {
  read: (json: unknown, receipt: Receipt) => Selection
}

/**
 * Compiles the settings to a function that reads a source's requests and keeps only mapped events with the fields they
 * need.
 */
export function createEventReader(settings: Destinations, source: Source): EventReader {
  const mappings = sourceMappings(settings, source.name)
  const mayErase = source.mayErase
  const clock = source.clock ?? (source.allowedOrigins ? 'corrected' : 'trusted')
  return {
    events: mappedNames([...mappings.event.keys()]),
    memberships: mappedNames([...mappings.membership.keys()]),
    read: (json, receipt) => {
      const parsed = parseEvents(json, { ...receipt, clock, mayErase, mappings })
      const asked: ({ event: TrackEvent } & UserLists)[] = []
      let bytes = parsed.tooManyPeople ? Infinity : 0
      for (const event of parsed.events) {
        if (bytes > MOST_PEOPLE_BYTES) break
        const userLists = toUserLists(event, mappings, source.name)
        bytes += bytesForDestinations(userLists.lists, userLists.withheld)
        asked.push({ event, ...userLists })
      }
      if (bytes > MOST_PEOPLE_BYTES)
        return { ...parsed, tooManyPeople: true, lists: [], warnings: noFindings(), withheld: [] }
      const selected = withinSessionRoom(asked)
      const { named, ...others } = parsed.unreadable
      const warnings: Findings<EventWarning> = { named: [...named], ...others }
      for (const { event, ...selection } of selected) noteWarnings(warnings, event, selection)
      return {
        ...{ ...parsed, warnings },
        lists: selected.flatMap(({ lists }) => lists),
        withheld: selected.flatMap(({ withheld }) => withheld),
      }
    },
  }
}

/** At most so many names are told for one that nobody maps. */
const MOST_MAPPED = 20

/** The mapped names that look most like the name of a call that nobody maps; undefined for calls of other types. */
export function mappedLike(ignored: IgnoredEvent, { events, memberships }: MappedByKind): string[] | undefined {
  if (ignored.code === 'event_unmapped') return nearestFirst(ignored.event, events.all, MOST_MAPPED)
  if (ignored.code === 'membership_unmapped') return nearestFirst(ignored.key ?? '', memberships.all, MOST_MAPPED)
  return undefined
}

function mappedNames(all: readonly string[]): MappedNames {
  return { all, meant: createNearMiss(all.map((name) => [name, name])) }
}
