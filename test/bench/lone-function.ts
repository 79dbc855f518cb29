import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createPageTable } from '../../lib/aws/erasure-table.ts'
import { createErasedPeople } from '../../lib/erasure/erased-people.ts'
import { pageWith } from '../../lib/erasure/page.ts'
import type { Page } from '../../lib/erasure/page.ts'
import { secretOf } from '../erasure/memory-erasures.ts'
import { allAudiences } from '../../lib/config/audience-mapping.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { synthesise } from '../../cdk/synthesise.ts'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { startAwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { createLambdaFunction } from '../../lib/emulator/lambda/function.ts'
import type { LambdaFunction } from '../../lib/emulator/lambda/function.ts'
import { startStackClock } from '../../lib/emulator/lambda/stack-clock.ts'
import { adaptFunctions, adaptQueues, findSecret } from '../../lib/local/local-resources.ts'
import { LOCAL_ERASURE_KEY, localSecrets } from '../../lib/local/local-secrets.ts'
import { readTemplate } from '../../lib/local/template.ts'
import type { Template } from '../../lib/local/template-value.ts'

const TOKEN = 'bench-access-token'

export type LoneFunction = LambdaFunction & {
  memoryMb: number
  timeoutSeconds: number
  /** What the function and the local stack have logged. */
  lines: readonly string[]
}

/** The write key of the one source, which may erase. */
export const LONE_KEY = 'bench-write-key'

type Setting = { destinations: readonly Record<string, unknown>[]; hasToken: boolean; erased?: number }

/**
 * A function as the template deploys it, in one execution environment, with SQS, DynamoDB, Secrets Manager and the
 * Graph API around it. Nothing polls the queues: `measure` alone invokes it. Without a token, everything is held.
 */
export async function withLoneFunction<T>(
  wanted: 'Consumer' | 'TrackApiIngest',
  { destinations, hasToken, erased = 0 }: Setting,
  measure: (lone: LoneFunction) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'))
  const destinationsPath = join(directory, 'destinations.json')
  await writeFile(destinationsPath, JSON.stringify({ sources: [{ name: 'server', mayErase: true }], destinations }))
  const synthesis = synthesise({ destinationsPath, outputDirectory: join(directory, 'cdk.out') })
  const aws = await startAwsEndpoint()
  const resources = readTemplate(synthesis.template as Template, { ...synthesis, queueUrl: aws.queueUrl })
  const parsed = readBundledDestinations({ LAMBDA_TASK_ROOT: resources.functions[0]?.codeDirectory })
  const graph = await startGraphApi({
    port: 0,
    audiences: parsed.destinations.flatMap(allAudiences),
    accessTokens: [TOKEN],
    settings: { tier: 'full', requestsKept: 0 },
  })
  const lines: string[] = []
  const addresses = { AWS_ENDPOINT_URL: aws.url, GRAPH_API_URL: graph.url }
  const resource = adaptFunctions(resources, addresses).find(({ name }) => name.startsWith(wanted))
  if (!resource) throw new Error(`The template has no ${wanted}`)
  const log = (line: string) => void lines.push(line)
  const lambda = createLambdaFunction({
    ...resource,
    accessKeyId: 'bench',
    maxEnvironments: 1,
    clock: startStackClock(1),
    log,
  })
  try {
    for (const { name, attributes } of adaptQueues(resources.queues, 1)) await aws.queues.createQueue(name, attributes)
    await aws.createTables(resources.tables)
    const accessToken = hasToken ? TOKEN : 'not-set'
    const erasureKeyArn = findSecret(resources.functions, 'ERASURE_KEY_SECRET_ID')
    const writeKeysSecretArn = findSecret(resources.functions, 'WRITE_KEYS_SECRET_ID')
    const keys = { writeKeysSecretArn, erasureKeyArn, writeKey: LONE_KEY }
    const secrets = localSecrets({ ...resources, destinations: parsed, ...keys, accessToken })
    aws.setSecrets(secrets)
    if (erased > 0) await eraseMany(aws.url, resource.environment.REGISTER_TABLE ?? '', erased)
    const { memoryMb, timeoutSeconds } = resource
    return await measure({ ...lambda, memoryMb, timeoutSeconds, lines })
  } finally {
    await lambda.close()
    await Promise.all([graph.close(), aws.close()])
    await rm(directory, { recursive: true, force: true })
  }
}

/** Fills the list of erased people with identifiers of nobody. */
async function eraseMany(endpoint: string, tableName: string, count: number): Promise<void> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials })
  const table = createPageTable(client, tableName)
  await createErasedPeople(
    table,
    secretOf(() => LOCAL_ERASURE_KEY),
  ).remember(['somebody'], 'erased')
  let last: Page | undefined
  for await (const pages of table.read(0)) last = pages.at(-1)
  const random = seededRandom(1)
  for (let left = count; left > 0;) {
    const words = Array.from({ length: Math.min(left, 560) }, () => Math.floor(random() * 2 ** 52))
    const { page, added } = pageWith(last, words)
    await table.write(page, added)
    left -= added
    last = page
  }
  client.destroy()
}
