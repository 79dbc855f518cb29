import type { Terminal } from './terminal.ts'

const EVERY_MS = 10_000
const REDRAWN_MS = 100

/** Tells how far something is: on a terminal in one line that is redrawn, elsewhere in a line each ten seconds. */
export type Progress = { show: (text: string) => void; end: () => void }

export function progress(terminal: Pick<Terminal, 'say' | 'redraw' | 'columns'>, clock: () => number): Progress {
  const { say, redraw, columns } = terminal
  let last = redraw ? -Infinity : clock()
  return {
    show(text) {
      if (clock() - last < (redraw ? REDRAWN_MS : EVERY_MS)) return
      last = clock()
      if (redraw) redraw(text.slice(0, (columns ?? 80) - 1))
      else say(text)
    },
    end: () => redraw?.(''),
  }
}
