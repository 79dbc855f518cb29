import { DESCRIBING_COLUMNS, STRONG_COLUMNS } from './schema-keys.ts'
import type { Cell } from './schema-keys.ts'

/** The non-empty columns of a person, by canonical name. */
export type UserRow = Record<string, Cell>

/**
 * Who is in an audience. Members are found by each strong identifier, or, when they have none, by the whole row.
 * How Meta itself matches people is not public; these are the set semantics that its documents describe.
 */
export type Membership = {
  members: Set<UserRow>
  byIdentifier: ReadonlyMap<string, Map<Cell, UserRow>>
  byWholeRow: Map<string, UserRow>
}

/** An audience with nobody in it. */
export function emptyMembership(): Membership {
  return {
    members: new Set(),
    byIdentifier: new Map(STRONG_COLUMNS.map((name) => [name, new Map<Cell, UserRow>()])),
    byWholeRow: new Map(),
  }
}

/** Adds a person, or updates the one who shares an identifier; several who share one turn out to be the same person. */
export function addRow(membership: Membership, row: UserRow): void {
  const known = membersLike(membership, row)
  const [only] = known
  if (known.length === 1 && only !== undefined && sharesIdentity(only, row)) {
    Object.assign(only, row)
    return
  }
  for (const member of known) forget(membership, member)
  remember(membership, Object.assign({}, ...known.toReversed(), row) as UserRow)
}

/** Removes everybody who shares an identifier with the row. */
export function removeRow(membership: Membership, row: UserRow): void {
  for (const member of membersLike(membership, row)) forget(membership, member)
}

/** The members that a row stands for. */
export function membersLike({ byIdentifier, byWholeRow }: Membership, row: UserRow): UserRow[] {
  if (!hasIdentifier(row)) {
    const member = byWholeRow.get(wholeRowKey(row))
    return member === undefined ? [] : [member]
  }
  const found = new Set<UserRow>()
  for (const name of STRONG_COLUMNS) {
    const value = row[name]
    const member = value === undefined ? undefined : byIdentifier.get(name)?.get(value)
    if (member !== undefined) found.add(member)
  }
  return [...found]
}

function remember({ members, byIdentifier, byWholeRow }: Membership, member: UserRow): void {
  if (!hasIdentifier(member)) {
    const key = wholeRowKey(member)
    if (key === '[]') return
    byWholeRow.set(key, member)
  }
  members.add(member)
  for (const name of STRONG_COLUMNS) {
    const value = member[name]
    if (value !== undefined) byIdentifier.get(name)?.set(value, member)
  }
}

function forget({ members, byIdentifier, byWholeRow }: Membership, member: UserRow): void {
  members.delete(member)
  if (!hasIdentifier(member)) byWholeRow.delete(wholeRowKey(member))
  for (const name of STRONG_COLUMNS) {
    const value = member[name]
    if (value !== undefined) byIdentifier.get(name)?.delete(value)
  }
}

function sharesIdentity(member: UserRow, row: UserRow): boolean {
  return STRONG_COLUMNS.every((name) => row[name] === undefined || row[name] === member[name])
}

function hasIdentifier(row: UserRow): boolean {
  return STRONG_COLUMNS.some((name) => row[name] !== undefined)
}

function wholeRowKey(row: UserRow): string {
  const identifying = Object.entries(row).filter(([name]) => !DESCRIBING_COLUMNS.has(name))
  return JSON.stringify(identifying.sort(([a], [b]) => (a < b ? -1 : 1)))
}
