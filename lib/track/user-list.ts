import { audiencesOf } from '../config/audience-mapping.ts'
import type { Destination } from '../config/destinations-schema.ts'
import type { SessionProblem } from '../session/session-fields.ts'
import type { CallLists } from './call.ts'
import { consentingDestinations, consentingUsers } from './consenting-users.ts'
import type { ConsentingUsers, Withheld } from './consenting-users.ts'
import { denialsOfList } from './denial.ts'
import type { TrackEvent } from './event.ts'
import type { UserList } from './message.ts'
import type { CallPerson } from './person.ts'
import type { SourceMapping, SourceMappings } from './source-mappings.ts'

export type UserLists = { lists: UserList[]; problems: SessionProblem[]; withheld: Withheld[] }

/**
 * The users of an event, each list cut to the fields that its destinations need, and without those whom their consent
 * keeps from being added. A direction with a session goes, with it, to each destination where the event feeds one
 * audience, and without it to the others: session ids are unique in an ad account.
 */
export function toUserLists(event: TrackEvent, mappings: SourceMappings, source: string): UserLists {
  const mapping = event.lists && mappings[event.lists.by].get(event.lists.name)
  const ofLists = event.lists && mapping ? fromLists(event, event.lists, mapping, source) : undefined
  const people = event.people.map((person) => fromPerson(event, person, mappings))
  return {
    lists: [...fromDenials(event, mappings), ...(ofLists?.lists ?? []), ...people.flatMap(({ list }) => list ?? [])],
    problems: ofLists?.problems ?? [],
    withheld: [...(ofLists?.withheld ?? []), ...people.flatMap(({ withheld }) => withheld)],
  }
}

/** The users of lists who deny, whatever their event is mapped to. */
function fromDenials({ messageId, time, lists }: TrackEvent, { leaving }: SourceMappings): UserList[] {
  return (['add', 'remove'] as const).flatMap((cameIn): UserList[] => {
    const denials = denialsOfList(lists?.[cameIn] ?? [], leaving)
    return denials
      ? [{ messageId, at: time.at, direction: 'remove', ...(cameIn === 'add' && { cameIn }), ...denials }]
      : []
  })
}

function fromPerson(
  { messageId, time, consent }: TrackEvent,
  { by, name, more, direction, user, destinations }: CallPerson,
  mappings: SourceMappings,
): { list: UserList | undefined; withheld: Withheld[] } {
  const list: UserList = {
    ...{ messageId, by, name, at: time.at, direction, users: [user], person: true as const },
    ...(more && { more }),
    ...(destinations && { destinations }),
  }
  const mapped = by === 'destination' ? [] : (mappings[by].get(name)?.destinations ?? [])
  const meant = mapped.filter((each) => destinations?.includes(each.name) ?? true)
  if (direction === 'remove' || !meant.some(asksConsent)) return { list, withheld: [] }
  const { takes, withheld } = consentingDestinations(meant, consent)
  if (takes.length === meant.length) return { list, withheld }
  return { list: takes.length > 0 ? { ...list, destinations: namesOf(takes) } : undefined, withheld }
}

function fromLists(
  { messageId, time, findings, consent }: TrackEvent,
  given: CallLists,
  { destinations, cutUser }: SourceMapping,
  source: string,
): UserLists {
  const { by, name, sessionProblems } = given
  const result: UserLists = { lists: [], problems: [...sessionProblems], withheld: [] }
  const feedsOne = destinations.filter((destination) => audiencesOf(destination, source, given).length === 1)
  let severalAudiences = false
  for (const direction of ['add', 'remove'] as const) {
    if (given[direction].length === 0) continue
    const users = given[direction].map((user) => cutUser(user, findings))
    const list = { messageId, by, name, at: time.at, direction, users }
    const session = direction === 'add' ? given.addSession : given.removeSession
    const withSession = session ? feedsOne : []
    const hasSession = (destination: Destination) => withSession.includes(destination)
    if (session && withSession.length < destinations.length) severalAudiences = true
    const { parts, withheld } =
      direction === 'add' && destinations.some(asksConsent)
        ? consentingUsers(given.add, destinations, consent)
        : { parts: [{ destinations, places: undefined }], withheld: [] }
    result.withheld.push(...withheld)
    if (session)
      for (const { to, part } of wholeParts(parts, withSession, users))
        result.lists.push({
          ...{ ...list, ...part, destinations: [to.name] },
          session: { ...session, maxUsers: to.maxUserCount },
        })
    for (const { destinations: takes, places } of parts) {
      const without = takes.filter((destination) => !hasSession(destination))
      if (without.length === 0) continue
      const areAll = without.length === destinations.length
      result.lists.push({ ...list, ...usersAt(users, places), ...(!areAll && { destinations: namesOf(without) }) })
    }
  }
  if (severalAudiences) result.problems.push('session_several_audiences')
  return result
}

type SomeUsers = Pick<UserList, 'users' | 'places'>

/** For each destination all its users in one list, as the batches of a session need. What is alike is made once. */
function wholeParts(
  parts: readonly ConsentingUsers[],
  destinations: readonly Destination[],
  users: UserList['users'],
): { to: Destination; part: SomeUsers }[] {
  const made = new Map<string, SomeUsers>()
  return destinations.flatMap((to) => {
    const own = parts.filter((part) => part.destinations.includes(to))
    if (own.length === 0) return []
    const key = own.map((part) => parts.indexOf(part)).join()
    const part = made.get(key) ?? usersAt(users, placesOf(own, users.length))
    made.set(key, part)
    return [{ to, part }]
  })
}

function placesOf([first, ...others]: readonly ConsentingUsers[], count: number): readonly number[] | undefined {
  if (others.length === 0) return first?.places
  const places = [first, ...others].flatMap((part) => part?.places ?? [])
  return places.length === count ? undefined : places.sort((a, b) => a - b)
}

function usersAt(users: UserList['users'], places: readonly number[] | undefined): SomeUsers {
  return places ? { users: places.map((place) => users[place] ?? null), places } : { users }
}

function asksConsent({ consent }: Destination): boolean {
  return consent !== undefined
}

function namesOf(destinations: readonly Destination[]): string[] {
  return destinations.map(({ name }) => name)
}
