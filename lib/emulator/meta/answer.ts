import { createHash, randomBytes } from 'node:crypto'
import { authenticateHeader, errorBody } from './graph-error.ts'
import type { GraphErrorFields } from './graph-error.ts'

/** An HTTP answer, ready to be sent. */
export type Answer = { status: number; headers: Record<string, string>; body: string }

/** What an answer says about the request it belongs to. */
export type AnswerContext = { method: string; version: string; headers: Record<string, string> }

/** A value in Meta's headers. Which headers there are, and that Content-Type has no charset, is recorded. */
export function successAnswer(value: unknown, context: AnswerContext): Answer {
  const body = JSON.stringify(value)
  return {
    status: 200,
    headers: {
      ...commonHeaders(context, newTraceId()),
      'cache-control': 'private, no-cache, no-store, must-revalidate',
      ...(context.method === 'GET' ? { etag: `"${createHash('sha1').update(body).digest('hex')}"` } : {}),
    },
    body,
  }
}

/** An error in Meta's headers; `fbtrace_id` is the `x-fb-request-id`, as in every recorded error. */
export function errorAnswer(fields: GraphErrorFields, context: AnswerContext): Answer {
  const traceId = newTraceId()
  return {
    status: fields.status,
    headers: {
      ...commonHeaders(context, traceId),
      'cache-control': 'no-store',
      'www-authenticate': authenticateHeader(fields),
    },
    body: JSON.stringify(errorBody(fields, traceId)),
  }
}

function commonHeaders({ version, headers }: AnswerContext, traceId: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'facebook-api-version': version,
    'x-fb-request-id': traceId,
    'x-fb-trace-id': randomBytes(8).toString('base64url'),
    'x-fb-rev': '1000000000',
    'x-fb-debug': randomBytes(64).toString('base64'),
    vary: 'Accept-Encoding',
    pragma: 'no-cache',
    expires: 'Sat, 01 Jan 2000 00:00:00 GMT',
    'strict-transport-security': 'max-age=15552000; preload',
    'access-control-allow-origin': '*',
    ...headers,
  }
}

// Identifiers only have to differ, nothing is decided by them, so they need no injected source of randomness.
function newTraceId(): string {
  return `A${randomBytes(16).toString('base64url')}`
}
