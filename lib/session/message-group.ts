import { createHash } from 'node:crypto'
import type { SessionFields } from './session-fields.ts'

/** Which users a batch of a session holds. */
export type SessionUsers = { direction: 'add' | 'remove'; destinations?: readonly string[] }

/**
 * The message group of a session's users. Each direction and each destination has one, so that a destination that fails
 * does not hold back another's session of the same id.
 */
export function sessionGroup({ direction, destinations = [] }: SessionUsers, { sessionId }: SessionFields): string {
  return digest(direction, sessionId, ...destinations)
}

/** The id by which SQS recognises a repetition for five minutes: the same part of the same event of the same source. */
export function deduplicationId(
  source: string,
  { messageId, direction, destinations = [] }: SessionUsers & { messageId: string },
  part: number,
): string {
  return digest(source, messageId, direction, String(part), ...destinations)
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
