import type { Change } from '../audience/change.ts'
import { erasureMark } from '../audience/erasure-mark.ts'
import { namesOnePerson, ofSameFields, onlyKnownBy } from '../audience/identifiers.ts'
import type { AudienceOperation } from '../audience/operation.ts'
import { createToRow, rowSchema } from '../audience/row.ts'
import type { UserRow } from '../audience/row.ts'
import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { QueuedUser } from '../track/message.ts'

/** Turns erased people into the rows that remove them from a destination. */
export type RemovalRows = { schema: readonly SchemaField[]; toRows: (user: unknown) => UserRow[] }

/**
 * Makes the rows that remove erased people: none where the destination cannot name them, because a row with names alone
 * would remove their namesakes. Where a sender formats or hashes by itself, nobody knows whether `Ann@Example.com` was sent
 * like this or as `ann@example.com`. So both forms have a row.
 */
export function removalRows(destination: Destination, clock: () => number): RemovalRows {
  const { disableFormat, isHashRequired } = destination
  const schema = rowSchema(destination)
  const [asGiven, formatted] = [true, false].map((disable) =>
    createToRow({ ...destination, isHashRequired: true, disableFormat: disable }, clock),
  )
  const rowBy = (toRow: typeof asGiven, user: unknown): UserRow | undefined => {
    const result = toRow?.(user)
    return result && 'row' in result && namesOnePerson(result.row.identifiers) ? result.row : undefined
  }
  return {
    schema,
    toRows: (user) => {
      const best = rowBy(formatted, user)
      if (!best) return []
      const given = disableFormat || !isHashRequired ? rowBy(asGiven, user) : undefined
      if (!given) return [best]
      // What has no form that we send is nobody's: see `createForms`.
      const identifiers = ofSameFields(given.identifiers, best.identifiers)
      if (identifiers.join() === best.identifiers.join()) return [best]
      return [{ cells: onlyKnownBy(identifiers, schema, given.cells), identifiers }, best]
    },
  }
}

/** The removals of erased people, and whom the destination cannot name any more: its settings changed meanwhile. */
export function removalsOf(
  { users, messageId, at, offset, places }: AudienceOperation,
  { toRows }: RemovalRows,
): { changes: Change[]; unnamed: { users: QueuedUser[]; places: number[] } } {
  const changes: Change[] = []
  const unnamed = { users: [] as QueuedUser[], places: [] as number[] }
  users.forEach((user, position) => {
    const place = places?.[position] ?? offset + position
    const [first, second] = toRows(user)
    if (first) changes.push({ ...first, at, erasure: erasureMark(messageId, place, second && 1) })
    if (second) changes.push({ ...second, at, erasure: erasureMark(messageId, place, 2) })
    if (first) return
    unnamed.users.push(user)
    unnamed.places.push(place)
  })
  return { changes, unnamed }
}
