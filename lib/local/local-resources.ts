import type { MappingSettings } from '../emulator/lambda/event-source-mapping.ts'
import { isLoopback } from './settings.ts'
import type { FunctionResource, QueueResource, StackResources } from './template.ts'
import { scaleSeconds } from '../emulator/aws/time-scale.ts'

/** How many processes serve requests from outside. Lambda would start up to a thousand. */
const API_ENVIRONMENTS = 10

/** How many batches run at once if the template sets no maximum. Source: "Configuring scaling behavior for SQS". */
const DEFAULT_CONCURRENCY = 5

/** Queues with their visibility timeouts scaled, at least 1 s. */
export function adaptQueues(queues: readonly QueueResource[], timeScale: number): QueueResource[] {
  return queues.map((queue) => {
    const seconds = scaleSeconds(Number(queue.attributes.VisibilityTimeout ?? 30), timeScale)
    return { ...queue, attributes: { ...queue.attributes, VisibilityTimeout: String(Math.max(1, seconds)) } }
  })
}

/** Mappings with their queues; windows of standard queues become `batchWindow` seconds. */
export function adaptMappings(
  { mappings, queues }: Pick<StackResources, 'mappings' | 'queues'>,
  batchWindow: number,
): { functionName: string; queue: QueueResource; settings: MappingSettings }[] {
  return mappings.map(({ functionName, queueArn, windowSeconds, maximumConcurrency, ...settings }) => {
    const queue = queues.find(({ arn }) => arn === queueArn)
    if (!queue) throw new Error(`The template maps ${queueArn}, which is no queue of it`)
    return {
      functionName,
      queue,
      settings: {
        ...settings,
        fifo: queue.fifo,
        windowSeconds: windowSeconds > 0 && !queue.fifo ? batchWindow : windowSeconds,
        maximumConcurrency: maximumConcurrency ?? DEFAULT_CONCURRENCY,
      },
    }
  })
}

/**
 * Functions with the addresses of this machine, and as many processes as can be busy at once. GRAPH_API_URL of
 * `addresses` replaces the deployed one, but is not given to a function that has none.
 */
export function adaptFunctions(
  { functions, mappings, api }: Pick<StackResources, 'functions' | 'mappings' | 'api'>,
  addresses: { AWS_ENDPOINT_URL: string; GRAPH_API_URL: string },
): (FunctionResource & { maxEnvironments: number })[] {
  const { AWS_ENDPOINT_URL, GRAPH_API_URL } = addresses
  return functions.map((each) => {
    const polled = mappings
      .filter(({ functionName }) => functionName === each.name)
      .reduce((sum, { maximumConcurrency = DEFAULT_CONCURRENCY }) => sum + maximumConcurrency, 0)
    const requested = each.name === api?.functionName ? API_ENVIRONMENTS : 0
    return {
      ...each,
      environment: {
        ...each.environment,
        ...('GRAPH_API_URL' in each.environment && { GRAPH_API_URL }),
        AWS_ENDPOINT_URL,
      },
      maxEnvironments: Math.max(1, polled + requested),
    }
  })
}

/** Throws when a function was given a queue outside this machine: the SDK would send to it whatever its endpoint. */
export function requireLoopbackQueues(functions: readonly FunctionResource[]): void {
  for (const { name, environment } of functions)
    for (const [variable, value] of Object.entries(environment))
      if (isQueueUrl(variable, value) && !isLoopback(new URL(value).hostname))
        throw new Error(`${variable} of ${name} is ${value}, a queue outside this machine`)
}

function isQueueUrl(variable: string, value: string): boolean {
  return URL.canParse(value) && (variable.endsWith('QUEUE_URL') || /^(.*\.)?sqs\./.test(new URL(value).hostname))
}

/** The ARN of a secret, from a function that has this variable. */
export function findSecret(
  functions: readonly FunctionResource[],
  variable: 'WRITE_KEYS_SECRET_ID' | 'ERASURE_KEY_SECRET_ID',
): string | undefined {
  return functions.map(({ environment }) => environment[variable]).find((arn) => arn !== undefined)
}
