import { FAULTS } from './faults.ts'
import { GraphError, unknownPath } from './graph-error.ts'

/** When each Marketing API version ends, newest first; null while Meta has named no day. Source: Meta's version table. */
const VERSION_ENDS: readonly (readonly [version: string, ends: string | null])[] = [
  ['v26.0', null],
  ['v25.0', null],
  ['v24.0', '2026-10-06'],
  ['v23.0', '2026-06-09'],
  ['v22.0', '2026-02-19'],
  ['v21.0', '2025-09-09'],
  ['v20.0', '2025-05-06'],
]

/** The newest version, named in answers that belong to no other. */
export const NEWEST_VERSION = 'v26.0'

/** The version that serves a request, with the warning that an automatic upgrade carries. */
type ServedVersion = { version: string; warning?: string }

/**
 * Decides which version serves the first segment of a path. An expired version is refused with 2635 or upgraded to the
 * oldest living one. That a call without a version gets 2635 as well is inferred: Meta only says that it fails.
 */
export function servedVersion(segment: string, now: number, autoUpgrade: boolean): ServedVersion {
  const number = /^v(\d+)\.(\d+)$/.exec(segment)
  if (number === null) throw deprecated()
  const isLive = ([, ends]: readonly [string, string | null]) => ends === null || now < Date.parse(ends)
  const entry = VERSION_ENDS.find(([version]) => version === segment)
  if (entry !== undefined && isLive(entry)) return { version: segment }
  const isOlderThanTable = Number(number[1]) < 20
  if (entry === undefined && !isOlderThanTable) throw unknownPath(`/${segment}`)
  if (!autoUpgrade) throw deprecated()
  const version = VERSION_ENDS.findLast(isLive)?.[0] ?? NEWEST_VERSION
  return { version, warning: `The call has been auto-upgraded to ${version} as ${segment} has been deprecated` }
}

function deprecated(): GraphError {
  return new GraphError(FAULTS['version-deprecated'].error)
}
