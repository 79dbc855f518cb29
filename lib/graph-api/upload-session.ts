import type { SessionFields } from '../track/session.ts'

/** What is known of an upload session at Meta. */
export type UploadSession = {
  /** When its first batch was about to be sent, ms since 1970. */
  startedAt: number
  /** The queue message with the batch that ended it. */
  endedBy?: string
}

/** Where sessions are kept by a key of their own. Both reject when it cannot be reached. */
export type UploadSessionTable = {
  read: (key: string) => Promise<UploadSession | undefined>
  write: (key: string, session: UploadSession) => Promise<void>
}

/** Meta ends a session 90 minutes after its first batch; a request that begins five minutes before has ended by then. */
const LONGEST_SESSION_MS = 85 * 60_000

/**
 * Whether a batch of a queue message may still be sent in its session: Meta answers a batch that comes after the end of
 * its session as usual, and discards its users. `changed` is what must be written down before it is sent; batch 1 begins
 * an ended session anew. Source: Meta's customer file custom audiences guide, "session".
 */
export function placeInSession(
  known: UploadSession | undefined,
  { batchSequence, lastBatch }: SessionFields,
  messageId: string,
  now: number,
): { isOpen: boolean; changed?: UploadSession } {
  const end = lastBatch && { endedBy: messageId }
  const isOver = known && (now - known.startedAt > LONGEST_SESSION_MS || (known.endedBy ?? messageId) !== messageId)
  if (!known || (isOver && batchSequence === 1)) return { isOpen: true, changed: { startedAt: now, ...end } }
  if (isOver) return { isOpen: false }
  return lastBatch && known.endedBy === undefined
    ? { isOpen: true, changed: { ...known, endedBy: messageId } }
    : { isOpen: true }
}

export type UploadSessions = {
  /** Whether a batch may be sent in its session; when that cannot be known it goes on without, which Meta always takes. */
  open: (key: string, batch: SessionFields, messageId: string) => Promise<boolean>
}

type Dependencies = {
  table: UploadSessionTable
  clock: () => number
  /** Told the name of the table's error. */
  onFailure: (reason: string) => void
}

/** Sessions as one invocation knows them. Once the table has failed it is not tried again: each attempt takes seconds. */
export function createUploadSessions({ table, clock, onFailure }: Dependencies): UploadSessions {
  let isDown = false
  return {
    open: async (key, batch, messageId) => {
      if (isDown) return false
      try {
        const { isOpen, changed } = placeInSession(await table.read(key), batch, messageId, clock())
        if (changed) await table.write(key, changed)
        return isOpen
      } catch (error) {
        isDown = true
        onFailure(error instanceof Error ? error.name : 'unknown')
        return false
      }
    },
  }
}
