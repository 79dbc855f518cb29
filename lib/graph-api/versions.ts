import type { SettingProblem } from '../config/setting-problem.ts'

type Version = { version: string; released: string; ends: string | undefined }

/**
 * The Marketing API versions, newest first. They live far shorter than the Graph API versions of the same name. `ends`
 * is undefined while Meta has named no day. Source: Meta's table of Marketing API versions, November 2026.
 */
const VERSIONS: readonly Version[] = [
  { version: 'v26.0', released: '2026-07-29', ends: undefined },
  { version: 'v25.0', released: '2026-02-18', ends: undefined },
  { version: 'v24.0', released: '2025-10-08', ends: '2026-10-06' },
  { version: 'v23.0', released: '2025-05-29', ends: '2026-06-09' },
  { version: 'v22.0', released: '2025-01-21', ends: '2026-02-19' },
  { version: 'v21.0', released: '2024-10-02', ends: '2025-09-09' },
  { version: 'v20.0', released: '2024-05-21', ends: '2025-05-06' },
]

/** Meta's policy: a new version about every four months, and at least 90 days more for the one before it. */
const DAYS_TO_SUCCESSOR = 122
const DAYS_AFTER_SUCCESSOR = 90
const DAY_MS = 86_400_000

/** Days before a version ends, enough to test the next one. */
export const VERSION_DAYS_LIMIT = 60

/** When a version ends. If Meta has named no day, it is the earliest day that Meta's policy allows (`estimated`). */
type VersionEnd = { date: string; daysLeft: number; estimated: boolean }

/** The newest version of the table. */
export const NEWEST_VERSION = VERSIONS[0]?.version ?? ''

/** When a version ends, seen from `now`; undefined for a version that is newer than the table. */
export function versionEnd(version: string, now: number): VersionEnd | undefined {
  const at = VERSIONS.findIndex((known) => known.version === version)
  const oldest = VERSIONS.at(-1)
  if (at < 0 && oldest && numberOf(version) < numberOf(oldest.version)) return end(oldest.ends, now)
  return at < 0 ? undefined : (end(VERSIONS[at]?.ends, now) ?? estimate(at, now))
}

function end(date: string | undefined, now: number): VersionEnd | undefined {
  return date === undefined ? undefined : { date, daysLeft: daysUntil(date, now), estimated: false }
}

function estimate(at: number, now: number): VersionEnd {
  const released = Date.parse(VERSIONS[at]?.released ?? '')
  const succeeded = at > 0 ? Date.parse(VERSIONS[at - 1]?.released ?? '') : released + DAYS_TO_SUCCESSOR * DAY_MS
  const date = new Date(succeeded + DAYS_AFTER_SUCCESSOR * DAY_MS).toISOString().slice(0, 10)
  return { date, daysLeft: daysUntil(date, now), estimated: true }
}

function daysUntil(date: string, now: number): number {
  return Math.floor((Date.parse(date) - now) / DAY_MS)
}

function numberOf(version: string): number {
  return Number(version.slice(1))
}

/** Destinations with a version that has ended: Meta refuses every call with it. */
export function endedVersions(
  destinations: readonly { apiVersion?: string | undefined }[],
  today: Date,
): SettingProblem[] {
  return destinations.flatMap(({ apiVersion }, index) => {
    const end = apiVersion === undefined ? undefined : versionEnd(apiVersion, today.getTime())
    if (!end || end.estimated || end.daysLeft >= 0) return []
    const message = `${apiVersion} ended ${end.date}; leave it out, or set a newer one`
    return [{ path: `destinations.${index}.apiVersion`, message }]
  })
}
