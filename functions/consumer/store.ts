import type { QueueEntry } from '../../lib/track/message.ts'
import { concat } from '../../lib/register/last-word.ts'
import { settle } from '../../lib/retry/settle.ts'
import type { Served } from '../../lib/retry/settle.ts'
import { progressOf } from '../../lib/erasure/record.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { reach } from './reach.ts'

/** A message, or a part of one, that leads to no rows, and the reason. */
export type Unusable = { body: string; reason: 'undecodable' | 'event_unmapped' | 'destination_unknown' | 'dry_run' }

/**
 * Stores what Meta did not take in the retry queue and the dead letters. False when something could not be stored. Then
 * its messages must not be acknowledged.
 */
export async function store(
  served: readonly Served[],
  unusable: readonly Unusable[],
  dependencies: ConsumerDependencies,
): Promise<boolean> {
  const { report, log, clock, random, giveUpAfterSeconds, sendToRetryQueue, sendToDeadLetters } = dependencies
  // First of all, because rows that are stored elsewhere would not be recorded any more.
  if (!(await noteErasures(served, dependencies))) return false
  const settled = settle(served, { now: clock(), random, giveUpAfterSeconds })
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

/** Records the erased people whom Meta has taken out. False when that failed. */
async function noteErasures(
  served: readonly Served[],
  { noteErasure, report }: ConsumerDependencies,
): Promise<boolean> {
  const progress = served.flatMap((each) => {
    const delivered = 'held' in each ? [] : each.remove.filter(({ kind }) => kind === 'delivered')
    const target = { destination: each.lot.destination.name, audienceId: each.audienceId }
    return progressOf(
      delivered.flatMap(({ changes }) => changes),
      target,
    )
  })
  const noted = await Promise.all(progress.map((each) => reach(report, () => noteErasure(each))))
  if (!noted.every(({ ok }) => ok)) return false
  for (const each of progress) report.erased(each)
  return true
}

function asDeadLetter({ body, reason }: Unusable): QueueEntry {
  return { body, bytes: Buffer.byteLength(body), attributes: { reason } }
}
