import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { jsonProblem } from './json-problem.ts'
import { matchRoute } from './route.ts'
import type { Route } from './route.ts'

/**
 * Bytes of a decoded body. More than 4.7 MB never arrive: Lambda takes events of 6 MB, and bodies come in base64. What
 * comes compressed without saying so, and is not unpacked by the gateway, is held to the same.
 */
export const MAX_BODY_BYTES = 4_500_000

/** What is said of a larger one, here and by the gateway. */
export const TOO_LARGE = `the body is too large: at most ${String(MAX_BODY_BYTES / 1_000_000)} MB of JSON; send fewer users in a request`

/** Of a body that must be decoded before anybody knows whether its sender has a key. */
export const MAX_BODY_BYTES_WITHOUT_KEY = 1024 * 1024

/**
 * Objects, arrays and commas in a body, counted before it is parsed: a value costs some hundred bytes of memory and a
 * few of the body. A body full of users with one short value each, the most that anybody means, has 430,000.
 */
export const MAX_VALUES = 600_000

/** What API Gateway hands over: REST APIs in version 1.0, HTTP APIs in 2.0. */
export type HttpEvent = APIGatewayProxyEvent | APIGatewayProxyEventV2

/** An HTTP request as it matters here: the same for REST (1.0) and HTTP (2.0) API events. */
export type TrackRequest = {
  route: Route
  header: (name: string) => string | undefined
  query: (name: string) => string | undefined
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
    rawBody: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  }
}

/** A header of the request by its lower-case name; REST APIs pass names as they were sent, and none as null. */
export function headerOf(event: HttpEvent, name: string): string | undefined {
  for (const [given, value] of Object.entries({ ...event.headers })) if (given.toLowerCase() === name) return value
  return undefined
}

export type DecodedBody =
  | { ok: true; json: object }
  /** `problem` is what jsonProblem says of it. */
  | { ok: false; code: 'invalid_json'; problem: string }
  | { ok: false; code: 'payload_too_large' | 'too_many_values' }

/**
 * Decodes a body by its bytes: gzip is recognised by its magic number, because gateways inflate and leave
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

// Those in texts count too: to tell them apart is to parse, and no text is made of them.
function holdsTooManyValues(bytes: Buffer): boolean {
  let values = 0
  for (const byte of bytes) if (byte === COMMA || byte === BRACE || byte === BRACKET) values += 1
  return values > MAX_VALUES
}
