/** What a command is given beside its arguments. */
export type Surroundings = {
  /** The settings file that the environment names. */
  destinations: string | undefined
  /** The endpoint that the environment names. */
  trackUrl: string | undefined
  /** The write key of the environment. It is no argument, so that it is not in the shell's history. */
  writeKey: string | undefined
  /** Read when the input is to come from there, and not before: a terminal would wait. */
  readStandardInput: () => string
  fetch: typeof fetch
  clock: () => number
}

/**
 * What is written, without the last line's end, and the exit status: 0 done, 1 problems, 2 wrong usage or input, 3 out of
 * reach.
 */
export type Result = { status: 0 | 1 | 2 | 3; stdout: string; stderr: string }
