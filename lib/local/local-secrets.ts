import type { Destinations, Source } from '../config/destinations-schema.ts'
import type { SecretResource } from './template.ts'

/**
 * Name → value of every secret that the functions may ask for: the write keys of all sources, and `accessToken` for
 * every destination, also where the settings name a secret of their own.
 */
export function localSecrets(options: {
  secrets: readonly SecretResource[]
  writeKeysSecretArn: string | undefined
  destinations: Destinations
  writeKey: string
  accessToken: string
}): Map<string, string> {
  const { secrets, writeKeysSecretArn, destinations, writeKey, accessToken } = options
  const named = destinations.destinations.flatMap(({ accessTokenSecret }) => accessTokenSecret ?? [])
  return new Map([
    ...named.map((name) => [name, accessToken] as const),
    ...secrets.map(({ name, arn }) => {
      const value = arn === writeKeysSecretArn ? JSON.stringify(writeKeys(destinations.sources, writeKey)) : accessToken
      return [name, value] as const
    }),
  ])
}

/** The write-keys secret. */
export function writeKeys(sources: readonly Source[], writeKey: string): Record<string, unknown> {
  return Object.fromEntries(
    sources.map((source) => {
      const keys = keysOf(source, sources, writeKey)
      return [
        source.name,
        source.signed ? { writeKey: keys, signingSecret: `local-signing-secret-${source.name}` } : keys,
      ]
    }),
  )
}

/**
 * The keys of a source: source `n` has `local-write-key-n`; `writeKey` belongs to the first source without origins and to
 * the first with, so that it is valid with and without an Origin header, and comes last.
 */
export function keysOf(source: Source, sources: readonly Source[], writeKey: string): string[] {
  const first = [
    sources.find((each) => each.allowedOrigins === undefined),
    sources.find((each) => each.allowedOrigins !== undefined),
  ]
  return [`local-write-key-${source.name}`, ...(first.includes(source) ? [writeKey] : [])]
}
