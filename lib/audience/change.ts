import type { Destination } from '../config/destinations.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Cell } from './row.ts'

/** One person's row on its way into or out of an audience. */
export type Change = {
  cells: readonly Cell[]
  /** Two rows that share any of these mean the same person. */
  identifiers: readonly string[]
  /** When the event happened, ms since 1970: the newest word about a person wins. */
  at: number
  /** When its sending first failed; absent for what was never tried. */
  firstFailedAt?: number
}

/** All changes of one audience that were met together; `schema` names the columns of their cells. */
export type AudienceChanges = {
  destination: Destination
  audienceId: string
  schema: readonly SchemaField[]
  add: Change[]
  remove: Change[]
}

/** Changes in the order in which they must be sent; empty groups are left out. */
export type OrderedChanges = { direction: 'add' | 'remove'; changes: Change[] }[]

/** Rows that are not sent because a newer row about the same person is. */
export type Overtaken = { add: number; remove: number }

/**
 * Orders the changes of one audience so that the last word about each person wins, in as few groups as possible:
 * adds, then removals, then those adds that follow an older removal of the same person. At equal times the removal
 * wins. Rows that repeat another, or that a newer removal overtakes, are left out.
 */
export function orderChanges({ add, remove }: Pick<AudienceChanges, 'add' | 'remove'>): {
  groups: OrderedChanges
  overtaken: Overtaken
} {
  const adds = newestOfEach(add)
  const removals = newestOfEach(remove)
  const removedAt = newestByIdentifier(removals.values())
  const early: Change[] = []
  const late: Change[] = []
  let overtakenAdds = 0
  for (const change of adds.values()) {
    const removed = newest(change.identifiers, removedAt)
    if (removed >= change.at) overtakenAdds += 1
    else (removed === -Infinity ? early : late).push(change)
  }
  // A newer add of the very same row undoes a removal entirely; one that only shares an identifier does not.
  const needed = [...removals].filter(([key, change]) => (adds.get(key)?.at ?? -Infinity) <= change.at)
  const groups: OrderedChanges = [
    { direction: 'add', changes: early },
    { direction: 'remove', changes: needed.map(([, change]) => change) },
    { direction: 'add', changes: late },
  ]
  return {
    groups: groups.filter(({ changes }) => changes.length > 0),
    overtaken: { add: overtakenAdds, remove: removals.size - needed.length },
  }
}

function newestOfEach(changes: readonly Change[]): Map<string, Change> {
  const byRow = new Map<string, Change>()
  for (const change of changes) {
    const key = JSON.stringify(change.cells)
    const known = byRow.get(key)
    if (!known || known.at < change.at) byRow.set(key, change)
  }
  return byRow
}

function newestByIdentifier(changes: Iterable<Change>): Map<string, number> {
  const newestAt = new Map<string, number>()
  for (const { identifiers, at } of changes)
    for (const identifier of identifiers) if ((newestAt.get(identifier) ?? -Infinity) < at) newestAt.set(identifier, at)
  return newestAt
}

function newest(identifiers: readonly string[], times: ReadonlyMap<string, number>): number {
  let newestAt = -Infinity
  for (const identifier of identifiers) newestAt = Math.max(newestAt, times.get(identifier) ?? -Infinity)
  return newestAt
}
