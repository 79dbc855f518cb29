import { readAdAccount } from '../../graph-api/ad-account.ts'
import type { CallGraph } from '../../graph-api/call.ts'
import type { TokenFacts } from '../../graph-api/debug-token.ts'
import { printable } from '../terminal/terminal.ts'
import { checksOf, fail, ok, skipped, warn } from './check.ts'
import type { Check, Finding } from './check.ts'
import { unansweredByMeta } from './unanswered.ts'

const ACTIVE = 1

/** Source: the enum of `account_status` in Meta's ad account reference. */
const STATUSES: Readonly<Record<number, string>> = {
  2: 'disabled',
  3: 'unsettled',
  7: 'pending a risk review',
  8: 'pending settlement',
  9: 'in its grace period',
  100: 'pending closure',
  101: 'closed',
}

/** With these it goes on for now. */
const PENDING = [7, 8, 9, 100]

/** Checks an ad account, such as `act_1`. */
export async function checkAccount(
  call: CallGraph,
  account: string,
  { grantedAccounts }: Pick<TokenFacts, 'grantedAccounts'>,
): Promise<Check[]> {
  const answer = await readAdAccount(call, account)
  const granted = grantedFinding(account, grantedAccounts)
  if (!answer.ok) return checksOf({ reachable: unansweredByMeta(answer.failure), granted })
  const { name, status, areTermsAccepted } = answer.value
  return checksOf({
    reachable: ok(name === '' ? 'the token sees it' : `"${printable(name)}"`),
    granted,
    active: statusFinding(account, status),
    terms: areTermsAccepted
      ? ok('the custom audience terms are accepted')
      : fail(
          'nobody of the business has accepted the custom audience terms',
          `A person of the business, no system user, must accept them: https://business.facebook.com/ads/manage/customaudiences/tos/?act=${numberOf(account)}`,
        ),
  })
}

function statusFinding(account: string, status: number | undefined): Finding {
  if (status === undefined) return skipped('Meta does not tell it')
  if (status === ACTIVE) return ok('yes')
  const finding = `it is ${STATUSES[status] ?? `in the state ${status}`}`
  const fix = `See https://business.facebook.com/billing_hub/accounts/details?asset_id=${numberOf(account)}`
  return PENDING.includes(status) ? warn(finding, fix) : fail(finding, fix)
}

/** A token may be granted for some ad accounts only. */
function grantedFinding(account: string, granted: readonly string[] | undefined): Finding | undefined {
  if (!granted || granted.includes(numberOf(account))) return undefined
  return warn(
    'the token was granted for other ad accounts',
    'Generate a token for the app again, and choose this ad account too.',
  )
}

function numberOf(account: string): string {
  return account.replace(/^act_/, '')
}
