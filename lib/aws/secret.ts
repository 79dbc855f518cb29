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
 * outage stops nothing that ran before it. What failed is tried again after ten seconds.
 */
export function createSecret({ client, secretId, lifetimeMs, clock }: SecretOptions): Secret {
  let known: { text: string; readAt: number; triedAt: number } | undefined
  let reading: Promise<string> | undefined

  const read = async (): Promise<string> => {
    try {
      const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
      known = { text: SecretString, readAt: clock(), triedAt: clock() }
    } catch (error) {
      if (!known) throw error
      known = { ...known, triedAt: clock() }
    } finally {
      reading = undefined
    }
    return known.text
  }
  const getYoungerThan = async (ms: number): Promise<string> => {
    if (known && (clock() - known.readAt < ms || clock() - known.triedAt < MIN_AGE_MS)) return known.text
    reading ??= read()
    return reading
  }
  return { get: () => getYoungerThan(lifetimeMs), refresh: () => getYoungerThan(MIN_AGE_MS) }
}
