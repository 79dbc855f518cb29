import type { Audience } from '../../emulator/meta/audience.ts'

/** At most so many members are told at once. */
const MOST_MEMBERS = 1_000

const HASH = /^[0-9a-f]{64}$/

/**
 * Some of an audience's members, in the order in which they came. Values that are no hashes are not shown: an EXTERN_ID
 * may be anything.
 */
export function membersPage(
  { membership: { members } }: Audience,
  { from, count }: { from: number; count: number },
): { total: number; members: Record<string, string>[] } {
  const end = from + Math.min(count, MOST_MEMBERS)
  const page: Record<string, string>[] = []
  let place = 0
  for (const member of members) {
    if (place >= end) break
    if (place >= from) page.push(Object.fromEntries(Object.entries(member).map(([name, cell]) => [name, shown(cell)])))
    place += 1
  }
  return { total: members.size, members: page }
}

function shown(cell: unknown): string {
  return typeof cell === 'string' && HASH.test(cell) ? cell : '(no hash: not shown)'
}
