import type { Surroundings } from './surroundings.ts'
import type { Terminal } from './terminal/terminal.ts'

const INTERRUPTED = 130

/** Ctrl-C for this process: see `untilInterrupted` of Surroundings. */
export function interruptible(
  process: NodeJS.Process,
  terminal: Pick<Terminal, 'say'>,
): Surroundings['untilInterrupted'] {
  return async (work) => {
    const controller = new AbortController()
    const onSignal = () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED)
      terminal.say('\nEnding after what is under way. Ctrl-C again leaves at once.')
      controller.abort()
    }
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
    try {
      return await work(controller.signal)
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    }
  }
}
