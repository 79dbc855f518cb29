import type { Terminal } from '../../lib/cli/terminal/terminal.ts'

/** A terminal of so many columns, without colours, for what is made to be shown on one. */
export const aTerminal = (columns = 80): Terminal => ({
  answer: () => undefined,
  say: () => undefined,
  isInteractive: false,
  columns,
  paint: (_, text) => text,
})
