import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { AudienceChanges, Change } from './change.ts'
import type { AudienceOperation } from './operation.ts'
import type { FieldReport } from './column.ts'
import type { RowResult } from './row.ts'

/** Turns users into rows of one destination. */
export type Rows = { schema: readonly SchemaField[]; toRow: (user: unknown) => RowResult }

/** What could not be sent: where it stood, and why, without what it was. */
export type UserReport = {
  operation: AudienceOperation
  /** Place in the list that was sent. */
  index: number
  dropped?: string
  fields: readonly FieldReport[]
}

/** The changes that an operation's users ask for; one user that cannot be sent is reported, and the others go on. */
export function toChanges(operation: AudienceOperation, rows: Rows, report: (user: UserReport) => void): Change[] {
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

/** Changes grouped by destination, audience and columns, whatever messages they came in. */
export function createCollection() {
  const groups = new Map<string, AudienceChanges>()
  return {
    add: (
      destination: Destination,
      audienceId: string,
      schema: readonly SchemaField[],
      direction: 'add' | 'remove',
      changes: readonly Change[],
    ) => {
      const key = [destination.name, audienceId, ...schema].join(' ')
      const group = groups.get(key) ?? { destination, audienceId, schema, add: [], remove: [] }
      groups.set(key, group)
      for (const change of changes) group[direction].push(change)
    },
    groups: () => [...groups.values()],
  }
}
