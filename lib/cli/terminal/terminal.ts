import { styleText } from 'node:util'
import { openScreen } from './screen.ts'
import type { Screen } from './screen.ts'

type Style = Parameters<typeof styleText>[0]

/** Where a command writes. Answers go to standard output, and words for people to standard error. */
export type Terminal = {
  /** Writes a part of the answer, and a line's end. */
  answer: (text: string) => void
  /** Says something to people, such as a hint or progress, and a line's end. */
  say: (text: string) => void
  /** Shows a line of standard error in place of the one that it showed before; absent where that is no terminal. */
  redraw?: (line: string) => void
  /** Takes the whole window of standard output; absent where that is no terminal. */
  openScreen?: () => Screen
  /** Whether a person can be asked: input and output are terminals. */
  isInteractive: boolean
  /** The columns of standard output; undefined where it is no terminal, so that nothing is cut off. */
  columns: number | undefined
  /** Text in this style on standard output; plain where colours are not wanted. */
  paint: (style: Style, text: string) => string
}

/** The terminal of this process. */
export function processTerminal(process: NodeJS.Process): Terminal {
  const { stdin, stdout, stderr } = process
  return {
    answer: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    ...(stderr.isTTY && { redraw: (line: string) => void stderr.write(`\r\x1b[2K${line}`) }),
    ...(stdout.isTTY && { openScreen: () => openScreen(process) }),
    isInteractive: stdin.isTTY && stdout.isTTY,
    columns: stdout.isTTY ? stdout.columns : undefined,
    // Obeys NO_COLOR, FORCE_COLOR and TERM.
    paint: (style, text) => styleText(style, text, { stream: stdout }),
  }
}

/** Text from outside, without what would control the terminal, break the line, or turn what follows around. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ')
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
