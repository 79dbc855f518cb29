/** A clock that jumps from one timer to the next as soon as nobody has anything to do before it. */
export type VirtualTime = {
  now: () => number
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Lets time pass until this is done. */
  until: <T>(done: Promise<T>) => Promise<T>
}

type Timer = { at: number; wake: () => void }

const START = Date.parse('2026-09-15T12:00:00Z')

export function createVirtualTime(): VirtualTime {
  // There are as many timers as pollers, and one more: a list that is searched is fast enough.
  const timers = new Set<Timer>()
  let now = START
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          timers.delete(timer)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const timer: Timer = { at: now + ms, wake }
        timers.add(timer)
        signal?.addEventListener('abort', wake)
      }),
    until: async (done) => {
      const run = { over: false }
      const end = done.finally(() => (run.over = true))
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        if (run.over) return end
        const next = [...timers].reduce<Timer | undefined>(
          (first, timer) => (first && first.at <= timer.at ? first : timer),
          undefined,
        )
        if (!next) throw new Error('Everybody waits, and nothing will happen')
        now = next.at
        next.wake()
      }
    },
  }
}
