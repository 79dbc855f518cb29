/** What is paused: a whole destination (its token, app or API version), or one audience of it. */
export type PauseTarget = { destination: string; audienceId: string }

/** Somebody must act before anything can be sent. Times in ms since 1970. */
export type Pause = {
  reason: string
  since: number
  /** From then on one request may find out whether somebody has. */
  probeAt: number
}

export type Pauses = {
  /** What pauses a target; undefined when nothing does. */
  of: (target: PauseTarget) => Pause | undefined
  pause: (target: PauseTarget, scope: 'destination' | 'audience', reason: string) => void
  /** A request is sent to find out whether the pause is over; the next one may be in five minutes. */
  probe: (target: PauseTarget) => void
  /** Something was delivered to the target. */
  resume: (target: PauseTarget) => void
}

/** A person needs longer than this to mend anything, and it is short enough to notice soon that they did. */
const PROBE_EVERY_MS = 5 * 60_000

/** Remembers, in one execution environment, what waits for a person. */
export function createPauses(clock: () => number): Pauses {
  const paused = new Map<string, Pause>()
  const keys = ({ destination, audienceId }: PauseTarget) => [destination, `${destination}/${audienceId}`]
  return {
    // Of two, the one that may be probed later.
    of: (target) =>
      keys(target)
        .flatMap((key) => paused.get(key) ?? [])
        .sort((one, other) => other.probeAt - one.probeAt)[0],
    pause: (target, scope, reason) => {
      const [destination = '', audience = ''] = keys(target)
      const key = scope === 'destination' ? destination : audience
      const { since = clock() } = paused.get(key) ?? {}
      paused.set(key, { reason, since, probeAt: clock() + PROBE_EVERY_MS })
    },
    probe: (target) => {
      for (const key of keys(target)) {
        const pause = paused.get(key)
        if (pause) paused.set(key, { ...pause, probeAt: clock() + PROBE_EVERY_MS })
      }
    },
    resume: (target) => {
      for (const key of keys(target)) paused.delete(key)
    },
  }
}
