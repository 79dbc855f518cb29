import { createHash } from 'node:crypto'
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StackDescription } from '../../lib/local/description.ts'
import type { LocalStack } from '../../lib/local/stack.ts'
import { aDestination, settingsOf } from '../support/settings.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'
import { theStack } from '../cdk/the-stack.ts'

const destination = aDestination({ defaultCountry: 'DE' })

let stack: LocalStack
let described: StackDescription

beforeAll(async () => {
  stack = await startTemporaryStack({ sources: [{ name: 'server' }], destinations: [destination] }, { timeScale: 0.5 })
  described = (await (await fetch(`${stack.url}/_local/stack`)).json()) as StackDescription
}, 120_000)
afterAll(() => stack.close())

const client = () => ({
  region: described.region,
  endpoint: described.awsUrl,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
})

test('every output of the deployed stack is there, but for logs, key and dashboard', () => {
  // CDK adds the address of the API a second time.
  const isOurs = (name: string) => !name.startsWith('TrackApiEndpoint')
  const deployed = Object.keys((theStack.template as { Outputs: object }).Outputs).filter(isOurs)
  const notHere = deployed.filter((name) => !(name in described.outputs))
  expect(notHere.sort()).toEqual(['AccessLogs', 'ConsumerLogs', 'DashboardUrl', 'HealthLogs', 'IngestLogs', 'KeyArn'])
  expect(Object.keys(described.outputs).filter((name) => !deployed.includes(name))).toEqual([])
})

test('the addresses are those of this machine', async () => {
  const { outputs, awsUrl, graphUrl, timeScale, now } = described
  expect(outputs.TrackUrl).toBe(`${stack.url}/`)
  expect([graphUrl, outputs.GraphApiUrl]).toEqual([stack.graphUrl, stack.graphUrl])
  expect(awsUrl).toBe(stack.awsUrl)
  expect(timeScale).toBe(0.5)
  expect(Math.abs(stack.now() - now)).toBeLessThan(10 * 60_000)
  const queues = Object.entries(outputs).filter(([name]) => /(?:Queue|Letters)Url$/.test(name))
  expect(queues).toHaveLength(6)
  for (const [, QueueUrl] of queues)
    await new SQSClient(client()).send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
})

test('its table, its secrets and the token of a destination are found with the usual clients', async () => {
  const { RegisterTable, WriteKeysSecret, ErasureKeySecret, AccessTokenPrefix = '' } = described.outputs
  await new DynamoDBClient(client()).send(new DescribeTableCommand({ TableName: RegisterTable }))
  const secret = async (SecretId: string | undefined) =>
    (await new SecretsManagerClient(client()).send(new GetSecretValueCommand({ SecretId }))).SecretString
  expect(JSON.parse((await secret(WriteKeysSecret)) ?? '')).toHaveProperty('server')
  expect(await secret(ErasureKeySecret)).toBeTruthy()
  expect(await secret(`${AccessTokenPrefix}main`)).toBe('local-access-token')
})

test('the settings are those of the file, and their hash tells another file', () => {
  const { settings, outputs } = described
  expect(settings).toEqual(settingsOf({ destinations: [destination] }))
  const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex')
  expect(outputs.SettingsHash).toBe(hash(settings))
  expect(outputs.SettingsHash).not.toBe(hash(settingsOf()))
})
