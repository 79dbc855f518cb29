import type { Direction } from '../../lib/audience/change.ts'

/** Everything that a row names, such as `EMAIL:ann`. */
export type Named = readonly string[]

/**
 * Meta does not document two things: whether a removal removes rows or accounts, and whether Meta still knows which
 * identifiers were one person's after that person has left. So all models are tried:
 * - `row` keeps what was added, and removes what shares an identifier.
 * - `account` joins all that was ever added together.
 * - `forgetful` joins the same until the person is removed.
 */
export const META_MODELS = ['row', 'account', 'forgetful'] as const
export type MetaModel = (typeof META_MODELS)[number]

export type Audience = { apply: (direction: Direction, named: Named) => void; identifiers: () => Set<string> }

export function createAudience(model: MetaModel): Audience {
  let known: ReadonlySet<string>[] = []
  let inside: ReadonlySet<string>[] = []
  const sharing = (members: readonly ReadonlySet<string>[], named: Named) =>
    members.filter((member) => named.some((identifier) => member.has(identifier)))
  const without = (members: readonly ReadonlySet<string>[], others: readonly ReadonlySet<string>[]) =>
    members.filter((member) => !others.includes(member))
  return {
    apply: (direction, named) => {
      if (model === 'row') {
        if (direction === 'add') inside.push(new Set(named))
        else inside = without(inside, sharing(inside, named))
        return
      }
      const same = sharing(known, named)
      inside = without(inside, same)
      if (direction === 'add') {
        const joined = new Set([...same.flatMap((member) => [...member]), ...named])
        known = [...without(known, same), joined]
        inside.push(joined)
      } else if (model === 'forgetful') {
        known = without(known, same)
      }
    },
    /** Identifiers of everybody in it. */
    identifiers: () => new Set(inside.flatMap((member) => [...member])),
  }
}
