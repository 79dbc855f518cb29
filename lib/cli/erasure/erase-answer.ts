import * as v from 'valibot'
import { ERASURE_WARNINGS } from '../../erasure/erasure-warning.ts'
import type { Stack } from '../stack/stack.ts'
import { columns } from '../terminal/columns.ts'
import { counted } from '../terminal/counted.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wrapped } from '../terminal/wrap.ts'
import type { EraseKind } from './people-to-erase.ts'

/** What the service says about a value of these users. */
export const WARNING = v.object({
  ...{ code: v.string(), field: v.string(), count: v.number() },
  ...{ suggestion: v.optional(v.string()), message: v.optional(v.string()) },
})
type Warning = v.InferOutput<typeof WARNING>

/** The answer of `/v1/erase` and `/v1/unerase`. */
export const ANSWER = v.object({
  id: v.string(),
  users: v.number(),
  message: v.string(),
  removals: v.optional(
    v.array(v.object({ destination: v.string(), audienceIds: v.array(v.string()), users: v.number() })),
    [],
  ),
  notSent: v.optional(
    v.array(v.object({ destination: v.string(), code: v.string(), users: v.optional(v.number()) })),
    [],
  ),
  rejected: v.optional(v.array(v.object({ index: v.number() })), []),
  rejectedCount: v.optional(v.number(), 0),
  warnings: v.optional(v.array(WARNING), []),
})

export function warningLine({ code, field, suggestion, message, count }: Warning): string {
  if (suggestion !== undefined) return `"${field}" was not used. Did you mean ${suggestion}?`
  return `${field} of ${counted(count, 'user')}: ${code}. ${message ?? ERASURE_WARNINGS[code] ?? ''}`.trimEnd()
}

const MOST_SHOWN = 10

type Answer = v.InferOutput<typeof ANSWER>

const WHY_NOT_SENT: Readonly<Record<string, string>> = {
  dry_run: 'has a trial run, so it removes nobody. Erase them again when it sends.',
  names_only: 'knows people by names alone, so it removes nobody. Remove them there by a userListDelete.',
  no_identifier_of_it: 'knows people by other identifiers than these. Erase them by one that is in its userSchema.',
}

/** What an erasure leads to, in words for people. */
export function effects(
  kind: EraseKind,
  { id, users, message, removals, notSent }: Answer,
  typed: Stack['typed'],
  { columns: width = Infinity }: Terminal,
): string {
  const rows = removals.flatMap((each) =>
    each.audienceIds.map((audienceId) => [each.destination, audienceId, String(each.users)]),
  )
  const lines = [
    `${kind === 'erase' ? 'Erased:' : 'Unerase of'} ${counted(users, 'user')}, id ${id}`,
    wrapped(message, width),
  ]
  if (kind === 'unerase') return lines.join('\n')
  if (rows.length > 0) lines.push(...columns([['destination', 'audience', 'users'], ...rows]))
  for (const { destination, code, users: some = users } of notSent)
    lines.push(
      wrapped(
        `Not in ${destination}${some < users ? ` (${some} of ${users} users)` : ''}: it ${WHY_NOT_SENT[code] ?? code}`,
        width,
      ),
    )
  return [...lines, `Whether they have left every audience: ${typed('erasures')}`].join('\n')
}

/** What was wrong with some of the people. */
export function problemsIn(kind: EraseKind, { rejected, rejectedCount, warnings, removals }: Answer): string[] {
  const places = rejected.slice(0, MOST_SHOWN).map(({ index }) => index)
  const more = rejectedCount > places.length ? ` and ${rejectedCount - places.length} more` : ''
  return [
    ...(kind === 'erase' && removals.length === 0 ? ['Nobody was removed: whoever is in an audience stays in.'] : []),
    ...(rejectedCount === 0
      ? []
      : [`Left out: user ${places.join(', ')}${more} (counted from 0) without an identifier that can be used.`]),
    ...warnings.map(warningLine),
  ]
}
