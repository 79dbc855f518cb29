import type { IncomingHttpHeaders } from 'node:http'
import type { GraphRequest } from './graph-request.ts'
import { isRecord } from './json.ts'

const KEPT_ROWS = 100
const KEPT_TEXT = 2000
const MASK = '***'
const SECRET_PARAMETERS = ['access_token', 'input_token', 'appsecret_proof']

/** A request as `GET /_emulator/requests` shows it. `status` is 0 when there was no answer. */
export type LoggedRequest = {
  at: string
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: unknown
  status: number
}

/** The part of a request that goes into the log: no token anywhere, and only the first rows. */
export function loggedRequest(
  wire: { at: number; method: string; url: URL; headers: IncomingHttpHeaders; status: number },
  graph: GraphRequest | undefined,
  accessTokens: Iterable<string>,
): LoggedRequest {
  const secrets = [...accessTokens, graph?.token ?? ''].filter((token) => token.length >= 4)
  const mask = (text: string) => masked(text, secrets)
  return {
    at: new Date(wire.at).toISOString(),
    method: wire.method,
    url: cut(mask(maskedUrl(wire.url))),
    headers: mapped(maskedHeaders(wire.headers), mask) as IncomingHttpHeaders,
    body: graph === undefined ? null : mapped(loggedBody(graph), mask),
    status: wire.status,
  }
}

function loggedBody({ parameters, bodyParameters }: GraphRequest): Record<string, unknown> | null {
  const { payload, session } = parameters
  const body: Record<string, unknown> = { ...bodyParameters }
  if (payload !== undefined) body.payload = firstRows(payload)
  if (session !== undefined) body.session = session
  for (const name of SECRET_PARAMETERS) if (name in body) body[name] = MASK
  return Object.keys(body).length === 0 ? null : body
}

function firstRows(payload: unknown): unknown {
  if (!isRecord(payload) || !Array.isArray(payload.data) || payload.data.length <= KEPT_ROWS) return payload
  return { ...payload, data: payload.data.slice(0, KEPT_ROWS) as unknown[], dataLength: payload.data.length }
}

function maskedUrl(url: URL): string {
  const shown = new URL(url)
  for (const name of SECRET_PARAMETERS) if (shown.searchParams.has(name)) shown.searchParams.set(name, MASK)
  return shown.pathname + shown.search
}

function maskedHeaders({ authorization, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return authorization === undefined ? headers : { ...headers, authorization: authorization.replace(/\S+$/, MASK) }
}

function masked(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)])
  return spellings.reduce((shown, spelling) => shown.replaceAll(spelling, MASK), text)
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return cut(change(value))
  if (Array.isArray(value)) return value.map((item) => mapped(item, change))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapped(item, change)]))
}

function cut(text: string): string {
  return text.length > KEPT_TEXT ? `${text.slice(0, KEPT_TEXT)}…` : text
}
