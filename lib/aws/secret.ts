import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** A secret that is read when first asked for and kept for its lifetime. */
export type Secret = {
  /** The secret's text. However many ask at once, one request is made. Rejects when it was never readable. */
  get: () => Promise<string>
  /** Reads it again, unless that happened within the last ten seconds; for a value that was just refused. */
  refresh: () => Promise<string>
}

type SecretOptions = {
  client: Pick<SecretsManagerClient, 'send'>
  secretId: string
  lifetimeMs: number
  clock: () => number
}

/** Refusals of one value come in bursts, and failures last; they share one fresh read. */
const MIN_AGE_MS = 10_000

/**
 * A cached secret. When it cannot be read again, the value that was read last goes on being used: a Secrets Manager
 * outage stops nothing that ran before it. What failed is tried again after ten seconds, and rejects until then where
 * nothing was ever read.
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
