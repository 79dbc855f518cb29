import { allAudiences } from '../../config/audience-mapping.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import { createGraphCall } from '../../graph-api/call.ts'
import type { CallGraph } from '../../graph-api/call.ts'
import { readCustomAudience } from '../../graph-api/custom-audience.ts'
import { failureReason, judge } from '../../graph-api/error.ts'
import type { GraphFailure } from '../../graph-api/error.ts'
import { storedToken } from '../secrets/stored-token.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { OutOfReach } from '../wrong-use.ts'

/** Meta, with the token and the version of a destination; or why there is no token. Throws OutOfReach. */
export async function callAs(
  destination: Destination,
  stack: Stack,
  { fetch, sleep }: Pick<Surroundings, 'fetch' | 'sleep'>,
): Promise<{ ok: true; call: CallGraph } | { ok: false; message: string }> {
  const { name, apiVersion } = destination
  const reading = await storedToken(destination, stack)
  if (!reading.ok) {
    const message = reading.reason === 'token_not_set' ? 'has no token yet' : 'has a secret that is no token'
    return { ok: false, message: `${name} ${message}. Store one: ${stack.typed(`token set ${name}`)}` }
  }
  const { graphApiUrl: baseUrl, clock } = stack
  return { ok: true, call: createGraphCall({ baseUrl, apiVersion, token: reading.token, fetch, clock, sleep }) }
}

/** What Meta's refusal means, and what to do. Throws OutOfReach when it gave no answer. */
export function refusal(what: string, failure: GraphFailure): string {
  const { verdict, advice } = judge(failure)
  const known = `${what} (${failureReason(failure)})`
  // The advice on what passes is for deliveries, which are repeated by themselves.
  if (verdict === 'retry')
    throw new OutOfReach(`${known}. Repeat the command. If it stays so, see metastatus.com, and your network.`)
  return `${known}: ${advice}`
}

/** The ad accounts of a destination, such as `act_1`: the one that its settings name, or those of its audiences. */
export async function accountsOf(
  call: CallGraph,
  destination: Destination,
): Promise<{ ok: true; accounts: readonly string[] } | { ok: false; failure: GraphFailure }> {
  if (destination.adAccountId !== undefined) return { ok: true, accounts: [destination.adAccountId] }
  const accounts = new Set<string>()
  let failure: GraphFailure | undefined
  for (const id of new Set(allAudiences(destination))) {
    const answer = await readCustomAudience(call, id)
    if (!answer.ok) failure = answer.failure
    else if (answer.value.accountId !== undefined) accounts.add(`act_${answer.value.accountId}`)
  }
  return accounts.size === 0 && failure ? { ok: false, failure } : { ok: true, accounts: [...accounts] }
}
