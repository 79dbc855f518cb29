import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SQSClient } from '@aws-sdk/client-sqs'
import { onTestFinished } from 'vitest'
import { settingsHash } from '../../lib/config/settings-hash.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import { startAwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'
import { parseTarget, resourcesOf } from '../../lib/emulator/aws/call.ts'
import { REGISTER_TABLE } from '../aws/local-table.ts'

/** A request to a service that is not emulated; undefined leaves it to the stack. */
export type OtherService = (asked: {
  target: string
  path: string
  form: URLSearchParams
}) => { status?: number; text: string } | undefined

/** A call of a command, such as `sqs:SendMessageBatch` for the queue `retry`. */
type Call = { action: string; resource: string }

const QUEUES = {
  TrackQueueUrl: 'track',
  RemovalQueueUrl: 'removal',
  SessionQueueUrl: 'session.fifo',
  RetryQueueUrl: 'retry',
  DeadLettersUrl: 'dead-letters',
  SessionDeadLettersUrl: 'session-dead-letters.fifo',
}
export const STACK_NAME = 'Audiences'

/** The answer of CloudWatch to an action such as `DescribeAlarms`. Source: its API reference. */
export type CloudWatchAnswer = { status: number; body: object }

type Options = {
  settings: Destinations
  secrets?: Record<string, string>
  graphUrl?: string
  /** The time on its clock, ms since 1970; now when left out. */
  now?: number
  /** Whether it has the register's table too. */
  hasRegister?: true
  /** Of a test that runs beside others: its own `onTestFinished`. */
  atEnd?: typeof onTestFinished
  cloudWatch?: (action: string) => CloudWatchAnswer
  other?: OtherService
}

/**
 * The queues and secrets of a stack without its functions, so that what a command puts there stays. It answers as a
 * local stack at `url`, and as a deployed one to who has the variables of `deployed`.
 */
export async function aStack(options: Options) {
  const { settings, secrets = {}, graphUrl = 'http://127.0.0.1:9', cloudWatch, other = () => undefined } = options
  const { atEnd = onTestFinished } = options
  const calls: Call[] = []
  let before: (call: Call) => unknown = () => undefined
  const aws = await startAwsEndpoint()
  for (const name of Object.values(QUEUES)) await aws.queues.createQueue(name, queueAttributes(name))
  aws.setSecrets(new Map(Object.entries(secrets)))
  if (options.hasRegister) await aws.createTables([REGISTER_TABLE])
  const outputs = {
    ...Object.fromEntries(Object.entries(QUEUES).map(([output, name]) => [output, aws.queueUrl(name)])),
    ...{ TrackUrl: 'http://127.0.0.1:9/', GraphApiUrl: graphUrl, SettingsHash: settingsHash(settings) },
    ...{ WriteKeysSecret: 'write-keys', AccessTokenPrefix: 'token/', RegisterTable: 'register' },
    ...{ ErasureKeySecret: 'erasure-key', ConsumerFunction: 'consumer' },
  }
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = Buffer.concat(await Array.fromAsync<Buffer>(request))
      const { 'x-amz-target': name = '', 'content-type': type = '' } = request.headers
      const [service, action = ''] = String(name).split('.')
      if (service === 'GraniteServiceVersion20100801' && cloudWatch) {
        const answered = cloudWatch(action)
        response.writeHead(answered.status, { 'content-type': 'application/x-amz-json-1.0' })
        return JSON.stringify(answered.body)
      }
      const asked = { target: String(name), path: request.url ?? '', form: new URLSearchParams(body.toString()) }
      const told = other(asked)
      if (told) {
        response.statusCode = told.status ?? 200
        response.setHeader('content-type', told.text.startsWith('<') ? 'text/xml' : 'application/json')
        return told.text
      }
      const target = parseTarget(name)
      if (!target) {
        const isLocal = request.url === '/_local/stack'
        response.setHeader('content-type', isLocal ? 'application/json' : 'text/xml')
        const now = { timeScale: 1, now: options.now ?? Date.now() }
        const description = { outputs, awsUrl: url, graphUrl, region: 'us-east-1', settings, ...now }
        return isLocal ? JSON.stringify(description) : describedStack(outputs)
      }
      const [resource = ''] = resourcesOf(JSON.parse(body.toString()) as Record<string, unknown>)
      const call = { action: `${target.service}:${target.action}`, resource }
      calls.push(call)
      await before(call)
      const headers = { 'x-amz-target': String(name), 'content-type': type }
      const answered = await fetch(aws.url, { method: 'POST', headers, body })
      response.statusCode = answered.status
      for (const [header, value] of answered.headers) if (header.startsWith('x-amzn')) response.setHeader(header, value)
      return answered.text()
    }
    answer().then(
      (text) => response.end(text),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: aws.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  atEnd(async () => {
    sqs.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await aws.close()
  })
  return {
    url,
    aws,
    sqs,
    /** The calls of commands. Those of `sqs` and of other clients of a test are not among them. */
    calls,
    /** What happens before each of these calls reaches AWS. */
    before: (listener: (call: Call) => unknown) => (before = listener),
    queueUrl: (output: keyof typeof QUEUES) => aws.queueUrl(QUEUES[output]),
    /** How many messages a queue has, and how many of them nobody can receive now. */
    async count(output: keyof typeof QUEUES) {
      const state = (await aws.queues.states()).find(({ name }) => name === QUEUES[output])
      return { all: (state?.visible ?? 0) + (state?.inFlight ?? 0), hidden: state?.inFlight ?? 0 }
    },
    messages: (output: keyof typeof QUEUES) => aws.queues.messages(QUEUES[output]),
    deployed: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'operator',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu-central-1',
    },
  }
}

export type AStack = Awaited<ReturnType<typeof aStack>>

function queueAttributes(name: string): Record<string, string> {
  const maximum = { MaximumMessageSize: String(1024 * 1024) }
  return name.endsWith('.fifo') ? { ...maximum, FifoQueue: 'true' } : maximum
}

/** The answer of CloudFormation's DescribeStacks. Source: its API reference. */
function describedStack(outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>${STACK_NAME}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
}
