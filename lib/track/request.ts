import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { matchRoute } from './route.ts'
import type { Route } from './route.ts'

/** Twenty merged events of 1,100 users in each list are 12.4 MB, the largest body a tracking SDK was seen to send. */
export const MAX_DECODED_BYTES = 16 * 1024 * 1024

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

type DecodedBody = { ok: true; json: object } | { ok: false; code: 'invalid_json' | 'payload_too_large' }

/**
 * Decodes a body by its bytes: gzip is recognised by its magic number, because gateways inflate and leave
 * `Content-Encoding` on, and SDKs send gzip under any content type.
 */
export function decodeBody(rawBody: Buffer): DecodedBody {
  let bytes = rawBody
  if (rawBody[0] === 0x1f && rawBody[1] === 0x8b) {
    try {
      bytes = gunzipSync(rawBody, { maxOutputLength: MAX_DECODED_BYTES })
    } catch (error) {
      const tooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
      return { ok: false, code: tooLarge ? 'payload_too_large' : 'invalid_json' }
    }
  }
  if (bytes.length > MAX_DECODED_BYTES) return { ok: false, code: 'payload_too_large' }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? { ok: true, json } : { ok: false, code: 'invalid_json' }
  } catch {
    return { ok: false, code: 'invalid_json' }
  }
}
