import type { Post } from './post.ts'
import type { Terminal } from './terminal/terminal.ts'

/** What a command is given beside its arguments. */
export type Surroundings = {
  environment: Readonly<Record<string, string | undefined>>
  terminal: Terminal
  /** Read when the input is to come from there, and not before: a terminal would wait. */
  readStandardInput: () => string
  fetch: typeof fetch
  /** For large bodies. */
  post: Post
  clock: () => number
  /** Waits so long, or until the signal. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** A number from 0 to 1. */
  random: () => number
  /** From now on, Ctrl-C asks a command to come to an end; pressed again, it ends the process at once. */
  onInterrupt: () => Interrupt
}

/** `signal` is aborted at the first Ctrl-C. After `forget`, Ctrl-C does what it usually does. */
export type Interrupt = { signal: AbortSignal; forget: () => void }

/** Exit statuses: the list that the help prints, too. */
export const STATUSES = {
  0: 'done',
  1: 'problems found',
  2: 'wrong usage or input',
  3: 'out of reach',
  130: 'interrupted',
} as const

export type Status = keyof typeof STATUSES

/**
 * How a command ended, and what is still to be written: the answer on standard output, words for people on standard
 * error, both without the last line's end. A command that writes as it goes leaves them empty.
 */
export type Result = { status: Status; stdout: string; stderr: string }
