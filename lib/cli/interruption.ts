import { setTimeout as timeout } from 'node:timers/promises'
import type { Interrupt, Surroundings } from './surroundings.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** One press of Ctrl-C in a terminal reaches this process twice: npm, which gets it too, passes it on. */
const SAME_PRESS_MS = 300

/** Makes Ctrl-C ask the process to come to an end. Pressed again, it ends it at once. */
export function onInterrupt(process: NodeJS.Process): Interrupt {
  const interruption = new AbortController()
  let firstAt: number | undefined
  const listener = () => {
    const now = performance.now()
    firstAt ??= now
    if (interruption.signal.aborted && now - firstAt > SAME_PRESS_MS) process.exit(130)
    interruption.abort()
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return {
    signal: interruption.signal,
    forget: () => {
      for (const signal of SIGNALS) process.off(signal, listener)
    },
  }
}

/** Waits so long, or until the signal. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timeout(ms, undefined, signal && { signal })
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

/** Does work that Ctrl-C may end early: the signal is aborted, and the work finishes what it must. */
export async function untilInterrupted<T>(
  { onInterrupt: listen, terminal }: Pick<Surroundings, 'onInterrupt' | 'terminal'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, forget } = listen()
  signal.addEventListener('abort', () => terminal.say('\nEnding after what is under way. Ctrl-C again leaves at once.'))
  try {
    return await work(signal)
  } finally {
    forget()
  }
}
