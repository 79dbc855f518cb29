import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../http-body.ts'
import { foreignReason, wantsPage } from '../own-requests.ts'
import type { HttpAnswer } from './answer.ts'

/** A body for the stack itself has at most this many bytes. */
const MAX_BODY_BYTES = 1024 * 1024

/** A request that no function sees. */
export type OwnRequest = {
  /** The parts of the path that stand for `{…}`, by the name in it. */
  path: Readonly<Record<string, string>>
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** Parsed; undefined without a body. */
  body: unknown
}

/** An answer, or what writes one for as long as it likes. */
export type OwnAnswer = HttpAnswer | { stream: (response: ServerResponse) => void }

/**
 * What answers requests that no function sees, by method and path: `GET /_local/status`, `GET /things/{id}`. All paths
 * below `/_local` are theirs, whether they are here or not.
 */
export type OwnEndpoints = Readonly<Record<string, (request: OwnRequest) => OwnAnswer | Promise<OwnAnswer>>>

/** Whether a request is one for the stack itself, and not for ingest. */
export function isOwn(request: Pick<IncomingMessage, 'method' | 'url'>, endpoints: OwnEndpoints): boolean {
  const path = pathOf(request)
  return path === '/_local' || path.startsWith('/_local/') || found(request, endpoints) !== undefined
}

/**
 * Answers a request of this machine to the stack itself. Pages of other addresses are refused; a link from one may open a
 * page of `pages`.
 */
export async function ownAnswer(
  request: IncomingMessage,
  { endpoints, pages, port }: { endpoints: OwnEndpoints; pages: readonly string[]; port: number },
): Promise<OwnAnswer> {
  const { headers, method = 'GET', url = '/' } = request
  const foreign = foreignReason(headers, port, pages.includes(pathOf(request)) && wantsPage(request))
  if (foreign !== undefined) return jsonAnswer(403, { error: foreign })
  const endpoint = found(request, endpoints)
  if (!endpoint) {
    const asked = `${method} ${pathOf(request)}`
    return jsonAnswer(404, { error: `there is no ${asked}; there are ${Object.keys(endpoints).join(', ')}` })
  }
  const sent = await readBody(request, MAX_BODY_BYTES)
  if (sent === undefined) return jsonAnswer(413, { error: `the body may have ${MAX_BODY_BYTES} bytes at most` })
  // A page can send other types to any address without asking.
  if (sent.length > 0 && !/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? ''))
    return jsonAnswer(415, {
      error: 'a body must be JSON, with the header content-type: application/json; or leave it out',
    })
  const body = sent.length > 0 ? parsed(sent) : { value: undefined }
  if (!body) return jsonAnswer(400, { error: 'the body is no JSON' })
  const query = new URL(url, 'http://stack').searchParams
  return endpoint.answer({ path: endpoint.path, query, headers, body: body.value })
}

/** An answer of the stack itself. Nothing keeps it, and no other page may read it. */
export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  return ownText(status, 'application/json', JSON.stringify(value))
}

/** The same with another type. */
export function ownText(
  status: number,
  contentType: string,
  text: string,
  headers: Record<string, string> = {},
): HttpAnswer {
  return { status, headers: { 'content-type': contentType, ...OWN_HEADERS, ...headers }, body: Buffer.from(text) }
}

/** What every answer of the stack itself says to browsers. */
export const OWN_HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

function found({ method = 'GET', url = '/' }: Pick<IncomingMessage, 'method' | 'url'>, endpoints: OwnEndpoints) {
  const asked = `${method} ${pathOf({ url })}`
  const exact = Object.hasOwn(endpoints, asked) ? endpoints[asked] : undefined
  if (exact) return { answer: exact, path: {} }
  const parts = asked.split('/')
  for (const [pattern, answer] of Object.entries(endpoints)) {
    const path = pattern.includes('{') ? matched(pattern.split('/'), parts) : undefined
    if (path) return { answer, path }
  }
  return undefined
}

function matched(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined
  const path: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const name = /^\{(.+)\}$/.exec(pattern[index] ?? '')?.[1]
    if (name !== undefined && part !== '') path[name] = part
    else if (part !== pattern[index]) return undefined
  }
  return path
}

function pathOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  return url.split('?')[0] ?? ''
}

function parsed(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(bytes.toString()) }
  } catch {
    return undefined
  }
}
