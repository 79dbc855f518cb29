import { directionOf, peopleIn } from './letter.ts'
import type { Letter } from './letter.ts'

/** Dead letters that have their reason, destination, audiences and direction in common. */
export type Group = {
  reason: string
  destinations: readonly string[]
  audiences: readonly string[]
  direction: 'add' | 'remove' | 'both' | undefined
  messages: number
  people: number
  /** When the first of them was given up, ms since 1970. */
  oldest: number
}

/** Groups of dead letters, those of the same reason one after the other, the largest first. */
export function groupsOf(letters: readonly Letter[]): Group[] {
  const same = Map.groupBy(letters, (letter) =>
    JSON.stringify([letter.reason, letter.content?.destinations, letter.content?.audiences, directionOf(letter)]),
  )
  const groups = [...same.values()].flatMap((all): Group[] => {
    const [first] = all
    if (!first) return []
    return [
      {
        reason: first.reason,
        destinations: first.content?.destinations ?? [],
        audiences: first.content?.audiences ?? [],
        direction: directionOf(first),
        messages: all.length,
        people: all.reduce((sum, letter) => sum + peopleIn(letter), 0),
        oldest: Math.min(...all.map(({ at }) => at)),
      },
    ]
  })
  const ofReason = new Map<string, number>()
  for (const { reason, messages } of groups) ofReason.set(reason, (ofReason.get(reason) ?? 0) + messages)
  const size = ({ reason }: Group) => ofReason.get(reason) ?? 0
  return groups.sort(
    (one, other) => size(other) - size(one) || one.reason.localeCompare(other.reason) || other.messages - one.messages,
  )
}
