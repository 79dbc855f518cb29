import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { createEventSourceMapping } from '../../lib/emulator/lambda/event-source-mapping.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import { createLambdaFunction } from '../../lib/emulator/lambda/function.ts'
import { adaptFunctions, adaptMappings, findSecret } from '../../lib/local/local-resources.ts'
import { localSecrets } from '../../lib/local/local-secrets.ts'
import { sqsQueue } from '../../lib/emulator/lambda/sqs-queue.ts'
import { startStackClock } from '../../lib/emulator/lambda/stack-clock.ts'
import { readTemplate } from '../../lib/local/template.ts'
import type { StackResources } from '../../lib/local/template.ts'
import type { Template } from '../../lib/local/template-value.ts'
import { restEvent } from '../support/http-event.ts'
import { SEED_EXAMPLE } from '../support/seed-example.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'
import { ACCESS_TOKEN, WRITE_KEY, add, failAt, hasMembers, until } from './people.ts'

/**
 * Sends events through the bundles of a cloud assembly while moto stands for SQS, Secrets Manager and DynamoDB: users
 * become members, with and without a session, and wait when Meta fails. Rejects at the first thing that is not so.
 */
export async function askMoto(assembly: string, motoUrl: string): Promise<void> {
  const read = (name: string) => JSON.parse(readFileSync(join(assembly, name), 'utf8')) as Template
  const queueUrl = (name: string) => `${motoUrl}/000000000000/${name}`
  const resources = readTemplate(read('FacebookAudienceSync.template.json'), { directory: assembly, queueUrl })
  const client = {
    region: 'us-east-1',
    endpoint: motoUrl,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const sqs = new SQSClient(client)
  await makeQueuesAndTables(resources, sqs, new DynamoDBClient(client))
  const secretArns = await makeSecrets(resources, new SecretsManagerClient(client))

  const graph = await startGraphApi({ port: 0, audiences: [AUDIENCE, OTHER_AUDIENCE], accessTokens: [ACCESS_TOKEN] })
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const addresses = { AWS_ENDPOINT_URL: motoUrl, GRAPH_API_URL: graph.url }
  const functions = adaptFunctions(resources, addresses).map(({ environment, ...resource }) => {
    const own = Object.entries(environment).map(([name, value]) => [name, secretArns.get(value) ?? value])
    const moved = Object.fromEntries(own) as Record<string, string>
    return createLambdaFunction({
      ...resource,
      environment: moved,
      accessKeyId: 'test',
      clock: startStackClock(1),
      log,
    })
  })
  const functionOf = (name = '') => {
    const found = functions[resources.functions.findIndex((each) => each.name === name)]
    if (!found) throw new Error(`The template has no function ${name}`)
    return found
  }
  const mappings = adaptMappings(resources, 0).map(({ functionName, queue, settings }) =>
    createEventSourceMapping({
      settings,
      queue: sqsQueue(sqs, queueUrl(queue.name), queue.arn),
      invoke: functionOf(functionName).invoke,
      now: Date.now,
      sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
      log,
    }),
  )
  const send = async (body: object) => {
    const headers = { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` }
    const answer = await functionOf(resources.api?.functionName).invoke(restEvent({ path: '/v1/track', headers, body }))
    if (!JSON.stringify(answer).includes('accepted')) throw new Error(`moto: ingest answered ${JSON.stringify(answer)}`)
  }

  try {
    await send(add('USER_ADD', 'name3@abc.com', 'name4@abc.com'))
    await hasMembers(graph.url, AUDIENCE, ['name3@abc.com', 'name4@abc.com'])
    await send(SEED_EXAMPLE)
    await hasMembers(graph.url, AUDIENCE, ['name1@abc.com', 'name2@abc.com'])
    await failAt(graph.url, OTHER_AUDIENCE)
    await send(add('NEWS', 'late@abc.com'))
    const retry = queueUrl(resources.queues.find(({ name }) => name.includes('Retry'))?.name ?? '')
    const counted = new GetQueueAttributesCommand({ QueueUrl: retry, AttributeNames: ['All'] })
    await until('moto: users wait in the retry queue', async () => {
      const { Attributes = {} } = await sqs.send(counted)
      return Attributes.ApproximateNumberOfMessagesDelayed === '1'
    })
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new Error(`With moto for AWS: ${what}\n${lines.slice(-20).join('\n')}`, { cause: error })
  } finally {
    await Promise.all(mappings.map((mapping) => mapping.close(0)))
    await Promise.all(functions.map((each) => each.close()))
    await graph.close()
  }
}

async function makeQueuesAndTables({ queues, tables }: StackResources, sqs: SQSClient, dynamodb: DynamoDBClient) {
  // A queue's dead letters must be there before it.
  const inOrder = queues.toSorted(
    (a, b) => Number(a.deadLetterArn !== undefined) - Number(b.deadLetterArn !== undefined),
  )
  for (const { name, attributes } of inOrder)
    await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  for (const table of tables) await dynamodb.send(new CreateTableCommand(table as unknown as CreateTableCommandInput))
}

/** The ARNs of the secrets, each with six letters of its own at the end, by their ARNs in the template. */
async function makeSecrets(
  resources: StackResources,
  secretsManager: SecretsManagerClient,
): Promise<ReadonlyMap<string, string>> {
  const { functions, secrets } = resources
  const keys = {
    writeKeysSecretArn: findSecret(functions, 'WRITE_KEYS_SECRET_ID'),
    erasureKeyArn: findSecret(functions, 'ERASURE_KEY_SECRET_ID'),
  }
  const destinations = readBundledDestinations({ LAMBDA_TASK_ROOT: functions[0]?.codeDirectory })
  const given = { ...keys, destinations, writeKey: WRITE_KEY, accessToken: ACCESS_TOKEN }
  const arns = new Map<string, string>()
  for (const [Name, SecretString] of localSecrets({ ...given, secrets })) {
    const { ARN = '' } = await secretsManager.send(new CreateSecretCommand({ Name, SecretString }))
    const inTemplate = secrets.find(({ name }) => name === Name)?.arn
    if (inTemplate !== undefined) arns.set(inTemplate, ARN)
  }
  return arns
}
