/** What is paused: a whole destination (its token, app or API version), or one audience of it. */
export type PauseTarget = { destination: string; audienceId: string }

/** A person must act before anything can be sent. Times in ms since 1970. */
type Pause = {
  reason: string
  since: number
  /** After this time one request may probe whether the pause is over. */
  probeAt: number
}

export type Pauses = {
  /** What pauses a target; undefined when nothing does. */
  of: (target: PauseTarget) => Pause | undefined
  pause: (target: PauseTarget, scope: 'destination' | 'audience', reason: string) => void
  /** Notes that a request probes the pause. The next probe may be in five minutes. */
  probe: (target: PauseTarget) => void
  /** Something was delivered to the target. */
  resume: (target: PauseTarget) => void
}

/** The time between probes: shorter than a person needs to mend anything, and long enough to cost little. */
const PROBE_EVERY_MS = 5 * 60_000

/** Remembers the pauses of one execution environment. */
export function createPauses(clock: () => number): Pauses {
  const paused = new Map<string, Pause>()
  const keys = ({ destination, audienceId }: PauseTarget) => [destination, `${destination}/${audienceId}`]
  return {
    // If there are two pauses, the one with the later probe counts.
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
