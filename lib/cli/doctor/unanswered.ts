import { failureReason, judge } from '../../graph-api/error.ts'
import type { GraphFailure } from '../../graph-api/error.ts'
import { awsReason } from '../stack/aws-reason.ts'
import { printable } from '../terminal/terminal.ts'
import { fail, skipped } from './check.ts'
import type { Finding } from './check.ts'

/** The token lacks a scope, of which the check of scopes tells already. */
const SCOPE_MISSING = new Set([10, 294])

/** What a question is worth that Meta did not answer. */
export function unansweredByMeta(failure: GraphFailure): Finding {
  const { verdict, advice } = judge(failure)
  const reason = failureReason(failure)
  if (verdict === 'wait') return skipped(`Meta limits the calls just now (${reason})`, 'Repeat this in some minutes.')
  if (failure.kind === 'graph' && SCOPE_MISSING.has(failure.code))
    return skipped(`the token may not read it (${reason})`, advice)
  if (verdict === 'pause') return fail(`Meta refuses it (${reason})`, advice)
  if (verdict === 'reject') return skipped(`Meta does not tell it (${reason})`)
  return fail(
    `Meta could not be asked (${reason})`,
    'Repeat this. If it stays so, see metastatus.com, and your network.',
  )
}

const DENIED = /AccessDenied|NotAuthorized|Unauthorized|AuthorizationError/

/** What a question is worth that AWS did not answer; `action` is the permission for it. Throws what is no error of AWS. */
export function unansweredByAws(error: unknown, action: string, fix: string): Finding {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error) || !('$metadata' in cause)) throw error
  if (DENIED.test(cause.name)) return skipped(`your AWS role may not ask (${cause.name})`, `Allow it ${action}.`)
  return fail(printable(awsReason(cause).split('\n')[0] ?? ''), fix)
}
