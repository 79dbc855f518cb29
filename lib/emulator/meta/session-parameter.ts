import { invalidParameter } from './graph-error.ts'
import { isRecord } from './json.ts'

const MAX_SESSION_ID = 2n ** 63n - 1n

/** The parameter `session` after its checks. The id is text, because it is a 64-bit integer. */
export type SessionBatch = { sessionId: string; batchSeq: string; isLast: boolean }

/** Checks the parameter `session`. Source: Meta's customer file guide; the error texts are this emulator's own. */
export function sessionBatch(session: unknown, requireLastBatchFlag: boolean): SessionBatch {
  if (!isRecord(session)) throw invalidParameter('Param session must be an object')
  const { last_batch_flag: lastBatchFlag, estimated_num_total: estimate } = session
  if (lastBatchFlag === undefined && requireLastBatchFlag)
    throw invalidParameter('The parameter session[last_batch_flag] is required')

  if (lastBatchFlag !== undefined && !isBoolean(lastBatchFlag))
    throw invalidParameter('Param session[last_batch_flag] must be a boolean')

  if (estimate !== undefined && estimate !== 0) positiveInteger('estimated_num_total', estimate)
  return {
    sessionId: positiveInteger('session_id', session.session_id),
    batchSeq: positiveInteger('batch_seq', session.batch_seq),
    isLast: lastBatchFlag === true || lastBatchFlag === 'true',
  }
}

function positiveInteger(name: string, value: unknown): string {
  if (value === undefined) throw invalidParameter(`The parameter session[${name}] is required`)
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^[1-9]\d{0,18}$/.test(text) || BigInt(text) > MAX_SESSION_ID)
    throw invalidParameter(`Param session[${name}] must be a positive 64-bit integer`)

  return text
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean' || value === 'true' || value === 'false'
}
