import type { MiddlewareObj } from '@middy/core'
import type { Log } from '../../lib/log.ts'
import { refusal } from './answer.ts'

/**
 * Answers a 503 with Retry-After where the handler threw: Secrets Manager out of reach, or a defect. SDKs keep and
 * repeat what they sent. The error is logged by name, because its text may hold content.
 */
export function answerUnexpectedErrors(log: Log): MiddlewareObj {
  return {
    onError: (request) => {
      log('error', 'unexpected_error', { reason: request.error?.name ?? 'unknown' })
      request.response = refusal('unavailable')
    },
  }
}
