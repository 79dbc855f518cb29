import type { Batch } from '../audience/batch.ts'
import type { Cell } from '../audience/column.ts'
import { rawJson } from './raw-json.ts'

/**
 * A call that adds or removes users. The payload is in the body, for DELETE too. In the URL it would fail above 1,000
 * rows.
 */
export type GraphRequest = { method: 'POST' | 'DELETE'; path: string; body: string }

/** The content of `payload` and `session`, before it becomes text. */
export type GraphBody = {
  payload: {
    schema: readonly string[]
    is_raw?: boolean
    data_source?: { type?: string; sub_type?: string }
    data: readonly (readonly Cell[])[]
  }
  session?: { session_id: unknown; batch_seq: number; last_batch_flag: boolean; estimated_num_total?: number }
}

/** The request that sends a batch. Source: Meta's Custom Audience Users reference. */
export function toRequest(batch: Batch): GraphRequest {
  return {
    method: batch.direction === 'add' ? 'POST' : 'DELETE',
    path: `/${batch.destination.apiVersion}/${batch.audienceId}/${usersEdge(batch.audienceId)}`,
    body: JSON.stringify(graphBody(batch)),
  }
}

export const ACCOUNT_EDGE = 'usersofanyaudience'

/**
 * The edge that takes users: of an audience, or of an ad account (`act_…`). The latter takes removals only, and removes
 * from every customer list of the account. Source: Meta's customer file guide.
 */
function usersEdge(id: string): string {
  return isAdAccount(id) ? ACCOUNT_EDGE : 'users'
}

/** Whether the target of a batch is a whole ad account, and no audience. */
export function isAdAccount(id: string): boolean {
  return id.startsWith('act_')
}

/** The body of a batch's request, before it becomes text. */
export function graphBody(batch: Batch): GraphBody {
  const { destination, audienceId } = batch
  const { type, subType } = destination
  // A session fills one audience.
  const session = isAdAccount(audienceId) ? undefined : batch.session
  return {
    payload: {
      schema: batch.schema.filter((field) => field !== batch.omit),
      ...(destination.isRaw !== undefined && { is_raw: destination.isRaw }),
      ...((type ?? subType) && { data_source: { ...(type && { type }), ...(subType && { sub_type: subType }) } }),
      data: sentRows(batch),
    },
    ...(session && {
      session: {
        session_id: rawJson(session.sessionId),
        batch_seq: session.batchSequence,
        last_batch_flag: session.lastBatch,
        ...(session.estimatedTotal !== undefined && { estimated_num_total: session.estimatedTotal }),
      },
    }),
  }
}

/** The rows of a batch as they are sent, without the column that the batch leaves out. */
export function sentRows({ schema, omit, changes }: Batch): readonly (readonly Cell[])[] {
  if (omit === undefined) return changes.map(({ cells }) => cells)
  return changes.map(({ cells }) => cells.filter((_, index) => schema[index] !== omit))
}
