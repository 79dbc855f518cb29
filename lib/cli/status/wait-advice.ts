import { adviceOf } from '../../retry/reason-advice.ts'
import type { ReasonAdvice } from '../../retry/reason-advice.ts'

const PASSES = 'nothing: it goes on by itself'

/** Reasons to wait that are no answer of Meta's, and never make a dead letter. The codes are in lib/README.md. */
const WAITS: Readonly<Record<string, ReasonAdvice>> = {
  token_not_set: { meaning: 'nobody has put a token in yet', fix: 'npm run -s cli -- token set DESTINATION' },
  token_unreadable: {
    meaning: 'the secret with the token cannot be read',
    fix: 'look at the secret: a token alone, or {"accessToken": …}; npm run -s cli -- token set DESTINATION',
  },
  usage_limit: { meaning: 'Meta’s limit for this ad account is nearly used up', fix: PASSES },
  audience_resting: { meaning: 'a request had no answer, and may still take effect', fix: PASSES },
  audience_busy: { meaning: 'another invocation sends to the audience', fix: PASSES },
  register_unreachable: {
    meaning: 'the register’s table cannot be reached',
    fix: 'see whether the table and its key are there; it goes on by itself then',
  },
  out_of_time: { meaning: 'the invocation had no time left', fix: PASSES },
  out_of_calls: { meaning: 'the invocation had made its most calls', fix: PASSES },
}

/** What a reason to wait means, and what to do about it. */
export function waitAdviceOf(reason: string): ReasonAdvice {
  return (Object.hasOwn(WAITS, reason) ? WAITS[reason] : undefined) ?? adviceOf(reason)
}
