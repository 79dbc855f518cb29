/** Rows of an audience that wait, as the consumer says so. */
export type Wait = { destination: string; audienceId: string; reason: string; waitSeconds: number; ageSeconds: number }

/** Why an audience waits. Times in ms since 1970. A note whose `until` has passed is over. */
export type WaitNote = {
  audienceId: string
  /** When the consumer learned it. A receipt that is newer says more. */
  at: number
  destination: string
  reason: string
  /** Since when the oldest of these rows waits. */
  since: number
  /** When the rows come back for the next attempt. */
  until: number
}

/**
 * Shorter waits are not noted. They are those for a busy audience, of which each invocation has some, and a note for each
 * of them would cost a write.
 */
const SHORTEST_SECONDS = 60

/** The note about a wait that began now; undefined if it is too short for one. */
export function noteOf(wait: Wait, now: number): WaitNote | undefined {
  const { audienceId, destination, reason, waitSeconds, ageSeconds } = wait
  if (waitSeconds < SHORTEST_SECONDS) return undefined
  return { audienceId, at: now, destination, reason, since: now - ageSeconds * 1000, until: now + waitSeconds * 1000 }
}

/** The one of two notes about an audience that lasts longer. */
export function longerOf(one: WaitNote | undefined, other: WaitNote): WaitNote {
  return one && one.until >= other.until ? one : other
}

/** Whether a note says something that the last one about the audience does not say any more, or never said. */
export function isNews(note: WaitNote, last: WaitNote | undefined, now: number): boolean {
  return note.reason !== last?.reason || last.until <= now
}
