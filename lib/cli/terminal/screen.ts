/** The whole window of a terminal, for a view that is drawn anew in place. */
export type Screen = {
  /** Its size now, in letters. */
  size: () => { columns: number; rows: number }
  /** Shows these lines in place of what it showed. What does not fit is cut off. */
  show: (lines: readonly string[]) => void
  /** Calls the listener whenever its size has changed. */
  onResize: (listener: () => void) => void
  /** Gives the window back as it was before. */
  close: () => void
}

const CSI = '\x1b['
/** The window beside the usual one, without cursor, and without going on in the next line where one is too long. */
const OPEN = `${CSI}?1049h${CSI}?25l${CSI}?7l`
const CLOSE = `${CSI}?7h${CSI}?25h${CSI}?1049l`
/** Terminals that know these show all that is between them at once. The others ignore them. */
const BEGIN = `${CSI}?2026h${CSI}H`
const END = `${CSI}?2026l`
const REST_OF_LINE = `${CSI}K`
const REST_OF_WINDOW = `${CSI}J`

/** Takes the window. It is given back at the latest when the process ends, however it does. */
export function openScreen(process: NodeJS.Process): Screen {
  const { stdout } = process
  const restore = () => void stdout.write(CLOSE)
  const listeners: (() => void)[] = []
  // Ctrl-Z gives the window to the shell for a while.
  const suspend = () => {
    restore()
    process.kill(process.pid, 'SIGSTOP')
  }
  const resume = () => {
    stdout.write(OPEN)
    for (const listener of listeners) listener()
  }
  process.once('exit', restore)
  process.on('SIGTSTP', suspend)
  process.on('SIGCONT', resume)
  stdout.write(OPEN)
  return {
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    // Lines are overwritten, and not erased first: so nothing flickers.
    show: (lines) => void stdout.write(frameOf(lines, stdout.rows)),
    onResize: (listener) => {
      listeners.push(listener)
      stdout.on('resize', listener)
    },
    close: () => {
      for (const listener of listeners) stdout.off('resize', listener)
      process.off('exit', restore)
      process.off('SIGTSTP', suspend)
      process.off('SIGCONT', resume)
      restore()
    },
  }
}

function frameOf(lines: readonly string[], rows: number): string {
  const shown = lines.slice(0, rows).map((line) => `${line}${REST_OF_LINE}`)
  return `${BEGIN}${shown.join('\r\n')}${REST_OF_WINDOW}${END}`
}
