import { adviceOf } from '../../retry/reason-advice.ts'
import { PROGRAM } from '../stack/options.ts'
import type { Stack } from '../stack/stack.ts'
import { capital } from '../terminal/capital.ts'

/** What a reason to wait means, and what to do about it. `passes`: nobody has to do anything. */
export type WaitAdvice = { meaning: string; fix: string; passes: boolean }

const PASSES = 'nothing to do: it goes on by itself'
const SET_TOKEN = `${PROGRAM} token set DESTINATION`
const passing = (meaning: string): WaitAdvice => ({ meaning, fix: PASSES, passes: true })

/** Reasons to wait that are no answer of Meta's, and never make a dead letter. The codes are in lib/README.md. */
const WAITS: Readonly<Record<string, WaitAdvice>> = {
  token_not_set: {
    meaning: 'nobody has put a token in yet',
    fix: SET_TOKEN,
    passes: false,
  },
  token_unreadable: {
    meaning: 'the secret with the token cannot be read',
    fix: `look at the secret: a token alone, or {"accessToken": …}; ${SET_TOKEN}`,
    passes: false,
  },
  usage_limit: passing('Meta’s limit for this ad account is nearly used up'),
  audience_resting: passing('a request had no answer, and may still take effect'),
  audience_busy: passing('another invocation sends to the audience'),
  register_unreachable: {
    meaning: 'the register’s table cannot be reached',
    fix: 'see whether the table and its key are there; it goes on by itself then',
    passes: false,
  },
  timeout: passing('Meta did not answer'),
  network: passing('Meta could not be reached'),
  out_of_time: passing('the invocation had no time left'),
  out_of_calls: passing('the invocation had made its most calls'),
}

/** What a reason to wait means, and what to do about it. */
export function waitAdviceOf(reason: string): WaitAdvice {
  const known = Object.hasOwn(WAITS, reason) ? WAITS[reason] : undefined
  if (known) return known
  // What is said of dead letters is said after 72 hours.
  if (/^http_\d+$/.test(reason)) return passing('Meta answered with an error page')
  const { meaning, fix, isOutage = false } = adviceOf(reason)
  return { meaning, fix: isOutage ? PASSES : fix, passes: isOutage }
}

/** Whether a valid token in place of the one of that moment is all it takes. Others may also want an app secret or a permission. */
export function endsWithToken(reason: string): boolean {
  return reason === 'token_not_set' || reason === 'token_unreadable' || /^graph_190(_|$)/.test(reason)
}

/** The same in a sentence, for people. Meta's own advice is one already. */
export function waitAdviceText(reason: string, destination: string, typed: Stack['typed']): string {
  const { meaning, fix, passes } = waitAdviceOf(reason)
  if (passes && meaning.endsWith('.')) return meaning
  if (/^[A-Z]/.test(fix)) return adviceOf(reason).needsToken ? `${fix} ${typed(`token set ${destination}`)}` : fix
  return `${capital(meaning)}: ${fix.replace(SET_TOKEN, () => typed(`token set ${destination}`))}`
}
