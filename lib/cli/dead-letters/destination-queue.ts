import { createHash } from 'node:crypto'
import type { SendMessages, Stored } from '../../aws/queue.ts'
import type { QueueEntry } from '../../track/message.ts'
import type { ReceivedLetter } from './letter.ts'

/** The output of the stack that is the address of a queue which consumers read. */
export type Target = 'TrackQueueUrl' | 'RemovalQueueUrl' | 'SessionQueueUrl' | 'RetryQueueUrl'

/**
 * The queue that a dead letter goes back to, whoever has moved it here; undefined when nothing reads it, because this
 * version of the product did not write it. Events of a session that the consumer gave up have left their session, and
 * their users go on without it.
 */
function targetOf({ letter: { content, isSession } }: ReceivedLetter): Target | undefined {
  if (!content) return undefined
  if (content.kind === 'rows') return 'RetryQueueUrl'
  if (isSession) return 'SessionQueueUrl'
  return content.users.remove > 0 ? 'RemovalQueueUrl' : 'TrackQueueUrl'
}

/**
 * The message as it is sent again, without the attributes that say why it was given up. The deduplication id differs
 * from the first one, which SQS may still know. It is made of the dead letter's own id, so that a repeated redrive of
 * it is recognised.
 */
function entryOf({ letter: { messageId, isSession }, body, groupId }: ReceivedLetter): QueueEntry {
  const entry = { body, bytes: Buffer.byteLength(body) }
  if (!isSession || groupId === undefined) return entry
  const deduplicationId = createHash('sha256').update(`redrive ${messageId}`).digest('hex')
  return { ...entry, groupId, deduplicationId }
}

/**
 * Sends dead letters to the queues that read them. When this is repeated, because the process ended before they were
 * deleted, no harm is done: the rows say the same of the same people with the same times, so the last word about a
 * person stays the last one, and Meta's audiences are sets.
 */
export async function sendBack(
  letters: readonly ReceivedLetter[],
  senderOf: (target: Target) => SendMessages,
): Promise<Stored> {
  for (const [target, same] of Map.groupBy(letters, targetOf)) {
    if (target === undefined) continue
    const stored = await senderOf(target)(same.map(entryOf))
    if (!stored.ok) return stored
  }
  return { ok: true }
}
