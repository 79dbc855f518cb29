import { MAX_VISIBILITY_SECONDS } from '../aws/visibility.ts'

/** The waits after a first failure, in seconds; the last one repeats. */
export const STEPS = [60, 120, 240, 480, 900, 1800, 3600, 7200] as const

/**
 * How often a batch of a session is received before SQS moves it to the dead letters: seven steps fill the hour that it
 * waits for its session, and deliveries that Lambda throttles count too.
 */
export const SESSION_RECEIVES = 10

const LARGEST_JITTER = 0.25

/**
 * How long rows wait that first failed `ageSeconds` ago: the step that follows from their age, or what Meta says when
 * that is longer, made up to a quarter longer at random so that waiting rows do not all come back at once. Seconds.
 */
export function waitSeconds(ageSeconds: number, metaSaysSeconds: number, random: () => number): number {
  const wait = Math.max(stepFor(ageSeconds), metaSaysSeconds) * (1 + LARGEST_JITTER * random())
  return Math.min(Math.ceil(wait), MAX_VISIBILITY_SECONDS)
}

// A step is due once all earlier ones have passed, so neither a counter nor a receive count has to be kept.
function stepFor(ageSeconds: number): number {
  let passed = 0
  for (const step of STEPS) {
    passed += step
    if (ageSeconds < passed) return step
  }
  return STEPS.at(-1) ?? 0
}
