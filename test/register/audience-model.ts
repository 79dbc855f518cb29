import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { Cell } from '../../lib/audience/column.ts'

export const SCHEMA = ['EMAIL', 'PHONE', 'EXTERN_ID'] as const

/** Cells of `SCHEMA`; what is not known is blank. */
export type Row = readonly [email: string, phone: string, externId: string]

/** What happened to one person; the time is in ms since the first event. */
export type Event = { at: number; add: boolean; row: Row; inSession: boolean }

/** A member of an audience, with everything that Meta knows the person by. */
type Member = ReadonlySet<string>

export type Audience = ReturnType<typeof createAudience>

/**
 * Meta's audience: an add joins all members that share an identifier, a removal takes them out. Meta documents not
 * whether it still knows, when somebody has left, which identifiers were one person's: it may remember, or forget.
 */
export function createAudience(remembers: boolean) {
  let known: Member[] = []
  let inside: Member[] = []
  return {
    apply: (direction: 'add' | 'remove', cells: readonly Cell[]) => {
      const identifiers = identifiersOf(SCHEMA, cells)
      const same = known.filter((member) => identifiers.some((identifier) => member.has(identifier)))
      const without = (members: readonly Member[]) => members.filter((member) => !same.includes(member))
      inside = without(inside)
      if (direction === 'add') {
        const joined = new Set([...same.flatMap((member) => [...member]), ...identifiers])
        known = [...without(known), joined]
        inside = [...inside, joined]
      } else if (!remembers) known = without(known)
    },
    /** Identifiers of everybody in it. */
    identifiers: () => new Set(inside.flatMap((member) => [...member])),
  }
}

/** The audience by the rule: events in the order of their times, at equal times the removal last. */
export function audienceByTheRule(events: readonly Event[], remembers: boolean): Audience {
  const audience = createAudience(remembers)
  const ordered = events.toSorted((one, other) => one.at - other.at || Number(other.add) - Number(one.add))
  for (const { add, row } of ordered) audience.apply(add ? 'add' : 'remove', row)
  return audience
}
