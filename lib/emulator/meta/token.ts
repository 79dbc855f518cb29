import { FAULTS } from './faults.ts'
import { GraphError, invalidParameter } from './graph-error.ts'
import { isRecord } from './json.ts'
import { choice, initialValues, orNull, texts, wholeNumber } from './setting.ts'
import type { Setting, Values } from './setting.ts'

type GranularScope = { scope: string; target_ids?: string[] }

const granularScopes: Setting<readonly GranularScope[]> = {
  initial: [],
  takes: 'a list of {"scope","target_ids"}',
  accepts: (value): value is readonly GranularScope[] =>
    Array.isArray(value) && value.every((each) => isRecord(each) && typeof each.scope === 'string'),
}

/** What can be set of the valid tokens, its initial value, and what it takes. The README says what each one means. */
export const TOKEN = {
  type: choice('SYSTEM_USER', 'USER', 'PAGE', 'APP'),
  expiresAt: wholeNumber(0),
  dataAccessExpiresAt: wholeNumber(0),
  scopes: texts('ads_management', 'ads_read'),
  granularScopes: orNull(granularScopes),
} as const

export type Token = Values<typeof TOKEN>

export const INITIAL_TOKEN = initialValues(TOKEN)

/** Refuses a token that has ended: 190/463. */
export function requireLiving({ expiresAt }: Token, now: number): void {
  if (expiresAt > 0 && now >= expiresAt * 1000) throw new GraphError(FAULTS['token-expired'].error)
}

/** Refuses a change without `ads_management` (294), and any call without that and `ads_read` (10; inferred). */
export function requireScope({ scopes }: Token, method: string): void {
  if (scopes.includes('ads_management')) return
  if (method !== 'GET')
    throw new GraphError({
      status: 400,
      code: 294,
      message: '(#294) Managing advertisements requires an access token with the extended permission ads_management',
    })
  if (!scopes.includes('ads_read')) throw new GraphError(FAULTS['permission-denied'].error)
}

/** The answer of `GET /debug_token`. Source: Meta's debug_token reference; the ids are made up. */
export function tokenFacts(inputToken: unknown, valid: ReadonlySet<string>, token: Token, issuedAt: number) {
  if (typeof inputToken !== 'string') throw invalidParameter('The parameter input_token is required')
  if (!valid.has(inputToken))
    return {
      data: { error: { code: 190, message: 'Invalid OAuth access token.' }, is_valid: false, scopes: [] },
    }

  const { type, expiresAt, dataAccessExpiresAt, scopes, granularScopes } = token
  return {
    data: {
      app_id: '634974688087057',
      type,
      application: 'Graph API emulator',
      data_access_expires_at: dataAccessExpiresAt,
      expires_at: expiresAt,
      is_valid: true,
      issued_at: Math.floor(issuedAt / 1000),
      scopes,
      granular_scopes: granularScopes ?? scopes.map((scope) => ({ scope })),
      user_id: '104169029247128',
    },
  }
}
