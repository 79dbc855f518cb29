import type { Destinations, Source } from '../config/destinations-schema.ts'
import type { SecretResource } from './template.ts'

/** The list of erased people ends with the local stack, so its key may be known. */
export const LOCAL_ERASURE_KEY = 'local-erasure-key'

/**
 * Every secret that the functions may ask for, by name: the write keys of all sources, the key of erasures, and
 * `accessToken` for every destination, even if the settings name a secret of its own.
 */
export function localSecrets(options: {
  secrets: readonly SecretResource[]
  writeKeysSecretArn: string | undefined
  erasureKeyArn: string | undefined
  destinations: Destinations
  writeKey: string
  accessToken: string
}): Map<string, string> {
  const { secrets, writeKeysSecretArn, erasureKeyArn, destinations, writeKey, accessToken } = options
  const named = destinations.destinations.flatMap(({ accessTokenSecret }) => accessTokenSecret ?? [])
  return new Map([
    ...named.map((name) => [name, accessToken] as const),
    ...secrets.map(({ name, arn }) => {
      if (arn === erasureKeyArn) return [name, LOCAL_ERASURE_KEY] as const
      const value = arn === writeKeysSecretArn ? JSON.stringify(writeKeys(destinations.sources, writeKey)) : accessToken
      return [name, value] as const
    }),
  ])
}

/** The secret by which a signed source of the local stack signs its bodies. */
export function signingSecretOf({ name }: Pick<Source, 'name'>): string {
  return `local-signing-secret-${name}`
}

/** The write-keys secret. */
export function writeKeys(sources: readonly Source[], writeKey: string): Record<string, unknown> {
  return Object.fromEntries(
    sources.map((source) => {
      const keys = keysOf(source, sources, writeKey)
      return [source.name, source.signed ? { writeKey: keys, signingSecret: signingSecretOf(source) } : keys]
    }),
  )
}

/**
 * The keys of a source. Source `n` has `local-write-key-n`. `writeKey` belongs to the first source without origins and
 * to the first with origins, so it is valid with and without an Origin header. It comes last.
 */
export function keysOf(source: Source, sources: readonly Source[], writeKey: string): string[] {
  const first = [
    sources.find((each) => each.allowedOrigins === undefined),
    sources.find((each) => each.allowedOrigins !== undefined),
  ]
  return [`local-write-key-${source.name}`, ...(first.includes(source) ? [writeKey] : [])]
}
