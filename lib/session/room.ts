import { sessionGroup } from './message-group.ts'
import type { SessionUsers } from './message-group.ts'
import { MOST_BATCHES } from './session-fields.ts'
import type { SessionFields, SessionProblem } from './session-fields.ts'

type List = SessionUsers & { users: readonly unknown[]; session?: SessionFields & { maxUsers: number } }
type Event<L extends List> = { lists: readonly L[]; problems: readonly SessionProblem[] }

/**
 * Takes users out of sessions that cannot be stored in the time of a request. They go on without a session. Such a
 * session is too long by itself, or finds no room behind those before it (`MOST_BATCHES`).
 */
export function withinSessionRoom<L extends List, E extends Event<L>>(events: readonly E[]): readonly E[] {
  const tooLong = groupsTooLong(events.flatMap(({ lists }) => lists))
  if (tooLong.size === 0) return events
  return events.map((event) => {
    const lists = event.lists.map((list) => {
      const { session, ...users } = list
      return session && tooLong.has(sessionGroup(list, session)) ? users : list
    })
    const isAsAsked = lists.every((list, index) => list === event.lists[index])
    return isAsAsked ? event : { ...event, lists, problems: [...event.problems, 'session_too_long'] }
  })
}

function groupsTooLong(lists: readonly List[]): ReadonlySet<string> {
  const batches = new Map<string, number>()
  for (const list of lists) {
    if (!list.session) continue
    const group = sessionGroup(list, list.session)
    batches.set(group, (batches.get(group) ?? 0) + Math.ceil(list.users.length / list.session.maxUsers))
  }
  const tooLong = new Set<string>()
  let taken = 0
  for (const [group, count] of batches)
    if (count > MOST_BATCHES.ofSession || taken + count > MOST_BATCHES.ofAll) tooLong.add(group)
    else taken += count

  return tooLong
}
