import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Change, Direction } from './change.ts'
import type { FieldReport } from './column.ts'
import type { AudienceOperation } from './operation.ts'
import type { RowBuilder, RowResult } from './row.ts'

/** Rows of one destination that go to the same audiences, from any number of messages. */
export type Lot = {
  destination: Destination
  audienceIds: readonly string[]
  /** The columns of the rows' cells. */
  schema: readonly SchemaField[]
  /** How many rows to send at once, after requests that were too large or too slow. */
  atOnce?: number
} & Record<Direction, readonly Change[]>

/** Where a user stood in what was sent. */
export type UserPlace = { destination: string; list: 'userListAdd' | 'userListDelete' | 'person'; index: number }

/** A user who is left out, or a value that is left out or in doubt: where it stood, and why, without what it was. */
export type UserReport = UserPlace & {
  messageId: string
  dropped?: Extract<RowResult, { dropped: unknown }>['dropped']
  fields: readonly FieldReport[]
}

/** The changes that an operation's users ask for. A user who cannot be sent is reported, and the others go on. */
export function toChanges(
  operation: AudienceOperation,
  rowBuilder: RowBuilder,
): { changes: Change[]; reports: UserReport[] } {
  const { users, messageId, at } = operation
  const changes: Change[] = []
  const reports: UserReport[] = []
  users.forEach((user, position) => {
    const result = rowBuilder.toRow(user)
    const { reports: fields } = result
    if ('dropped' in result) {
      reports.push({ ...placeOfUser(operation, position), messageId, dropped: result.dropped, fields })
    } else {
      if (fields.length > 0) reports.push({ ...placeOfUser(operation, position), messageId, fields })
      changes.push({ ...result.row, at })
    }
  })
  return { changes, reports }
}

/** The place of one of an operation's users: its list may have been split on the way. */
export function placeOfUser(operation: AudienceOperation, position: number): UserPlace {
  const { destination, direction, isPerson, offset, places, cameIn = direction } = operation
  const list = isPerson ? 'person' : cameIn === 'add' ? 'userListAdd' : 'userListDelete'
  return { destination: destination.name, list, index: places?.[position] ?? offset + position }
}

/** Joins lots of the same destination, audiences and columns; those of its trial run stay apart. */
export function joinLots(lots: readonly Lot[]): Lot[] {
  const alike = Map.groupBy(lots, ({ destination, audienceIds, schema }) =>
    JSON.stringify([destination.name, destination.dryRun, audienceIds, schema]),
  )
  return [...alike.values()].flatMap((same) => {
    const [first] = same
    if (!first || same.length === 1) return same
    const sizes = same.flatMap(({ atOnce = [] }) => atOnce)
    return {
      ...first,
      ...(sizes.length > 0 && { atOnce: Math.min(...sizes) }),
      add: same.flatMap(({ add }) => add),
      remove: same.flatMap(({ remove }) => remove),
    }
  })
}
