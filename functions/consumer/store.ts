import type { QueueEntry } from '../../lib/track/message.ts'
import { concat } from '../../lib/register/last-word.ts'
import { settle } from '../../lib/retry/settle.ts'
import type { Served } from '../../lib/retry/settle.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { withErasuresNoted } from './note-erasures.ts'

/** A message, or a part of one, that leads to no rows, and the reason. */
export type Unusable = {
  body: string
  reason: 'undecodable' | 'event_unmapped' | 'destination_unknown' | 'dry_run' | 'erasure_unnamed'
}

/**
 * Stores what Meta did not take in the retry queue and the dead letters. False when something could not be stored. Then
 * its messages must not be acknowledged.
 */
export async function store(
  served: readonly Served[],
  unusable: readonly Unusable[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<boolean> {
  const { report, log, clock, random, giveUpAfterSeconds, sendToRetryQueue, sendToDeadLetters } = dependencies
  const noted = await withErasuresNoted(served, invocation, dependencies)
  const settled = settle(noted, { now: clock(), random, giveUpAfterSeconds })
  const stored = await Promise.all([
    sendToRetryQueue(concat(...settled.map(({ retry }) => retry))),
    sendToDeadLetters([...settled.flatMap(({ deadLetters }) => deadLetters), ...unusable.map(asDeadLetter)]),
  ])
  for (const result of stored) {
    if (result.ok) continue
    log('error', 'store_failed', { reason: result.reason })
    return false
  }
  for (const each of settled) report.settled(each)
  for (const { reason } of unusable) log('error', 'message_unusable', { reason })
  return true
}

function asDeadLetter({ body, reason }: Unusable): QueueEntry {
  return { body, bytes: Buffer.byteLength(body), attributes: { reason } }
}
