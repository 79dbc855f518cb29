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

/**
 * The write-keys secret: source `n` has the key `local-write-key-n`; `writeKey` belongs to the first source without
 * origins and to the first with, so that it is valid with and without an Origin header.
 */
export function writeKeys(sources: readonly Source[], writeKey: string): Record<string, unknown> {
  const first = [
    sources.find((source) => source.allowedOrigins === undefined),
    sources.find((source) => source.allowedOrigins !== undefined),
  ]
  return Object.fromEntries(
    sources.map((source) => {
      const keys = [`local-write-key-${source.name}`, ...(first.includes(source) ? [writeKey] : [])]
      return [
        source.name,
        source.signed ? { writeKey: keys, signingSecret: `local-signing-secret-${source.name}` } : keys,
      ]
    }),
  )
}
