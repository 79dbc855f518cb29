import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { awsReason } from '../stack/aws-reason.ts'
import type { Stack } from '../stack/stack.ts'
import { OutOfReach } from '../wrong-use.ts'

/** A secret of a stack. Every function throws OutOfReach when Secrets Manager refuses or cannot be reached. */
export type OperatorsSecret = {
  read: () => Promise<string>
  put: (text: string) => Promise<void>
  /**
   * Replaces the text by what `change` makes of it. When somebody else has changed it meanwhile, `change` is asked again
   * about theirs, so that nothing of it is lost.
   */
  change: (change: (text: string) => string) => Promise<void>
}

/** The stage of a version that is not current yet. */
const PENDING = 'facebook-audience-sync-pending'

/** So many changes of others within seconds are no people. */
const ATTEMPTS = 5

/** Does something with a secret, by its name or ARN. */
export async function withSecret<T>(
  { aws }: Pick<Stack, 'aws'>,
  secretId: string,
  work: (secret: OperatorsSecret) => Promise<T>,
): Promise<T> {
  const client = new SecretsManagerClient(aws)
  try {
    return await work(secretOf(client, secretId))
  } finally {
    client.destroy()
  }
}

function secretOf(client: SecretsManagerClient, SecretId: string): OperatorsSecret {
  const said = async <T>(what: string, call: Promise<T>): Promise<T> => {
    try {
      return await call
    } catch (error) {
      throw new OutOfReach(`Secret ${SecretId} cannot be ${what}: ${awsReason(error)}`, { cause: error })
    }
  }
  const readVersion = async () => {
    const { SecretString = '', VersionId = '' } = await said(
      'read',
      client.send(new GetSecretValueCommand({ SecretId })),
    )
    return { text: SecretString, version: VersionId }
  }
  /** PutSecretValue replaces whatever is there. Moving the stage from the version that was read does not. */
  const makeCurrent = async (from: string, to: string): Promise<boolean> => {
    const stage = { SecretId, VersionStage: 'AWSCURRENT', RemoveFromVersionId: from, MoveToVersionId: to }
    try {
      await client.send(new UpdateSecretVersionStageCommand(stage))
      return true
    } catch (error) {
      const { version } = await readVersion()
      // The SDK repeats calls whose answer was lost.
      if (version === to) return true
      if (version !== from) return false
      throw new OutOfReach(`Secret ${SecretId} cannot be changed: ${awsReason(error)}`)
    }
  }
  return {
    read: async () => (await readVersion()).text,
    async put(SecretString) {
      await said('written', client.send(new PutSecretValueCommand({ SecretId, SecretString })))
    },
    async change(change) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const { text, version } = await readVersion()
        const SecretString = change(text)
        if (SecretString === text) return
        const { VersionId = '' } = await said(
          'written',
          client.send(new PutSecretValueCommand({ SecretId, SecretString, VersionStages: [PENDING] })),
        )
        if (await makeCurrent(version, VersionId)) return
      }
      throw new OutOfReach(`Secret ${SecretId} is being changed by others all the time. Repeat the command.`)
    },
  }
}
