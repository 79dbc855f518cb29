import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { SessionFields } from '../session/session-fields.ts'
import type { Change, Direction } from './change.ts'

/**
 * Meta documents no limit for a body. 10,000 users with five hashed fields are 3.4 MB and still one request. Wider rows
 * are split, so that a request does not outlast its deadline.
 */
const MAX_BATCH_BYTES = 4_000_000

/** Users for one request to Meta. */
export type Batch = {
  destination: Destination
  audienceId: string
  direction: Direction
  /** The columns of the cells in the changes. */
  schema: readonly SchemaField[]
  /** A column that all these changes leave blank. The request leaves it out. */
  omit?: SchemaField
  changes: readonly Change[]
  session?: SessionFields
}

/** A batch without its users. */
export type BatchTarget = Omit<Batch, 'changes' | 'omit'>

/**
 * Whether a row leaves EXTERN_ID blank beside other columns. Meta counts such a row as invalid. So it goes into a
 * request of its own, outside of a session, that leaves the column out.
 */
export function lacksExternId(schema: readonly SchemaField[], { cells }: Pick<Change, 'cells'>): boolean {
  return schema.length > 1 && cells[schema.indexOf('EXTERN_ID')] === ''
}

/** Parts users by the columns of their requests: see `lacksExternId`. */
export function byColumns(target: BatchTarget, changes: readonly Change[]): Batch[] {
  const { session: _, ...outside } = target
  const isUnnamed = (change: Change) => lacksExternId(target.schema, change)
  if (!changes.some(isUnnamed)) return [{ ...target, changes }]
  const named = changes.filter((change) => !isUnnamed(change))
  const unnamed: Batch = { ...outside, omit: 'EXTERN_ID', changes: changes.filter(isUnnamed) }
  return named.length > 0 ? [{ ...target, changes: named }, unnamed] : [unnamed]
}

/**
 * How many of a batch's users, counted from the first, fit into one request: at most `mostUsers`, `maxUserCount` and
 * `MAX_BATCH_BYTES`. Ingest has numbered a session's batches already, so each of them is one request, whatever the
 * settings say now.
 */
export function usersThatFit({ destination, changes, session }: Batch, mostUsers = Infinity): number {
  if (session) return changes.length
  const most = Math.min(mostUsers, destination.maxUserCount, changes.length)
  let bytes = 0
  for (let count = 0; count < most; count += 1) {
    bytes += rowBytes(changes[count]?.cells ?? [])
    if (bytes > MAX_BATCH_BYTES) return Math.max(1, count)
  }
  return most
}

// Hashes are ASCII. Only plain identifiers can have more bytes than characters, at most three times as many.
function rowBytes(cells: Change['cells']): number {
  let bytes = 3
  for (const cell of cells) bytes += typeof cell === 'string' ? (cell.length === 64 ? 67 : cell.length * 3 + 3) : 12
  return bytes
}

/** Cuts users into requests. */
export function toBatches(target: BatchTarget, changes: readonly Change[]): Batch[] {
  return byColumns(target, changes).flatMap((whole) => {
    const batches: Batch[] = []
    for (let rest = whole; rest.changes.length > 0;) {
      const count = usersThatFit(rest)
      batches.push({ ...rest, changes: rest.changes.slice(0, count) })
      rest = { ...rest, changes: rest.changes.slice(count) }
    }
    return batches
  })
}
