import * as v from 'valibot'
import type { AccessToken } from './access-token.ts'
import { failureReason, judge, parseGraphError, transportReason } from './error.ts'
import { proofOf } from './proof.ts'
import type { Verdict } from './verdicts.ts'

/** What Meta says about a token that may be asked about. What it does not tell is not there. */
export type TokenFacts = {
  isValid: boolean
  /** How long it lives, 0 when it is not valid. */
  daysLeft: number
  scopes?: readonly string[]
  /** SYSTEM_USER, USER, PAGE or APP. */
  type?: string
  /** Until when the app may see the data of the token's user, which ends apart from the token. */
  dataAccessDaysLeft?: number
  /** The ad accounts that it may manage, by their numbers; all of its user's when absent. */
  grantedAccounts?: readonly string[]
}

/**
 * The facts, or why they could not be learnt. `advice` is there when Meta refuses to tell them to this token, until a person
 * acts.
 */
export type TokenCheck =
  ({ ok: true } & TokenFacts) | { ok: false; reason: string; verdict?: Verdict['verdict']; advice?: string }

export type CheckToken = (apiVersion: string, token: AccessToken) => Promise<TokenCheck>

/** Stands for "never ends", as most system users' tokens do: a number far above any threshold. */
export const NEVER_ENDS_DAYS = 3650

/** Days before a token ends, enough to reach somebody who may make another. */
export const TOKEN_DAYS_LIMIT = 7

/** The scope that a token needs to change audiences. */
export const MANAGING = 'ads_management'

const TIMEOUT_MS = 10_000
const DAY_SECONDS = 86_400

const body = v.object({
  data: v.object({
    is_valid: v.boolean(),
    expires_at: v.optional(v.number(), 0),
    scopes: v.exactOptional(v.array(v.string())),
    type: v.fallback(v.optional(v.string()), undefined),
    data_access_expires_at: v.fallback(v.optional(v.number()), undefined),
    granular_scopes: v.fallback(
      v.array(v.object({ scope: v.string(), target_ids: v.optional(v.array(v.string()), []) })),
      [],
    ),
  }),
})

/**
 * Asks Meta how long a token lives. `debug_token` wants the token as the parameter `input_token`. It travels in a form
 * with `method=get`, Graph's way to read with a body, because a proxy might log URLs.
 * Source: Meta's debug_token reference.
 */
export function createTokenCheck(options: { baseUrl: string; fetch: typeof fetch; clock: () => number }): CheckToken {
  const { baseUrl, fetch, clock } = options
  return async (apiVersion, token) => {
    const proof = Object.entries(proofOf(token, clock)).map(([name, value]) => [name, String(value)] as const)
    try {
      const response = await fetch(`${baseUrl}/${apiVersion}/debug_token`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token.accessToken}` },
        body: new URLSearchParams({ method: 'get', input_token: token.accessToken, ...Object.fromEntries(proof) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return read(response.status, await response.json(), clock())
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? transportReason(error) : 'unknown' }
    }
  }
}

function read(status: number, json: unknown, now: number): TokenCheck {
  const failure = parseGraphError(status, json)
  // The token authenticates the request about itself. So when it is no longer valid, Meta refuses the request.
  if (failure?.kind === 'graph' && failure.code === 190) return { ok: true, isValid: false, daysLeft: 0 }
  if (failure) {
    const { verdict, advice } = judge(failure)
    const isRefused = verdict === 'pause' || verdict === 'reject'
    return { ok: false, reason: failureReason(failure), verdict, ...(isRefused && { advice }) }
  }
  const parsed = v.safeParse(body, json)
  if (!parsed.success) return { ok: false, reason: `http_${status}` }
  const { is_valid, expires_at, scopes, type, data_access_expires_at, granular_scopes } = parsed.output.data
  if (!is_valid) return { ok: true, isValid: false, daysLeft: 0 }
  const grantedAccounts = granular_scopes.flatMap(({ scope, target_ids }) => (scope === MANAGING ? target_ids : []))
  return {
    ok: true,
    isValid: true,
    daysLeft: daysUntil(expires_at, now),
    ...(scopes && { scopes }),
    ...(type !== undefined && { type }),
    ...(data_access_expires_at !== undefined && { dataAccessDaysLeft: daysUntil(data_access_expires_at, now) }),
    ...(grantedAccounts.length > 0 && { grantedAccounts }),
  }
}

/** From `now` in ms until a time in seconds, of which 0 means never. */
function daysUntil(seconds: number, now: number): number {
  return seconds === 0 ? NEVER_ENDS_DAYS : Math.max(0, Math.floor((seconds - now / 1000) / DAY_SECONDS))
}
