import type { Stored } from '../../aws/queue.ts'
import type { Letter, ReceivedLetter } from './letter.ts'
import type { DeadLetterQueue } from './queue.ts'
import { readThrough } from './read-through.ts'

/** What became of the chosen dead letters. `failure` is the name of SQS's error that ended the work. */
export type TakenOut = { messages: number; failure?: string }

type Work = {
  /** Whether a dead letter is taken out. */
  isChosen: (received: ReceivedLetter) => boolean
  /** Does with some of them what comes before they are deleted. */
  first: (chosen: readonly ReceivedLetter[]) => Promise<Stored>
  /** The dead letters that the person was asked about. */
  known: readonly Letter[]
  onTaken: (messages: number) => void
  signal: AbortSignal
  clock: () => number
}

/**
 * Takes dead letters out of their queues, ten at a time. They are deleted only after `first` has done its work with all
 * ten. So whenever this ends, each message is in its queue or where `first` has put it, or in both.
 */
export async function takeOut(queues: readonly DeadLetterQueue[], work: Work): Promise<TakenOut> {
  const { isChosen, first, known, onTaken, signal, clock } = work
  let messages = 0
  let failure: string | undefined
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  const give = (reason: string) => {
    failure = reason
    ended.abort()
  }
  for (const queue of queues) {
    const { all } = await queue.count()
    // No more than there were, so that those that come back at once are not taken again and again.
    const most = Math.max(all, known.filter(({ isSession }) => isSession === queue.isSession).length)
    await readThrough(queue, { signal: either, expected: most, most, clock }, async (received) => {
      const chosen = received.filter(isChosen)
      if (chosen.length === 0) return new Set()
      const done = await first(chosen)
      if (!done.ok) return (give(done.reason), new Set())
      const handles = chosen.map(({ receiptHandle }) => receiptHandle)
      const deleted = await queue.delete(handles)
      if (!deleted.ok) return (give(deleted.reason), new Set())
      messages += chosen.length
      onTaken(messages)
      return new Set(handles)
    })
  }
  return { messages, ...(failure !== undefined && { failure }) }
}
