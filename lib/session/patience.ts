/** A batch that has waited this long goes on without its session, which could end before the batch is sent. */
export const SESSION_PATIENCE_SECONDS = 3600

/**
 * How often SQS delivers a batch of a session before it moves it to the dead letters. A batch waits for an hour at
 * most, and comes back every ten seconds at first when the audience is busy. Deliveries that Lambda throttles count
 * too.
 */
export const SESSION_RECEIVES = 200

const BUSY_SECONDS = { step: 10, most: 60 }

/** How long a batch waits while others are served: 10 s, then 20, and in the end a minute. */
export function busyWaitSeconds(receives: number): number {
  return Math.min(BUSY_SECONDS.step * receives, BUSY_SECONDS.most)
}
