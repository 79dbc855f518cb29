import type { MappedEvent } from '../config/mapped-events.ts'
import type { TrackEvent } from './event.ts'
import type { UserList } from './message.ts'
import type { SessionProblem } from '../session/session-fields.ts'
import { noUserFindings } from './user-cut.ts'
import type { CutUser, UserFindings } from './user-cut.ts'

export type UserLists = { lists: UserList[]; problems: SessionProblem[]; users: UserFindings }

/**
 * The user lists of an event for the destinations that map it, cut to the fields they need. A session belongs to one
 * audience, because session ids are unique in an ad account. So destinations where the event feeds several audiences
 * get the users without the session.
 */
export function toUserLists(event: TrackEvent, { destinations }: MappedEvent, cutUser: CutUser): UserLists {
  const result: UserLists = { lists: [], problems: [...event.sessionProblems], users: noUserFindings() }
  let severalAudiences = false
  for (const direction of ['add', 'remove'] as const) {
    if (event[direction].length === 0) continue
    const users = event[direction].map((user) => cutUser(user, result.users))
    const list = { messageId: event.messageId, name: event.name, at: event.time.at, direction, users }
    const session = direction === 'add' ? event.addSession : event.removeSession
    const withSession = session ? destinations.filter(({ events }) => events[event.name]?.length === 1) : []
    const without = destinations.filter((destination) => !withSession.includes(destination))
    if (session && without.length > 0) severalAudiences = true
    for (const { name, maxUserCount } of withSession)
      if (session) result.lists.push({ ...list, destinations: [name], session: { ...session, maxUsers: maxUserCount } })
    if (without.length === destinations.length) result.lists.push(list)
    else if (without.length > 0) result.lists.push({ ...list, destinations: without.map(({ name }) => name) })
  }
  if (severalAudiences) result.problems.push('session_several_audiences')
  return result
}
