import type { MiddlewareObj } from '@middy/core'
import type { Log } from '../../lib/log.ts'
import { refusal } from './answer.ts'

/**
 * Answers 503 with Retry-After when the handler threw, because of a defect or because Secrets Manager cannot be
 * reached. SDKs keep what they sent and repeat it. The log has only the error's name, because its text may hold
 * content.
 */
export function answerUnexpectedErrors(log: Log): MiddlewareObj {
  return {
    onError: (request) => {
      log('error', 'unexpected_error', { reason: request.error?.name ?? 'unknown' })
      request.response = refusal('unavailable')
    },
  }
}
