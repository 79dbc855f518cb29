import type { QueueEntry } from '../../lib/aws/track-queue.ts'
import { settleRows } from '../../lib/outcome.ts'
import type { Sent } from '../../lib/outcome.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/**
 * Stores what Meta did not take in the retry queue and the dead letters. False when any of it could not be stored:
 * then the messages it came from must not be acknowledged.
 */
export async function store(
  sent: readonly Sent[],
  undecodable: readonly string[],
  dependencies: ConsumerDependencies,
): Promise<boolean> {
  const { report, log, clock, random, giveUpAfterSeconds, sendToRetryQueue, sendToDeadLetters } = dependencies
  const now = clock()
  const settled = sent.map((target) => ({
    target,
    rows: settleRows(target, { now, random, giveUpAfterSeconds }),
  }))
  const stored = await Promise.all([
    sendToRetryQueue(settled.flatMap(({ rows }) => rows.retry)),
    sendToDeadLetters([...settled.flatMap(({ rows }) => rows.deadLetters), ...undecodable.map(asDeadLetter)]),
  ])
  for (const result of stored) {
    if (result.ok) continue
    log('error', 'store_failed', { reason: result.reason })
    return false
  }
  for (const { target, rows } of settled) report.settled(target, rows)
  if (undecodable.length > 0) log('error', 'message_undecodable', { count: undecodable.length })
  return true
}

function asDeadLetter(body: string): QueueEntry {
  return { body, bytes: Buffer.byteLength(body), attributes: { reason: 'undecodable' } }
}
