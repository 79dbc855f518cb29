import { expect, test } from 'vitest'
import { adaptFunctions, adaptMappings, adaptQueues, requireLoopbackQueues } from '../../lib/local/local-resources.ts'
import type { FunctionResource, MappingResource, QueueResource } from '../../lib/local/template.ts'

const queue = (name: string, rest: Partial<QueueResource> = {}): QueueResource => ({
  name,
  arn: `arn:${name}`,
  fifo: false,
  attributes: {},
  deadLetterArn: undefined,
  ...rest,
})
const mapping = (queueName: string, rest: Partial<MappingResource> = {}): MappingResource => ({
  functionName: 'consumer',
  queueArn: `arn:${queueName}`,
  batchSize: 10,
  windowSeconds: 0,
  maximumConcurrency: 2,
  reportBatchItemFailures: true,
  ...rest,
})
const aFunction = (name: string, environment: Record<string, string> = {}): FunctionResource => ({
  name,
  codeDirectory: '/code',
  handler: 'index.handler',
  environment,
  timeoutSeconds: 3,
  memoryMb: 128,
})

test.each([
  ['1140', 1, '1140'],
  ['1140', 0.01, '12'],
  ['30', 0.001, '1'],
  ['0', 1, '1'],
  [undefined, 0.5, '15'],
])('a visibility timeout of %s at scale %s is %s, at least a second', (seconds, scale, expected) => {
  const attributes = seconds === undefined ? {} : { VisibilityTimeout: seconds }
  const [adapted] = adaptQueues([queue('track', { attributes })], scale)
  expect(adapted?.attributes.VisibilityTimeout).toBe(expected)
})

test('the window replaces those of standard queues and gives none to others', () => {
  const queues = [queue('track'), queue('plain'), queue('session', { fifo: true })]
  const mappings = [mapping('track', { windowSeconds: 60 }), mapping('plain'), mapping('session')]
  const windows = adaptMappings({ queues, mappings }, 1).map(({ settings }) => [settings.windowSeconds, settings.fifo])
  expect(windows).toEqual([
    [1, false],
    [0, false],
    [0, true],
  ])
})

test('a mapping of a queue that the template does not have is an error that names it', () => {
  expect(() => adaptMappings({ queues: [], mappings: [mapping('track')] }, 1)).toThrow('arn:track')
})

test('a function has as many processes as can be busy, and the addresses of this machine', () => {
  const functions = adaptFunctions(
    {
      functions: [aFunction('ingest'), aFunction('consumer', { GRAPH_API_URL: 'https://graph.facebook.com' })],
      mappings: [mapping('track'), mapping('retry', { maximumConcurrency: undefined })],
      api: { functionName: 'ingest', timeoutMs: 29_000, gatewayResponses: [] },
    },
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', GRAPH_API_URL: 'http://127.0.0.1:2' },
  )
  expect(functions.map(({ name, maxEnvironments, environment }) => [name, maxEnvironments, environment])).toEqual([
    ['ingest', 10, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }],
    ['consumer', 7, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', GRAPH_API_URL: 'http://127.0.0.1:2' }],
  ])
})

test.each([
  ['TRACK_QUEUE_URL', 'https://queue.example/000000000000/track'],
  ['DESTINATION', 'https://sqs.us-east-1.amazonaws.com/123456789012/track'],
])('a queue outside this machine in %s is refused', (variable, value) => {
  expect(() => requireLoopbackQueues([aFunction('ingest', { [variable]: value })])).toThrow(`${variable} of ingest`)
})

test('queues on this machine and other addresses are not refused', () => {
  const environment = {
    TRACK_QUEUE_URL: 'http://127.0.0.1:9324/000000000000/track',
    GRAPH_API_URL: 'https://graph.facebook.com',
    NAME: 'main',
  }
  expect(() => requireLoopbackQueues([aFunction('ingest', environment)])).not.toThrow()
})
