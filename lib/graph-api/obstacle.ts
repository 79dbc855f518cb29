import type { TokenSource } from './access-token.ts'
import type { Pace } from './pace.ts'
import type { PauseTarget, Pauses } from './pauses.ts'

/** Why rows wait although no request with them was sent. */
export type Held = {
  reason: string
  /** The least wait, in seconds. */
  waitSeconds: number
  /** Since when this reason exists, ms since 1970. The longer it lasts, the longer the rows wait. */
  since?: number
}

/** What is known about a destination's token, and about Meta's limits and pauses. */
export type Obstacles = {
  token: (destination: string) => TokenSource
  pauses: Pauses
  pace: Pace
  clock: () => number
}

/** How long an invocation sleeps for Meta's pace. For longer waits the rows go to the retry queue. */
const LONGEST_SLEEP_MS = 5_000

/** Why nothing can be sent to a target now; undefined when something can, even if only as a probe. */
export async function obstacleTo(target: PauseTarget, obstacles: Obstacles): Promise<Held | undefined> {
  const token = await obstacles.token(target.destination).get()
  return token.ok ? limitOf(target, obstacles) : withoutToken(token.reason, obstacles)
}

export function withoutToken(reason: string, { clock }: Pick<Obstacles, 'clock'>): Held {
  return { reason, waitSeconds: 0, since: clock() }
}

/** The pause or Meta's pace that makes a target wait. A request that probes the pause does not wait for it. */
export function limitOf(
  target: PauseTarget,
  { pauses, pace, clock }: Omit<Obstacles, 'token'>,
  isProbing = false,
): Held | undefined {
  const pause = isProbing ? undefined : pauses.of(target)
  if (pause && clock() < pause.probeAt) return { reason: pause.reason, waitSeconds: 0, since: pause.since }
  const paceMs = pace.delayMs(target.destination)
  return paceMs > LONGEST_SLEEP_MS ? { reason: 'usage_limit', waitSeconds: Math.ceil(paceMs / 1000) } : undefined
}
