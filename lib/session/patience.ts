/** What waited this long goes on without its session, or the session would end before it. */
export const SESSION_PATIENCE_SECONDS = 3600

/**
 * How often a batch of a session is received before SQS moves it to the dead letters: it waits for an hour at most, and
 * when the audience is busy it comes back every ten seconds at first. Deliveries that Lambda throttles count too.
 */
export const SESSION_RECEIVES = 200

const BUSY_SECONDS = { step: 10, most: 60 }

/** While others are served, a session's batch looks again after 10 s, then 20, and in the end every minute. */
export function busyWaitSeconds(receives: number): number {
  return Math.min(BUSY_SECONDS.step * receives, BUSY_SECONDS.most)
}
