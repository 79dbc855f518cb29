import { counted } from '../terminal/counted.ts'
import { progress } from '../terminal/progress.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import type { Letter, ReceivedLetter } from './letter.ts'
import type { DeadLetterQueue } from './queue.ts'
import { readThrough } from './read-through.ts'

/** What the dead-letter queues hold. */
export type Survey = {
  letters: Letter[]
  /** How many messages SQS counts, about. When it gave out fewer, the letters are not all. */
  all: number
  /** How many of them somebody else is reading just now. */
  hidden: number
  isComplete: boolean
  /** Somebody pressed Ctrl-C meanwhile. */
  isInterrupted: boolean
}

/** So many seconds are less than messages are hidden, so that each is received once. */
const LONGEST_MS = 45_000

/** Reads the queues side by side without taking anything out. `look` sees each message as it was received. */
export async function survey(
  queues: readonly DeadLetterQueue[],
  signal: AbortSignal,
  { clock, terminal }: Pick<Surroundings, 'clock' | 'terminal'>,
  look: (received: ReceivedLetter) => void = () => undefined,
): Promise<Survey> {
  const until = clock() + LONGEST_MS
  const bar = progress(terminal, clock)
  let read = 0
  let counts = 0
  const each = await Promise.all(
    queues.map(async (queue) => {
      const { all, hidden } = await queue.count()
      counts += all
      const letters: Letter[] = []
      await readThrough(queue, { signal, until, expected: all, clock }, (received) => {
        for (const one of received) {
          letters.push(one.letter)
          look(one)
        }
        read += received.length
        bar.show(`Reading: ${read.toLocaleString('en')} of about ${counted(Math.max(read, counts), 'dead letter')}`)
        return Promise.resolve(new Set())
      })
      return { letters, all: Math.max(all, letters.length), hidden }
    }),
  ).finally(bar.end)
  const sum = (of: (one: (typeof each)[number]) => number) => each.reduce((total, one) => total + of(one), 0)
  const letters = each.flatMap((one) => one.letters)
  const all = sum((one) => one.all)
  return {
    letters,
    all,
    hidden: sum((one) => one.hidden),
    isComplete: letters.length >= all,
    isInterrupted: signal.aborted,
  }
}

/** What people must know about the counts. */
export function notes({ letters, all, hidden, isComplete }: Survey): string {
  return [
    ...(hidden > 0
      ? [
          `Hidden for at most a minute: ${counted(hidden, 'message')}, which somebody else reads, or which a killed command has read.`,
        ]
      : []),
    ...(isComplete
      ? []
      : [
          `At least: SQS counts about ${counted(all, 'message')}, and gave out ${letters.length.toLocaleString('en')}.`,
        ]),
  ].join('\n')
}

export const INTERRUPTED: Result = { status: 130, stdout: '', stderr: 'Interrupted: all messages are where they were.' }
