import type { Destination } from '../config/destinations-schema.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { SessionFields } from '../track/session.ts'
import type { Change } from './change.ts'

/**
 * Meta documents no limit for a body; 10,000 users of five hashed fields are 3.4 MB and still one request. Wider rows
 * are split, so that a request does not outlast its deadline.
 */
export const MAX_BATCH_BYTES = 4_000_000

/** Users for one request to Meta. */
export type Batch = {
  destination: Destination
  audienceId: string
  direction: 'add' | 'remove'
  /** The columns of the changes' cells. */
  schema: readonly SchemaField[]
  /** A column that every change here leaves blank, and that the request leaves out. */
  omit?: SchemaField
  changes: readonly Change[]
  session?: SessionFields
}

/**
 * Cuts changes into batches of at most `maxUserCount` users and `MAX_BATCH_BYTES`. Since Meta counts a row with an
 * empty EXTERN_ID as invalid, rows without one get batches of their own that leave the column out, outside a session.
 */
export function toBatches(common: Omit<Batch, 'changes' | 'omit'>, changes: readonly Change[]): Batch[] {
  const { session, ...rest } = common
  const external = common.schema.indexOf('EXTERN_ID')
  if (external < 0 || common.schema.length === 1) return cut(common, changes)
  const named = changes.filter(({ cells }) => cells[external] !== '')
  const unnamed = changes.filter(({ cells }) => cells[external] === '')
  return [...cut(session ? { ...rest, session } : rest, named), ...cut({ ...rest, omit: 'EXTERN_ID' }, unnamed)]
}

function cut(common: Omit<Batch, 'changes'>, changes: readonly Change[]): Batch[] {
  // Ingest has numbered a session's batches already, so one of them stays one request, whatever the settings say now.
  const [mostUsers, mostBytes] = common.session
    ? [Infinity, Infinity]
    : [common.destination.maxUserCount, MAX_BATCH_BYTES]
  const batches: Batch[] = []
  let current: Change[] = []
  let bytes = 0
  const close = () => {
    if (current.length > 0) batches.push({ ...common, changes: current })
    current = []
    bytes = 0
  }
  for (const change of changes) {
    const size = rowBytes(change)
    if (current.length === mostUsers || bytes + size > mostBytes) close()
    current.push(change)
    bytes += size
  }
  close()
  return batches
}

// Hashes are ASCII; only plain identifiers can be longer in bytes than in characters, at most threefold.
function rowBytes({ cells }: Change): number {
  let bytes = 3
  for (const cell of cells) bytes += typeof cell === 'string' ? (cell.length === 64 ? 67 : cell.length * 3 + 3) : 12
  return bytes
}
