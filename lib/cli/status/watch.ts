import type { StackOptions } from '../stack/options.ts'
import { findStack, openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import type { Screen } from '../terminal/screen.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { OutOfReach } from '../wrong-use.ts'
import { documentOf, rowsOf } from './document.ts'
import { openStatus } from './read-status.ts'
import type { Reading, StatusSource } from './read-status.ts'
import { linesOf } from './view.ts'

type Options = StackOptions & { all?: boolean; json?: true }

const EVERY_MS = 2_000

/** What is shown: the newest reading, and why there is no newer one. */
type Shown = { stack: Stack; reading: Reading; trouble?: string }

/**
 * Shows the status every two seconds until Ctrl-C: on a terminal in place, elsewhere one after the other. When the stack
 * goes away, the last status stays, and it is looked for again.
 */
export async function watch(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal, sleep } = surroundings
  const first = await openStack(options, surroundings)
  const { signal, forget } = surroundings.onInterrupt()
  const screen = options.json ? undefined : terminal.openScreen?.()
  const isEnded = () => signal.aborted
  // Ctrl-C is answered at once, also while something is read.
  const close = () => screen?.close()
  signal.addEventListener('abort', close, { once: true })
  const show = screen ? drawOn(screen, options, surroundings) : printWith(terminal, options)
  let source: { stack: Stack; status: StatusSource } | undefined
  let shown: Shown | undefined
  try {
    while (!isEnded()) {
      try {
        const stack = source?.stack ?? (shown ? await findStack(options, surroundings) : first)
        source ??= { stack, status: openStatus(stack, withoutProgress(surroundings)) }
        shown = { stack, reading: await source.status.read(shown?.reading, signal) }
      } catch (error) {
        if (!shown || !(error instanceof OutOfReach)) throw error
        source?.status.close()
        source = undefined
        shown = { ...shown, trouble: error.message }
      }
      if (!isEnded()) show(shown)
      await sleep(EVERY_MS, signal)
    }
  } finally {
    if (!isEnded()) close()
    source?.status.close()
    forget()
  }
  return { status: 130, stdout: '', stderr: '' }
}

/** Draws in place, and again when the window's size has changed. */
function drawOn(screen: Screen, { all = false }: Options, { terminal, clock }: Surroundings): (shown: Shown) => void {
  let last: Shown | undefined
  const draw = () => {
    const { columns, rows } = screen.size()
    screen.show(last ? fitting(frameOf(last, { ...terminal, columns }, all, clock()), rows, terminal) : ['Reading …'])
  }
  screen.onResize(draw)
  draw()
  return (shown) => {
    last = shown
    draw()
  }
}

function frameOf({ stack, reading, trouble }: Shown, terminal: Terminal, all: boolean, now: number): string[] {
  const time = new Date(reading.status.at).toISOString().slice(11, 19)
  const [reason = ''] = trouble?.split('\n') ?? []
  return [
    terminal.paint('dim', `${stack.title} · ${time} UTC · Ctrl-C ends`),
    ...(trouble === undefined ? [] : [terminal.paint('red', `No answer since then, and it is tried again: ${reason}`)]),
    '',
    ...linesOf(reading.status, { terminal, typed: stack.typed, now, all }),
  ]
}

function fitting(lines: readonly string[], rows: number, { paint }: Terminal): string[] {
  if (lines.length <= rows) return [...lines]
  const left = lines.length - rows + 1
  return [...lines.slice(0, rows - 1), paint('dim', `… ${left} more lines: make the window higher`)]
}

/** One document a time, for other programs. */
function printWith(terminal: Terminal, { json }: Options): (shown: Shown) => void {
  return ({ stack, reading: { status }, trouble }) => {
    if (trouble !== undefined) terminal.say(trouble)
    else if (json) terminal.answer(JSON.stringify(documentOf(stack.title, status)))
    else terminal.answer(`${rowsOf(status)}\n`)
  }
}

/** The progress of reading would be drawn over the view. */
function withoutProgress(surroundings: Surroundings): Surroundings {
  const { redraw: _, ...terminal } = surroundings.terminal
  return { ...surroundings, terminal: { ...terminal, say: () => undefined } }
}
