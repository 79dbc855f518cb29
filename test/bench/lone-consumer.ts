import { allAudiences } from '../../lib/config/audience-mapping.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { synthesise } from '../../cdk/synthesise.ts'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { startAwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import { createLambdaFunction } from '../../lib/emulator/lambda/function.ts'
import type { LambdaFunction } from '../../lib/emulator/lambda/function.ts'
import { startStackClock } from '../../lib/emulator/lambda/stack-clock.ts'
import { adaptFunctions, adaptQueues } from '../../lib/local/local-resources.ts'
import { localSecrets } from '../../lib/local/local-secrets.ts'
import { readTemplate } from '../../lib/local/template.ts'
import type { Template } from '../../lib/local/template-value.ts'

const TOKEN = 'bench-access-token'

export type LoneConsumer = LambdaFunction & {
  memoryMb: number
  timeoutSeconds: number
  /** What the function and the local stack have logged. */
  lines: readonly string[]
}

/**
 * The consumer as the template deploys it, in one execution environment, with SQS, DynamoDB, Secrets Manager and the
 * Graph API around it. Nothing polls the queues: `measure` alone invokes it. Without a token, everything is held.
 */
export async function withLoneConsumer<T>(
  { destinations, hasToken }: { destinations: readonly Record<string, unknown>[]; hasToken: boolean },
  measure: (consumer: LoneConsumer) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'))
  const destinationsPath = join(directory, 'destinations.json')
  await writeFile(destinationsPath, JSON.stringify({ sources: [{ name: 'server' }], destinations }))
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
  const resource = adaptFunctions(resources, addresses).find(({ name }) => name.startsWith('Consumer'))
  if (!resource) throw new Error('The template has no consumer')
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
    const secrets = { ...resources, destinations: parsed, writeKeysSecretArn: undefined, writeKey: '', accessToken }
    aws.setSecrets(localSecrets(secrets))
    const { memoryMb, timeoutSeconds } = resource
    return await measure({ ...lambda, memoryMb, timeoutSeconds, lines })
  } finally {
    await lambda.close()
    await Promise.all([graph.close(), aws.close()])
    await rm(directory, { recursive: true, force: true })
  }
}
