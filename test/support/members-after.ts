import type { Explanation } from '../../lib/cli/explain/explain.ts'

/** Who is in each audience, as the emulator tells it: columns that are not empty. */
export type Members = ReadonlyMap<string, readonly Row[]>
type Row = Readonly<Record<string, unknown>>

/** The members after these requests: a row that shares an identifier takes the place of the others, or takes them out. */
export function membersAfter(before: Members, requests: Explanation['requests']): Members {
  const members = new Map(before)
  for (const { audienceId, method, body } of requests)
    for (const cells of body.payload.data) {
      const row = rowOf(body.payload.schema, cells)
      const others = (members.get(audienceId) ?? []).filter((member) => !isSame(member, row))
      members.set(audienceId, method === 'DELETE' ? others : [...others, row])
    }
  return members
}

function rowOf(schema: readonly string[], cells: readonly unknown[]): Row {
  const columns = schema.map((field, index) => [field, cells[index]] as const)
  return Object.fromEntries<unknown>(columns.filter(([, cell]) => cell !== ''))
}

function isSame(one: Row, other: Row): boolean {
  return ['EMAIL', 'PHONE', 'MADID', 'EXTERN_ID'].some(
    (field) => one[field] !== undefined && one[field] === other[field],
  )
}
