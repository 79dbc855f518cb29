import type { Terminal } from './terminal/terminal.ts'

/** What a command is given beside its arguments. */
export type Surroundings = {
  environment: Readonly<Record<string, string | undefined>>
  terminal: Terminal
  /** Read when the input is to come from there, and not before: a terminal would wait. */
  readStandardInput: () => string
  fetch: typeof fetch
  clock: () => number
  sleep: (ms: number) => Promise<unknown>
  /** A number from 0 to 1. */
  random: () => number
  /**
   * Does work that Ctrl-C may end early. The signal is aborted the first time; the work then finishes what it must. The
   * second time the process ends at once.
   */
  untilInterrupted: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>
}

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
