import type { QueueEntry } from '../../lib/track/message.ts'
import { concat } from '../../lib/register/last-word.ts'
import { heldBack } from '../../lib/retry/outcome.ts'
import { settle } from '../../lib/retry/settle.ts'
import type { Served } from '../../lib/retry/settle.ts'
import { progressOf } from '../../lib/erasure/record.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { UNREACHABLE, reach } from './reach.ts'

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
  const settled = settle(await withErasuresNoted(served, dependencies), { now: clock(), random, giveUpAfterSeconds })
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

/**
 * Records the erased people whom Meta has taken out. Where that fails, their removals wait and are sent once more, so that
 * none is left without a record. Where Meta calls any row of a request invalid, nobody knows whether it was theirs.
 */
async function withErasuresNoted(
  served: readonly Served[],
  { noteErasure, report }: ConsumerDependencies,
): Promise<Served[]> {
  return Promise.all(
    served.map(async (turn) => {
      if ('held' in turn) return turn
      const target = { destination: turn.lot.destination.name, audienceId: turn.audienceId }
      const remove = await Promise.all(
        turn.remove.map(async (outcome) => {
          if (outcome.kind !== 'delivered' || outcome.received.numInvalid > 0) return outcome
          const progress = progressOf(outcome.changes, target)
          const noted = await Promise.all(progress.map((each) => reach(report, () => noteErasure(each))))
          if (!noted.every(({ ok }) => ok))
            return heldBack(
              outcome.changes.filter(({ erasure }) => erasure !== undefined),
              UNREACHABLE,
            )
          for (const each of progress) report.erased(each)
          return outcome
        }),
      )
      return { ...turn, remove }
    }),
  )
}

function asDeadLetter({ body, reason }: Unusable): QueueEntry {
  return { body, bytes: Buffer.byteLength(body), attributes: { reason } }
}
