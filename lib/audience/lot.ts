import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Change, Direction } from './change.ts'
import type { FieldReport } from './column.ts'
import type { AudienceOperation } from './operation.ts'
import type { RowResult } from './row.ts'

/** Rows of one destination that go to the same audiences, from any number of messages. */
export type Lot = {
  destination: Destination
  audienceIds: readonly string[]
  /** The columns of the rows' cells. */
  schema: readonly SchemaField[]
  /** How many rows to send at once, after requests that were too large or too slow. */
  atOnce?: number
} & Record<Direction, readonly Change[]>

/** Turns users into rows of one destination. */
export type RowMaker = { schema: readonly SchemaField[]; toRow: (user: unknown) => RowResult }

/** A user or value that could not be sent: its place and the reason, without the value itself. */
export type UserReport = {
  operation: AudienceOperation
  /** Place of the user in the list that was sent. */
  index: number
  dropped?: Extract<RowResult, { dropped: unknown }>['dropped']
  fields: readonly FieldReport[]
}

/** The changes for the users of an operation. A user that cannot be sent is reported, and the others go on. */
export function toChanges(operation: AudienceOperation, rows: RowMaker, report: (user: UserReport) => void): Change[] {
  const changes: Change[] = []
  operation.users.forEach((user, position) => {
    const result = rows.toRow(user)
    const index = operation.offset + position
    if ('dropped' in result) {
      report({ operation, index, dropped: result.dropped, fields: result.reports })
      return
    }
    if (result.reports.length > 0) report({ operation, index, fields: result.reports })
    changes.push({ ...result.row, at: operation.at })
  })
  return changes
}

/** Joins lots of the same destination, audiences and columns. */
export function joinLots(lots: readonly Lot[]): Lot[] {
  const alike = Map.groupBy(lots, ({ destination, audienceIds, schema }) =>
    JSON.stringify([destination.name, audienceIds, schema]),
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
