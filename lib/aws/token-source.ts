import * as v from 'valibot'
import type { Destination } from '../config/destinations-schema.ts'
import type { TokenReading, TokenSource } from '../graph-api/access-token.ts'
import type { Secret } from './secret.ts'

/**
 * The content of a new secret until somebody puts a token in it. Until then the destination is paused and Meta is not
 * called.
 */
export const PAUSED_TOKEN = 'not-set'

/** The id of the secret with a destination's token: the one that it names, or the prefix with its own name. */
export function accessTokenSecretId(
  { name, accessTokenSecret }: Pick<Destination, 'name' | 'accessTokenSecret'>,
  prefix: string,
): string {
  return accessTokenSecret ?? prefix + name
}

const secretObject = v.object({ accessToken: v.string(), appSecret: v.optional(v.string()) })

/** The token in a secret. The secret is the token itself, or `{"accessToken": …, "appSecret": …}`. */
export function createTokenSource(secret: Secret): TokenSource {
  const read = async (text: () => Promise<string>): Promise<TokenReading> => {
    try {
      return parseToken(await text())
    } catch {
      return { ok: false, reason: 'token_unreadable' }
    }
  }
  return { get: () => read(secret.get), refresh: () => read(secret.refresh) }
}

function parseToken(text: string): TokenReading {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return asToken(trimmed, undefined)
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), secretObject), trimmed)
  if (!parsed.success) return { ok: false, reason: 'token_unreadable' }
  const { accessToken, appSecret } = parsed.output
  return asToken(accessToken, appSecret)
}

// A header may hold only these characters, and Meta's tokens are letters and digits. Anything else is a
// mistake in copying.
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

function asToken(accessToken: string, appSecret: string | undefined): TokenReading {
  if (accessToken === '' || accessToken === PAUSED_TOKEN) return { ok: false, reason: 'token_not_set' }
  if (!VISIBLE_ASCII.test(accessToken)) return { ok: false, reason: 'token_unreadable' }
  return { ok: true, token: { accessToken, appSecret } }
}
