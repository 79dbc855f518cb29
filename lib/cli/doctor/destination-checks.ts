import { allAudiences } from '../../config/audience-mapping.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import { createGraphCall } from '../../graph-api/call.ts'
import type { CallGraph, Called } from '../../graph-api/call.ts'
import { readCustomAudience } from '../../graph-api/custom-audience.ts'
import type { CustomAudience } from '../../graph-api/custom-audience.ts'
import type { TokenFacts } from '../../graph-api/debug-token.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { checkAccount } from './account-checks.ts'
import { checkAudience } from './audience-checks.ts'
import { skipped } from './check.ts'
import type { Check, CheckGroup } from './check.ts'
import { checkToken } from './token-checks.ts'
import { unansweredByMeta } from './unanswered.ts'

/** So many audiences are asked about at once. */
const AT_ONCE = 5

/** Checks a destination: its token, its ad accounts, and its audiences. */
export async function checkDestination(
  destination: Destination,
  stack: Stack,
  surroundings: Pick<Surroundings, 'fetch' | 'sleep'>,
): Promise<CheckGroup[]> {
  const { name, apiVersion } = destination
  const { fetch, sleep } = surroundings
  const set = stack.typed(`token set ${name}`)
  const { checks, usable } = await checkToken(destination, stack, set, surroundings)
  const own = { destination: name, subject: 'token' }
  if (!usable) {
    const others: Check = { check: 'audiences', ...skipped('Meta tells nothing without a valid token') }
    return [{ ...own, checks: [...checks, others] }]
  }
  const { graphApiUrl: baseUrl, clock } = stack
  const call = createGraphCall({ baseUrl, apiVersion, token: usable.token, fetch, clock, sleep })
  const found = await eachOf([...new Set(allAudiences(destination))], async (id) => ({
    id,
    answer: await readCustomAudience(call, id),
  }))
  const accounts = await accountGroups(call, destination, found, usable.facts)
  const audiences = await eachOf(found, async ({ id, answer }) => ({
    destination: name,
    subject: `audience ${id}`,
    checks: answer.ok
      ? await checkAudience(call, answer.value, destination, stack)
      : [{ check: 'exists', ...unansweredByMeta(answer.failure) }],
  }))
  return [{ ...own, checks }, ...accounts, ...audiences]
}

async function accountGroups(
  call: CallGraph,
  { name, adAccountId }: Destination,
  found: readonly { answer: Called<CustomAudience> }[],
  facts: TokenFacts,
): Promise<CheckGroup[]> {
  const ofAudiences = found.flatMap(({ answer }) =>
    answer.ok && answer.value.accountId !== undefined ? [`act_${answer.value.accountId}`] : [],
  )
  const accounts = [...new Set([...(adAccountId === undefined ? [] : [adAccountId]), ...ofAudiences])]
  if (accounts.length === 0) {
    const unknown = skipped(
      'no audience tells which it is',
      'Set "adAccountId" of the destination to check it all the same.',
    )
    return [{ destination: name, subject: 'ad account', checks: [{ check: 'reachable', ...unknown }] }]
  }
  return eachOf(accounts, async (account) => ({
    destination: name,
    subject: `ad account ${account}`,
    checks: await checkAccount(call, account, facts),
  }))
}

/** Does work for each, a few at once, and gives the results in order. */
async function eachOf<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < all.length; from += AT_ONCE)
    results.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))))
  return results
}
