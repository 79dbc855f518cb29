import type { Terminal } from './terminal.ts'

const STEPS = [
  [86_400, 'day', 'days'],
  [3_600, 'h', 'h'],
  [60, 'min', 'min'],
  [1, 's', 's'],
] as const

/** How long ago a time was, in one unit, such as `3 h`. Both are ms since 1970. */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - time) / 1000))
  const [size, one, many] = STEPS.find(([least]) => seconds >= least) ?? [1, 's', 's']
  const count = Math.floor(seconds / size)
  return `${count} ${count === 1 ? one : many}`
}

/** How long ago a time was, for people; the time itself, for other programs. */
export function timeCell(time: number | undefined, now: number, { columns }: Pick<Terminal, 'columns'>): string {
  if (time === undefined || Number.isNaN(time)) return ''
  return columns === undefined ? new Date(time).toISOString() : ago(time, now)
}

/** A time for people, in UTC: `2026-11-28 01:40 UTC`. */
export function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The same to the second, which tells events apart. */
export function secondOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
