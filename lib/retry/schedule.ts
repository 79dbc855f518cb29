/** SQS counts visibility for at most 12 hours from the receive. This leaves an hour for what happens in between. */
export const LONGEST_WAIT_SECONDS = 11 * 3600

/** The waits after a first failure, in seconds; the last one repeats. */
const STEPS = [60, 120, 240, 480, 900, 1800, 3600, 7200] as const

const LARGEST_JITTER = 0.25

/** The step for rows that began to fail `ageSeconds` ago, in seconds. */
export function stepFor(ageSeconds: number): number {
  // The age decides: step n is due when the sum of all earlier steps has passed. So no counter has to be kept.
  let passed = 0
  for (const step of STEPS) {
    passed += step
    if (ageSeconds < passed) return step
  }
  return STEPS.at(-1) ?? 0
}

/**
 * A wait in whole seconds, up to a quarter longer at random, so that waiting rows do not all come back at once. Never
 * longer than SQS can count.
 */
export function withJitter(seconds: number, random: () => number): number {
  return Math.min(Math.ceil(seconds * (1 + LARGEST_JITTER * random())), LONGEST_WAIT_SECONDS)
}
