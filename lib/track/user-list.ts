import { audiencesOf } from '../config/audience-mapping.ts'
import type { SessionProblem } from '../session/session-fields.ts'
import type { CallLists } from './call.ts'
import type { TrackEvent } from './event.ts'
import type { UserList } from './message.ts'
import type { SourceMapping } from './source-mappings.ts'

export type UserLists = { lists: UserList[]; problems: SessionProblem[] }

/**
 * The users of an event, each list cut to the fields that its destinations need. A direction with a session goes, with it, to
 * each destination where the event feeds one audience, and without it to the others: session ids are unique in an ad
 * account.
 */
export function toUserLists(event: TrackEvent, mapping: SourceMapping | undefined, source: string): UserLists {
  const { messageId, time, people } = event
  const about = people.map(({ by, name, more, direction, user, destinations }) => ({
    ...{ messageId, by, name, at: time.at, direction, users: [user], person: true as const },
    ...(more && { more }),
    ...(destinations && { destinations }),
  }))
  if (!event.lists || !mapping) return { lists: about, problems: [] }
  const { lists, problems } = fromLists(event, event.lists, mapping, source)
  return { lists: [...lists, ...about], problems }
}

function fromLists(
  { messageId, time, findings }: TrackEvent,
  given: CallLists,
  { destinations, cutUser }: SourceMapping,
  source: string,
): UserLists {
  const { by, name, sessionProblems } = given
  const result: UserLists = { lists: [], problems: [...sessionProblems] }
  const feedsOne = destinations.filter((destination) => audiencesOf(destination, source, given).length === 1)
  let severalAudiences = false
  for (const direction of ['add', 'remove'] as const) {
    if (given[direction].length === 0) continue
    const users = given[direction].map((user) => cutUser(user, findings))
    const list = { messageId, by, name, at: time.at, direction, users }
    const session = direction === 'add' ? given.addSession : given.removeSession
    const withSession = session ? feedsOne : []
    const without = destinations.filter((destination) => !withSession.includes(destination))
    if (session && without.length > 0) severalAudiences = true
    for (const to of withSession)
      if (session)
        result.lists.push({ ...list, destinations: [to.name], session: { ...session, maxUsers: to.maxUserCount } })
    if (without.length === destinations.length) result.lists.push(list)
    else if (without.length > 0) result.lists.push({ ...list, destinations: without.map((to) => to.name) })
  }
  if (severalAudiences) result.problems.push('session_several_audiences')
  return result
}
