import { OLDEST, timeOf } from '../../../track/event-time.ts'
import { UsageError } from '../../wrong-use.ts'

export type TimeProblem = 'time_missing' | 'time_unreadable' | 'time_too_old' | 'time_in_future'

const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/i
const NUMBER = /^\d{9,13}(?:\.\d+)?$/

/**
 * The time of a row or a file, ms since 1970: ISO 8601, or seconds or milliseconds since 1970. Without a zone it is UTC.
 * The service would take a time that it does not believe for now, so such a time is a problem.
 */
export function readTime(given: unknown, now: number): number | TimeProblem {
  const text = typeof given === 'string' ? given.trim() : given
  if (text === undefined || text === null || text === '') return 'time_missing'
  const time = timeOf(
    typeof text !== 'string' ? text : WITHOUT_ZONE.test(text) ? `${text}Z` : NUMBER.test(text) ? Number(text) : text,
  )
  if (time === undefined || Number.isNaN(time) || isNoDay(text)) return 'time_unreadable'
  if (time < OLDEST) return 'time_too_old'
  return time > now ? 'time_in_future' : time
}

/** Whether a time names a day such as 31 February, which would count as one of March. */
function isNoDay(text: unknown): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(String(text)) ?? []
  return (
    day !== undefined && new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)
  )
}

const PROBLEMS: Record<TimeProblem, string> = {
  time_missing: 'is empty',
  time_unreadable: 'is no time',
  time_too_old: 'is before 2000, and nobody would believe it',
  time_in_future: 'has not come yet',
}

/** What `--as-of` says: a time, or `file` for the time at which the file was last changed. Throws UsageError. */
export function readAsOf(given: string, modifiedAt: number, now: number): number {
  const isFile = given.trim().toLowerCase() === 'file'
  const time = readTime(isFile ? modifiedAt : given, now)
  if (typeof time === 'number') return time
  const what = isFile ? `the time of the file, ${new Date(modifiedAt).toISOString()},` : `"${given}"`
  throw new UsageError(
    `--as-of: ${what} ${PROBLEMS[time]}. Write a time such as 2026-08-01 or 2026-08-01T10:00:00Z, or "file" for the time of the file`,
  )
}
