import type { ReceivedLetter } from './letter.ts'
import type { DeadLetterQueue } from './queue.ts'

/** How long received messages are hidden from others. All are released at the end; this is for a process that is killed. */
const HIDDEN_SECONDS = 60

/**
 * Waiting for a second asks all of SQS's servers. Without it some of them are asked, and messages seem to be missing;
 * that is enough when as many as SQS counts were read.
 */
const WAIT_SECONDS = 1

type Limits = {
  signal: AbortSignal
  /** How many messages SQS counts. */
  expected: number
  /** Ends after so many messages. */
  most?: number
  /** Ends at this time of the clock. */
  until?: number
  clock: () => number
}

/**
 * Reads a queue once, up to ten messages at a time. `handle` answers the receipt handles of those that it has deleted.
 * The others are kept hidden until the end, so that each message comes once, and are released then, whatever happens.
 */
export async function readThrough(
  queue: Pick<DeadLetterQueue, 'receive' | 'release'>,
  { signal, expected, most = Infinity, until = Infinity, clock }: Limits,
  handle: (letters: readonly ReceivedLetter[]) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const seen = new Set<string>()
  const kept = new Map<string, string>()
  try {
    while (!signal.aborted && seen.size < most && clock() < until) {
      const received = await queue.receive(HIDDEN_SECONDS, seen.size < expected ? WAIT_SECONDS : 0)
      for (const { letter, receiptHandle } of received) kept.set(letter.messageId, receiptHandle)
      const fresh = received.filter(({ letter }) => !seen.has(letter.messageId))
      // Nothing more, or only messages whose time has run out meanwhile.
      if (fresh.length === 0) break
      for (const { letter } of fresh) seen.add(letter.messageId)
      const deleted = await handle(fresh)
      for (const { letter, receiptHandle } of fresh) if (deleted.has(receiptHandle)) kept.delete(letter.messageId)
    }
  } finally {
    await queue.release([...kept.values()])
  }
}
