import type { ReceivedLetter } from './letter.ts'
import type { DeadLetterQueue } from './queue.ts'

/** How long received messages are hidden from others. All are released at the end; this is for a process that is killed. */
const HIDDEN_SECONDS = 60

type Limits = {
  signal: AbortSignal
  /** Ends after so many messages. */
  most?: number
  /** Ends at this time of the clock. */
  until?: number
  clock: () => number
}

/** How many different messages were read. */
type ReadThrough = { seen: number }

/**
 * Reads a queue once, up to ten messages at a time. `handle` answers the receipt handles of those that it has deleted.
 * The others are kept hidden until the end, so that each message comes once, and are released then, whatever happens.
 */
export async function readThrough(
  queue: Pick<DeadLetterQueue, 'receive' | 'release'>,
  { signal, most = Infinity, until = Infinity, clock }: Limits,
  handle: (letters: readonly ReceivedLetter[]) => Promise<ReadonlySet<string>>,
): Promise<ReadThrough> {
  const seen = new Set<string>()
  const kept = new Map<string, string>()
  try {
    while (!signal.aborted && seen.size < most && clock() < until) {
      const received = await queue.receive(HIDDEN_SECONDS)
      for (const { letter, receiptHandle } of received) kept.set(letter.messageId, receiptHandle)
      const fresh = received.filter(({ letter }) => !seen.has(letter.messageId))
      // Nothing more, or only messages whose time has run out meanwhile.
      if (fresh.length === 0) break
      for (const { letter } of fresh) seen.add(letter.messageId)
      const deleted = await handle(fresh)
      for (const { letter, receiptHandle } of fresh) if (deleted.has(receiptHandle)) kept.delete(letter.messageId)
    }
    return { seen: seen.size }
  } finally {
    await queue.release([...kept.values()])
  }
}
