import type { SessionFields } from './session-fields.ts'

/** What is known about an upload session at Meta. */
export type UploadSession = {
  /** When its first batch was about to be sent, ms since 1970. */
  startedAt: number
  /** The queue message of the batch that ended it. */
  endedBy?: string
}

/** Where sessions are kept, each by its key. Both reject when the table cannot be reached. */
export type UploadSessionTable = {
  read: (key: string) => Promise<UploadSession | undefined>
  write: (key: string, session: UploadSession) => Promise<void>
}

/**
 * Whether a batch is sent in its session (`in`), or why it is sent without it. Meta always takes users without a
 * session.
 */
export type PlaceInSession = 'in' | 'session_ended' | 'session_not_begun'

/** Meta ends a session 90 minutes after its first batch. This leaves five minutes for a request to end. */
const LONGEST_SESSION_MS = 85 * 60_000

/**
 * Whether a batch of a queue message may still be sent in its session. Meta begins a session with batch 1 and ends it
 * with the last batch. It answers a later batch as usual and discards its users. Batch 1 begins an ended session anew.
 * `changed` must be written down before the batch is sent. Source: Meta's customer file custom audiences guide,
 * "session".
 */
export function placeInSession(
  known: UploadSession | undefined,
  { batchSequence, lastBatch }: SessionFields,
  messageId: string,
  now: number,
): { place: PlaceInSession; changed?: UploadSession } {
  const end = lastBatch && { endedBy: messageId }
  const isOver = known && (now - known.startedAt > LONGEST_SESSION_MS || (known.endedBy ?? messageId) !== messageId)
  if (batchSequence === 1 && (!known || isOver)) return { place: 'in', changed: { startedAt: now, ...end } }
  if (!known) return { place: 'session_not_begun' }
  if (isOver) return { place: 'session_ended' }
  return lastBatch && known.endedBy === undefined
    ? { place: 'in', changed: { ...known, endedBy: messageId } }
    : { place: 'in' }
}

/**
 * Finds the place of a batch that is about to be sent, and writes it down. Rejects when the table cannot be reached.
 */
export async function enterSession(
  table: UploadSessionTable,
  key: string,
  batch: SessionFields,
  messageId: string,
  now: number,
): Promise<PlaceInSession> {
  const { place, changed } = placeInSession(await table.read(key), batch, messageId, now)
  if (changed) await table.write(key, changed)
  return place
}
