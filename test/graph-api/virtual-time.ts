import { NOON } from './builders.ts'

/** Time that goes on to the next timer when everything sleeps: for several workers at once, without real requests. */
export function createVirtualTime(start = NOON) {
  let now = start
  const timers: { at: number; wake: () => void }[] = []
  return {
    clock: () => now,
    sleep: (ms: number) => new Promise<void>((wake) => void timers.push({ at: now + ms, wake })),
    run: async (works: readonly Promise<unknown>[]) => {
      let running = works.length
      const ends = Promise.all(works.map((work) => work.finally(() => (running -= 1))))
      while (running > 0) {
        await new Promise((resolve) => setImmediate(resolve))
        const next = timers.reduce<(typeof timers)[number] | undefined>(
          (first, timer) => (first && first.at <= timer.at ? first : timer),
          undefined,
        )
        if (!next) continue
        timers.splice(timers.indexOf(next), 1)
        now = Math.max(now, next.at)
        next.wake()
      }
      await ends
    },
  }
}
