import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Cell } from './column.ts'
import { keyIn } from './identifiers.ts'

/** One person's row on its way into or out of an audience. */
export type Change = {
  cells: readonly Cell[]
  /** Two rows that share any of these mean the same person. The register may know more of them than the cells hold. */
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
  const { members, removed } = played(add, remove)
  const staying = newestOfEach(members.flatMap(({ adds }) => adds))
  const removals = newestOfEach([...remove, ...removed])
  // A newer add of the very same row undoes a removal entirely, unless an attempt of it may still be on its way; one
  // that only shares an identifier does not.
  const isNeeded = ([row, { firstFailedAt }]: [string, Change]) => firstFailedAt !== undefined || !staying.has(row)
  const needed = [...removals].filter(isNeeded).map(([, change]) => change)
  const leaving = new Set(needed.flatMap(({ identifiers }) => identifiers))
  // What only the register knows a person by may be an identifier that a removal names.
  const isLate = ({ identifiers }: Member) =>
    !leaving.isDisjointFrom(identifiers) || [...identifiers].some((identifier) => keyIn(identifier) !== undefined)
  const late = new Set(members.filter(isLate).flatMap(({ adds }) => adds))
  const groups: OrderedChanges = [
    { direction: 'add', changes: [...staying.values()].filter((change) => !late.has(change)) },
    { direction: 'remove', changes: needed },
    { direction: 'add', changes: [...staying.values()].filter((change) => late.has(change)) },
  ]
  return {
    groups: groups.filter(({ changes }) => changes.length > 0),
    overtaken: { add: newestOfEach(add).size - staying.size, remove: removals.size - needed.length },
  }
}

/** A person as the changes of one invocation know them: rows that share identifiers, directly or through others. */
type Member = { identifiers: Set<string>; adds: Change[] }

type Played = {
  members: Member[]
  /** Removals of the rows of adds that were taken out again. */
  removed: Change[]
}

/** Plays the changes, in the order of their times, on an audience without anybody in it. */
function played(add: readonly Change[], remove: readonly Change[]): Played {
  const steps = [...add.map((change) => ({ change, adds: true })), ...remove.map((change) => ({ change, adds: false }))]
  // Sorting keeps what is equal in its order: at equal times adds come first, so that the removal wins.
  steps.sort((one, other) => one.change.at - other.change.at)
  const memberOf = new Map<string, Member>()
  const removed: Played['removed'] = []
  for (const { change, adds } of steps) {
    const same = [...new Set(change.identifiers.flatMap((identifier) => memberOf.get(identifier) ?? []))]
    if (adds) {
      const member = merged(same, change)
      for (const identifier of change.identifiers) memberOf.set(identifier, member)
      for (const other of same)
        if (other !== member) for (const identifier of other.identifiers) memberOf.set(identifier, member)
    } else
      for (const member of same) {
        for (const identifier of member.identifiers) memberOf.delete(identifier)
        for (const taken of member.adds) removed.push(removalOf(taken, change))
      }
  }
  return { members: [...new Set(memberOf.values())], removed }
}

// The largest takes in the others, so that a phone number that thousands of rows share costs no more than they do.
function merged(same: readonly Member[], change: Change): Member {
  const [member = { identifiers: new Set<string>(), adds: [] }, ...others] = same.toSorted(
    (one, other) => other.adds.length - one.adds.length,
  )
  for (const { identifiers, adds } of [...others, { identifiers: change.identifiers, adds: [change] }]) {
    for (const identifier of identifiers) member.identifiers.add(identifier)
    for (const add of adds) member.adds.push(add)
  }
  return member
}

/**
 * The removal of an add's whole row, although the removal that took it out may not name all of its identifiers: somebody
 * who was added as e-mail and phone and removed by e-mail may be in the audience by the phone.
 */
function removalOf({ cells, identifiers }: Change, { at }: Change): Change {
  return { cells, identifiers, at }
}

function newestOfEach(changes: readonly Change[]): Map<string, Change> {
  const byRow = new Map<string, Change>()
  for (const change of changes) {
    const row = JSON.stringify(change.cells)
    const known = byRow.get(row)
    if (!known || known.at < change.at) byRow.set(row, change)
  }
  return byRow
}
