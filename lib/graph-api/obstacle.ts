import type { TokenSource } from './access-token.ts'
import type { Pace } from './pace.ts'
import type { Pauses, PauseTarget } from './pauses.ts'

/** Why rows wait without an attempt of their own. */
export type Held = {
  reason: string
  /** At least so many seconds. */
  waitSeconds: number
  /** Since when there is this reason, ms since 1970: what lasts for long is looked at more rarely. */
  since?: number
}

/** What is known of a destination's token, and of Meta's limits and pauses. */
export type Obstacles = {
  token: (destination: string) => TokenSource
  pauses: Pauses
  pace: Pace
  clock: () => number
}

/** An invocation sleeps so long for Meta's pace; for more than that rows leave it. */
export const LONGEST_SLEEP_MS = 5_000

/** Why nothing can be sent to a target now; undefined when it can, be it as the one probe of these minutes. */
export async function obstacleTo(target: PauseTarget, obstacles: Obstacles): Promise<Held | undefined> {
  const token = await obstacles.token(target.destination).get()
  return token.ok ? limitOf(target, obstacles) : withoutToken(token.reason, obstacles)
}

export function withoutToken(reason: string, { clock }: Pick<Obstacles, 'clock'>): Held {
  return { reason, waitSeconds: 0, since: clock() }
}

/** The pause or the pace of Meta that keeps a target waiting. Who probes a pause already does not wait for it. */
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
