/** What is paused: a whole destination (its token or permission), or one audience of it. */
export type Target = { destination: string; audienceId: string }

export type Pauses = {
  /** Why nothing may be sent to a target now; undefined when it may, be it as the one probe of these minutes. */
  reason: (target: Target) => string | undefined
  pause: (target: Target, scope: 'destination' | 'audience', reason: string) => void
  /** Something was delivered to the target. */
  resume: (target: Target) => void
}

/** A person needs longer than this to mend anything, and it is short enough to notice soon that they did. */
const PROBE_EVERY_MS = 5 * 60_000

/** Remembers, in one execution environment, what waits for a person. */
export function createPauses(clock: () => number): Pauses {
  const paused = new Map<string, { reason: string; probeAt: number }>()
  const keys = ({ destination, audienceId }: Target) => [destination, `${destination}/${audienceId}`]
  return {
    reason: (target) => {
      const found = keys(target).flatMap((key) => paused.get(key) ?? [])
      const blocking = found.find(({ probeAt }) => clock() < probeAt)
      if (blocking) return blocking.reason
      for (const pause of found) pause.probeAt = clock() + PROBE_EVERY_MS
      return undefined
    },
    pause: (target, scope, reason) => {
      const [destination = '', audience = ''] = keys(target)
      paused.set(scope === 'destination' ? destination : audience, { reason, probeAt: clock() + PROBE_EVERY_MS })
    },
    resume: (target) => {
      for (const key of keys(target)) paused.delete(key)
    },
  }
}
