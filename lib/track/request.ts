import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { jsonProblem } from './json-problem.ts'
import { matchRoute } from './route.ts'
import type { Route } from './route.ts'

/**
 * The largest decoded body, in bytes. Lambda takes events of 6 MB, and bodies come in base64, so more than 4.7 MB never
 * arrive. The same limit holds for a compressed body that the gateway did not unpack.
 */
export const MAX_BODY_BYTES = 4_500_000

/** The message for a larger body, here and in the gateway. */
export const TOO_LARGE = `the body is too large: at most ${MAX_BODY_BYTES / 1_000_000} MB of JSON; send fewer users in a request`

/** The largest body that is decoded before we know whether its sender has a key. */
export const MAX_BODY_BYTES_WITHOUT_KEY = 1024 * 1024

/**
 * The most objects, arrays and commas in a body, counted before it is parsed. A value of a few bytes takes some hundred
 * bytes of memory. A body full of users with one short value each has 430,000, and nobody needs more.
 */
export const MAX_VALUES = 600_000

/** The events of API Gateway: version 1.0 from REST APIs, 2.0 from HTTP APIs. */
export type HttpEvent = APIGatewayProxyEvent | APIGatewayProxyEventV2

/** An HTTP request, the same for REST (1.0) and HTTP (2.0) API events. */
export type TrackRequest = {
  route: Route
  header: (name: string) => string | undefined
  query: (name: string) => string | undefined
  queryKeys: readonly string[]
  /** The body as bytes, still compressed if it came so. */
  rawBody: Buffer
}

/** Reads an API Gateway event of either version. A stage or custom-domain prefix of the path does not matter. */
export function toTrackRequest(event: HttpEvent): TrackRequest {
  const restEvent = 'httpMethod' in event
  const method = restEvent ? event.httpMethod : event.requestContext.http.method
  return {
    route: matchRoute(method, restEvent ? event.path : event.rawPath),
    header: (name) => headerOf(event, name),
    query: (name) => event.queryStringParameters?.[name],
    queryKeys: Object.keys(event.queryStringParameters ?? {}),
    rawBody: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  }
}

/**
 * A header of the request by its lower-case name. REST APIs pass header names as they were sent, and null for no
 * headers.
 */
export function headerOf(event: HttpEvent, name: string): string | undefined {
  for (const [given, value] of Object.entries({ ...event.headers })) if (given.toLowerCase() === name) return value
  return undefined
}

export type DecodedBody =
  | { ok: true; json: object }
  /** `problem` is the text of jsonProblem. */
  | { ok: false; code: 'invalid_json'; problem: string }
  | { ok: false; code: 'payload_too_large' | 'too_many_values' }

/**
 * Decodes a body by its bytes. Gzip is recognised by its magic number: gateways unpack a body and leave
 * `Content-Encoding` on, and SDKs send gzip under any content type.
 */
export function decodeBody(rawBody: Buffer, maxBytes: number): DecodedBody {
  const bytes = unpack(rawBody, maxBytes)
  if (!(bytes instanceof Uint8Array)) return bytes
  if (bytes.length > maxBytes) return { ok: false, code: 'payload_too_large' }
  if (holdsTooManyValues(bytes)) return { ok: false, code: 'too_many_values' }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  const json = parsed(text)
  return json === undefined ? { ok: false, code: 'invalid_json', problem: jsonProblem(text) } : { ok: true, json }
}

function parsed(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

function unpack(rawBody: Buffer, maxBytes: number): Buffer | (DecodedBody & { ok: false }) {
  if (rawBody[0] !== 0x1f || rawBody[1] !== 0x8b) return rawBody
  try {
    return gunzipSync(rawBody, { maxOutputLength: maxBytes })
  } catch (error) {
    const tooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (tooLarge) return { ok: false, code: 'payload_too_large' }
    return { ok: false, code: 'invalid_json', problem: 'begins like gzip and cannot be unpacked' }
  }
}

const [BRACE, BRACKET, COMMA] = Buffer.from('{[,')

// Those inside texts count too: only parsing could tell them apart.
function holdsTooManyValues(bytes: Buffer): boolean {
  let values = 0
  for (const byte of bytes) if (byte === COMMA || byte === BRACE || byte === BRACKET) values += 1
  return values > MAX_VALUES
}
