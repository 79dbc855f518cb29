import { invalidParameter } from './graph-error.ts'

const DEFAULT_LIMIT = 25

/**
 * The answer of `GET /act_{id}/customaudiences`: newest first, with cursors; `next` and `previous` only where there is
 * more, no `paging` on an empty list. The links carry no token. `filtering` is not emulated.
 */
export function audienceList(
  nodes: readonly Record<string, unknown>[],
  parameters: Record<string, unknown>,
  pageUrl: URL,
): Record<string, unknown> {
  const { start, end } = page(nodes, parameters)
  const listed = nodes.slice(start, end)
  const [first, last] = [listed[0], listed.at(-1)]
  if (first === undefined || last === undefined) return { data: [] }
  const cursors = { before: cursor(first), after: cursor(last) }
  return {
    data: listed,
    paging: {
      cursors,
      ...(end < nodes.length ? { next: link(pageUrl, 'after', cursors.after) } : {}),
      ...(start > 0 ? { previous: link(pageUrl, 'before', cursors.before) } : {}),
    },
  }
}

function page(nodes: readonly Record<string, unknown>[], { limit, after, before }: Record<string, unknown>) {
  const size = limit === undefined ? DEFAULT_LIMIT : Number(limit)
  if (!Number.isInteger(size) || size < 1) throw invalidParameter('Param limit must be a positive integer')
  if (before !== undefined && after === undefined) {
    const end = position(nodes, before)
    return { start: Math.max(0, end - size), end }
  }
  const start = after === undefined ? 0 : position(nodes, after) + 1
  return { start, end: start + size }
}

function position(nodes: readonly Record<string, unknown>[], given: unknown): number {
  const index = nodes.findIndex((node) => cursor(node) === given)
  if (index === -1) throw invalidParameter('Invalid cursor')
  return index
}

function cursor(node: Record<string, unknown>): string {
  return Buffer.from(String(node.id)).toString('base64url')
}

function link(pageUrl: URL, direction: 'after' | 'before', value: string): string {
  const url = new URL(pageUrl)
  for (const name of ['access_token', 'appsecret_proof', 'after', 'before']) url.searchParams.delete(name)
  url.searchParams.set(direction, value)
  return url.href
}
