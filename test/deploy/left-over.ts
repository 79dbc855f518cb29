import type { Environment } from './command.ts'
import { aws } from './stack.ts'

/** What `destroy` keeps, as cdk/README.md says: dead letters, register, secrets, key, and the role for logs. */
export const KEPT = { functions: 0, apis: 0, logGroups: 0, queues: 2, tables: 1, secrets: 4, enabledKeys: 1, roles: 1 }

/** Rejects when there is more or less of something in the account than this. */
export async function leaves(env: Environment, expected: typeof KEPT): Promise<void> {
  const count = async (command: string, query: string) => await aws<number>(env, `${command} --query length(${query})`)
  const keyState = aws<string>(env, `kms describe-key --key-id ${env.KeyArn ?? ''} --query KeyMetadata.KeyState`)
  const counts = {
    functions: count('lambda list-functions', 'Functions'),
    apis: count('apigateway get-rest-apis', 'items'),
    logGroups: count('logs describe-log-groups', 'logGroups'),
    queues: count('sqs list-queues', 'QueueUrls||`[]`'),
    tables: count('dynamodb list-tables', 'TableNames'),
    secrets: count('secretsmanager list-secrets', 'SecretList'),
    enabledKeys: keyState.then((state) => Number(state === 'Enabled')),
    roles: count('iam list-roles', "Roles[?starts_with(RoleName,'FacebookAudienceSync')]"),
  }
  const names = Object.keys(counts)
  const numbers = await Promise.all(Object.values(counts))
  const there = Object.fromEntries(names.map((name, index) => [name, numbers[index]]))
  if (JSON.stringify(there) !== JSON.stringify(expected))
    throw new Error(`There should be ${JSON.stringify(expected)}, and there is ${JSON.stringify(there)}`)
}
