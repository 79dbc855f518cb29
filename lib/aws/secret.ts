import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** A secret that is read when it is first asked for, and kept for its lifetime. */
export type Secret = {
  /** The secret's text. However many ask at once, one request is made. Rejects if it was never readable. */
  get: () => Promise<string>
  /** Reads the secret again because its value was refused, but at most once in ten seconds. */
  refresh: () => Promise<string>
}

type SecretOptions = {
  client: Pick<SecretsManagerClient, 'send'>
  secretId: string
  lifetimeMs: number
  clock: () => number
}

/** How long functions keep a secret in memory before they read it again. */
export const SECRET_LIFETIME_SECONDS = 300

/** One value is refused many times in a row, and failures last. They share one fresh read. */
const MIN_AGE_MS = 10_000

/**
 * A cached secret. If it cannot be read again, the last value stays in use, so that an outage of Secrets Manager stops
 * nothing that ran before. A failed read is tried again after ten seconds. It rejects until then if nothing was ever
 * read.
 */
export function createSecret({ client, secretId, lifetimeMs, clock }: SecretOptions): Secret {
  let known: { text: string; readAt: number } | undefined
  let failed: { at: number; error: unknown } | undefined
  let reading: Promise<void> | undefined

  const read = async (): Promise<void> => {
    try {
      const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
      known = { text: SecretString, readAt: clock() }
      failed = undefined
    } catch (error) {
      failed = { at: clock(), error }
    }
    reading = undefined
  }
  const getYoungerThan = async (ms: number): Promise<string> => {
    const isYoung = known && clock() - known.readAt < ms
    if (!isYoung && !(failed && clock() - failed.at < MIN_AGE_MS)) await (reading ??= read())
    if (!known) throw failed?.error
    return known.text
  }
  return { get: () => getYoungerThan(lifetimeMs), refresh: () => getYoungerThan(MIN_AGE_MS) }
}
