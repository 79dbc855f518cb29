import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { headerOf } from '../../lib/track/request.ts'
import type { HttpEvent } from '../../lib/track/request.ts'

/**
 * Adds CORS headers to every answer, also to errors. Without them a browser sees a lost connection in place of a 401.
 */
export function addCorsHeaders(sources: readonly Source[]): MiddlewareObj<HttpEvent, APIGatewayProxyResult> {
  const add = (event: HttpEvent, response: APIGatewayProxyResult | null | undefined) => {
    if (response) response.headers = { ...response.headers, ...corsHeaders(headerOf(event, 'origin'), sources) }
  }
  return {
    after: ({ event, response }) => add(event, response),
    onError: ({ event, response }) => add(event, response),
  }
}

/**
 * CORS headers for a browser's origin, if any source allows it. Some SDKs add request headers only to retries. These
 * must be listed too, or one 503 loses the event.
 */
function corsHeaders(origin: string | undefined, sources: readonly Source[]): Record<string, string> {
  const allowed = sources.some(
    ({ allowedOrigins = [] }) => allowedOrigins.includes('*') || (origin && allowedOrigins.includes(origin)),
  )
  if (!origin || !allowed) return {}
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': 'POST, OPTIONS',
    'Access-Control-Allow-Headers':
      'authorization, content-type, anonymousid, sentat, rsa-recovered, rsa-retry-attempt, rsa-since-last-attempt, ' +
      'rsa-since-first-attempt, rsa-retry-reason, x-retry-count, x-write-key',
    'Access-Control-Expose-Headers': 'Retry-After',
    'Access-Control-Max-Age': '900',
    Vary: 'Origin',
  }
}
