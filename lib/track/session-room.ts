import { sessionGroup } from './message.ts'
import type { UserList } from './message.ts'
import { MOST_BATCHES } from './session.ts'
import type { UserLists } from './user-list.ts'

/**
 * Lets the users of sessions that could not be stored in the time of a request go without them: of those that are too
 * long alone, then of those for which nothing is left behind the others. `MOST_BATCHES` says how long that is.
 */
export function withinSessionRoom<Event extends Pick<UserLists, 'lists' | 'problems'>>(
  events: readonly Event[],
): readonly Event[] {
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

function groupsTooLong(lists: readonly UserList[]): ReadonlySet<string> {
  const batches = new Map<string, number>()
  for (const list of lists) {
    if (!list.session) continue
    const group = sessionGroup(list, list.session)
    batches.set(group, (batches.get(group) ?? 0) + Math.ceil(list.users.length / list.session.maxUsers))
  }
  const tooLong = new Set<string>()
  let taken = 0
  for (const [group, count] of batches) {
    if (count > MOST_BATCHES.ofSession || taken + count > MOST_BATCHES.ofAll) tooLong.add(group)
    else taken += count
  }
  return tooLong
}
