import type { Terminal } from './terminal.ts'

/** How far a command is: `fraction` from 0 to 1, or undefined where the end is unknown. */
export type Progress = { count: number; fraction: number | undefined }

const REDRAW_MS = 100
const LINE_MS = 10_000
const BAR = 24

/**
 * Shows progress: a bar that is drawn anew on a terminal, and a line each ten seconds elsewhere. `unit` is what is
 * counted, such as "rows".
 */
export function createProgressBar(terminal: Terminal, clock: () => number, unit: string, begin: Progress) {
  const startedAt = clock()
  let last = begin
  let shownAt = terminal.redraw ? -Infinity : startedAt
  let isDrawn = false

  function show(now: number): void {
    shownAt = now
    const line = lineOf(begin, last, (now - startedAt) / 1000, unit)
    if (!terminal.redraw) {
      terminal.say(line)
      return
    }
    const bar = last.fraction === undefined ? '' : `${terminal.paint('cyan', barOf(last.fraction))} `
    const room = Math.max(20, (terminal.columns ?? 80) - (bar === '' ? 1 : BAR + 2))
    terminal.redraw(`${bar}${line.slice(0, room)}`)
    isDrawn = true
  }

  /** Takes the bar away, so that other words can be written. */
  function clear(): void {
    if (isDrawn) terminal.redraw?.('')
    isDrawn = false
  }

  return {
    update(progress: Progress): void {
      last = progress
      const now = clock()
      if (now - shownAt >= (terminal.redraw ? REDRAW_MS : LINE_MS)) show(now)
    },
    say(text: string): void {
      clear()
      terminal.say(text)
    },
    clear,
  }
}

function lineOf(begin: Progress, { count, fraction }: Progress, seconds: number, unit: string): string {
  const rate = seconds > 0 ? (count - begin.count) / seconds : 0
  const parts = [`${count.toLocaleString('en')} ${unit}`]
  if (fraction !== undefined) parts.push(`${Math.floor(fraction * 100)} %`)
  if (rate > 0) parts.push(`${Math.round(rate).toLocaleString('en')}/s`)
  const done = (fraction ?? 0) - (begin.fraction ?? 0)
  if (done > 0 && fraction !== undefined && fraction < 1)
    parts.push(`${durationOf((seconds * (1 - fraction)) / done)} left`)
  return parts.join('  ')
}

function barOf(fraction: number): string {
  const full = Math.round(Math.min(1, fraction) * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

/** A time in words: 45 s, 3 min 20 s, 2 h 5 min. */
export function durationOf(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
}
