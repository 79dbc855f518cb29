/** The time of a local stack, which passes `1 / timeScale` times as fast as the machine's. */
export type StackClock = {
  timeScale: number
  /** When both clocks showed the same, ms since 1970. */
  startedAt: number
}

/** A clock of a stack that starts now. */
export function startStackClock(timeScale: number): StackClock {
  return { timeScale, startedAt: Date.now() }
}

/** What the clock shows, ms since 1970; functions see the same (bootstrap.js). */
export function timeOn(clock: StackClock): number {
  return Math.floor(timeAt(clock, Date.now()))
}

/** What the clock shows when the machine's shows `realMs`. */
export function timeAt({ timeScale, startedAt }: StackClock, realMs: number): number {
  return startedAt + (realMs - startedAt) / timeScale
}

/** The least time of an invocation. With less, a busy machine would end invocations that work elsewhere. */
const LEAST_LIMIT_MS = 3_000

/**
 * The limit of an invocation in ms of the machine's time: the function's timeout times the scale, and at least 3 s,
 * because nothing can work in less. The function is told the same limit.
 */
export function invocationLimitMs(timeoutSeconds: number, { timeScale }: StackClock): number {
  const scaled = timeoutSeconds * 1000 * timeScale
  return timeScale === 1 ? scaled : Math.max(scaled, LEAST_LIMIT_MS)
}
