import { worded } from '../../lib/erasure/erasure-warning.ts'
import type { ErasureWarning } from '../../lib/erasure/erasure.ts'
import type { ErasureRecord } from '../../lib/erasure/record.ts'
import { MOST_NAMED } from '../../lib/track/findings.ts'

const WHAT_WILL_HAPPEN = {
  erase:
    'These people are remembered as erased from now on: no row with one of these identifiers is added any more, whatever its time. Their removals are queued and sent within minutes.',
  unerase:
    'These identifiers keep nobody out any longer. Other identifiers of the same people still do. Nobody is added by this; an add that happens from now on is sent.',
} as const

const NOBODY_REMOVED =
  'These people are remembered as erased from now on: no row with one of these identifiers is added any more. But nobody is removed: "notSent" says why, for each destination. Whoever is in an audience stays in.'

const NOT_EVERYWHERE = ' In the destinations of "notSent" they stay as they are: each says why.'

const NOBODY_WAS_ERASED =
  'None of these identifiers was on the list of the erased, so nothing has changed. Give the identifiers that were erased.'

/** The answer to `/v1/erase` and `/v1/unerase`. */
export function erasureAnswer(
  { id, kind, users, removals, notSent }: ErasureRecord,
  { unusable, notErased }: { unusable: readonly number[]; notErased: number },
  warnings: readonly ErasureWarning[],
): object {
  if (kind === 'unerase' && notErased === users)
    return { id, users, message: NOBODY_WAS_ERASED, ...aside(unusable, warnings) }
  const from = removals.filter((removal) => removal.users > 0)
  const some = kind === 'unerase' && notErased > 0 ? someWereNotErased(notErased) : ''
  const effect = `${WHAT_WILL_HAPPEN[kind]}${notSent.length > 0 ? NOT_EVERYWHERE : ''}${some}`
  return {
    id,
    users,
    message: kind === 'erase' && from.length === 0 ? NOBODY_REMOVED : effect,
    ...(kind === 'erase' && { removals: from }),
    ...(kind === 'unerase' && notErased > 0 && { notErased }),
    ...(notSent.length > 0 && { notSent }),
    ...aside(unusable, warnings),
  }
}

function someWereNotErased(count: number): string {
  return ` Of these people ${count} ${count === 1 ? 'was' : 'were'} not on the list: give the identifiers that were erased.`
}

function aside(unusable: readonly number[], warnings: readonly ErasureWarning[]): object {
  return {
    ...(unusable.length > 0 && {
      rejected: unusable.slice(0, MOST_NAMED).map((index) => ({ index, code: 'no_identifier' })),
      rejectedCount: unusable.length,
    }),
    ...(warnings.length > 0 && { warnings: worded(warnings.slice(0, MOST_NAMED)) }),
  }
}
