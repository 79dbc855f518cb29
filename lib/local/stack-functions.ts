import { setTimeout as delay } from 'node:timers/promises'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { AwsEndpoint } from '../emulator/aws/endpoint.ts'
import { createEventSourceMapping } from '../emulator/lambda/event-source-mapping.ts'
import { createLambdaFunction } from '../emulator/lambda/function.ts'
import type { LambdaFunction } from '../emulator/lambda/function.ts'
import { sqsQueue } from '../emulator/lambda/sqs-queue.ts'
import type { StackClock } from '../emulator/lambda/stack-clock.ts'
import { adaptFunctions, adaptMappings } from './local-resources.ts'
import type { Consumed } from './release.ts'
import type { StackResources } from './template.ts'

/** The access keys of functions begin so. */
export const FUNCTION_KEY = 'local-function-'

type Log = (source: string, line: string) => void
type Around = { awsUrl: string; graphUrl: string; clock: StackClock; log: Log }

/** The functions of a template, by name. Each starts its processes when it is called. */
export function startFunctions(
  resources: StackResources,
  { awsUrl, graphUrl, clock, log }: Around,
): Map<string, LambdaFunction> {
  const adapted = adaptFunctions(resources, { AWS_ENDPOINT_URL: awsUrl, GRAPH_API_URL: graphUrl })
  return new Map(
    adapted.map((resource) => {
      const { name } = resource
      const about = { accessKeyId: `${FUNCTION_KEY}${name}`, clock, log: (line: string) => log(name, line) }
      return [name, createLambdaFunction({ ...resource, ...about })]
    }),
  )
}

type Fed = { functions: ReadonlyMap<string, LambdaFunction>; aws: AwsEndpoint; batchWindow: number; log: Log }

/** Polls the queues of a template for the functions that they feed. */
export function startMappings(resources: StackResources, { functions, aws, batchWindow, log }: Fed): Consumed[] {
  return adaptMappings(resources, batchWindow).map(({ functionName, queue, settings }) => {
    // Lambda polls with the role of the function.
    const credentials = { accessKeyId: `${FUNCTION_KEY}${functionName}`, secretAccessKey: 'local' }
    const client = new SQSClient({ region: 'us-east-1', endpoint: aws.url, credentials, maxAttempts: 1 })
    const lambda = functions.get(functionName)
    if (!lambda) throw new Error(`The template maps ${queue.name} to ${functionName}, which is no function of it`)
    const mapping = createEventSourceMapping({
      settings,
      queue: sqsQueue(client, aws.queueUrl(queue.name), queue.arn),
      invoke: lambda.invoke,
      now: Date.now,
      sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
      log: (line) => log(queue.name, line),
    })
    return { queue: queue.name, lambda, mapping }
  })
}
