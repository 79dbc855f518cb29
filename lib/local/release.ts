import type { QueueService } from '../emulator/aws/queue-service.ts'
import type { EventSourceMapping } from '../emulator/lambda/event-source-mapping.ts'
import type { LambdaFunction } from '../emulator/lambda/function.ts'

/** A queue and who polls it. */
export type Consumed = { queue: string; lambda: LambdaFunction; mapping: EventSourceMapping }

/** The answer to POST /_local/retry. */
export type Released = { released: number; note: string }

const NOTE =
  'Audiences that rest after a request without an answer go on resting, at most 4 minutes: that request may still land.'

/**
 * Lets every message that waits go at once, and ends the consumers' processes, because they remember pauses. What a
 * consumer has in its hands stays there.
 */
export async function releaseWaiting(
  consumed: readonly Consumed[],
  service: Pick<QueueService, 'release'>,
): Promise<Released> {
  for (const lambda of new Set(consumed.map((each) => each.lambda))) lambda.renew()
  let released = 0
  for (const { queue, mapping } of consumed) released += await service.release(queue, mapping.handedBack())
  return { released, note: NOTE }
}
