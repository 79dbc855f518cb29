import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Environment } from './command.ts'
import { aws } from './stack.ts'

const DAY = 86_400

/** Queues by the names of their outputs, as cdk/README.md and lib/README.md describe them: times in seconds. */
const QUEUES = {
  Track: { visibility: 6 * 180 + 60, retention: 4 * DAY, deadLetters: 'DeadLetters', receives: 7 },
  Removal: { visibility: 6 * 180 + 60, retention: 4 * DAY, deadLetters: 'DeadLetters', receives: 7 },
  Session: { visibility: 2 * 180, retention: 4 * DAY, deadLetters: 'SessionDeadLetters', receives: 200 },
  Retry: { visibility: 6 * 180, retention: 4 * DAY, deadLetters: 'DeadLetters', receives: 100 },
  DeadLetters: { visibility: 30, retention: 14 * DAY },
  SessionDeadLetters: { visibility: 30, retention: 14 * DAY },
}

// Whether they are enabled is not checked here, because MiniStack says so of all. Events prove it.
const REPORTS = { reports: 'ReportBatchItemFailures' }
const MAPPINGS = {
  Track: { ...REPORTS, batch: 10_000, window: 60 },
  Removal: { ...REPORTS, batch: 10_000, window: 60 },
  Session: { ...REPORTS, batch: 10, window: 0 },
  Retry: { ...REPORTS, batch: 100, window: 5 },
}

/** The queues that each function's variables must name. */
const VARIABLES = {
  IngestFunction: { TRACK_QUEUE_URL: 'Track', REMOVAL_QUEUE_URL: 'Removal', SESSION_QUEUE_URL: 'Session' },
  ConsumerFunction: {
    TRACK_QUEUE_URL: 'Track',
    REMOVAL_QUEUE_URL: 'Removal',
    SESSION_QUEUE_URL: 'Session',
    RETRY_QUEUE_URL: 'Retry',
    DEAD_LETTER_QUEUE_URL: 'DeadLetters',
  },
}

/** Rejects when the account does not have what the documents describe, whatever the template says of it. */
export async function isAsDescribed(env: Environment): Promise<void> {
  const client = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
  const sqs = new SQSClient({ ...client, endpoint: env.AWS_ENDPOINT_URL ?? '' })
  const [queues, mappings, variables, rules] = await Promise.all([
    queuesOf(env, sqs),
    mappingsOf(env),
    variablesOf(env),
    rulesOf(env),
  ])
  compare('queues', queues, QUEUES)
  compare('event source mappings', mappings, MAPPINGS)
  compare('variables', variables, VARIABLES)
  compare('rules', rules, [{ state: 'ENABLED', schedule: 'rate(1 day)', functions: [env.HealthFunction] }])
}

function compare(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`The ${what} should be\n${JSON.stringify(expected)}\nand are\n${JSON.stringify(found)}`)
}

/** The output's name of the queue with this URL or ARN: `Track` for that of TrackQueueUrl. */
function nameOf(env: Environment, urlOrArn = ''): string {
  const last = urlOrArn.split(/[/:]/).at(-1)
  const names = Object.keys(QUEUES)
  return names.find((name) => urlOf(env, name).split('/').at(-1) === last) ?? urlOrArn
}

function urlOf(env: Environment, name: string): string {
  return env[`${name}${name.endsWith('DeadLetters') ? '' : 'Queue'}Url`] ?? ''
}

async function queuesOf(env: Environment, sqs: SQSClient) {
  const queues = Object.keys(QUEUES).map(async (name) => {
    const asked = new GetQueueAttributesCommand({ QueueUrl: urlOf(env, name), AttributeNames: ['All'] })
    const { Attributes = {} } = await sqs.send(asked)
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(Attributes.RedrivePolicy ?? '{}') as Redrive
    const times = {
      visibility: Number(Attributes.VisibilityTimeout),
      retention: Number(Attributes.MessageRetentionPeriod),
    }
    const redrive = { deadLetters: nameOf(env, deadLetterTargetArn), receives: Number(maxReceiveCount) }
    return [name, deadLetterTargetArn === undefined ? times : { ...times, ...redrive }] as const
  })
  return Object.fromEntries(await Promise.all(queues))
}
type Redrive = { deadLetterTargetArn?: string; maxReceiveCount?: string | number }

type Mapping = {
  EventSourceArn: string
  BatchSize: number
  MaximumBatchingWindowInSeconds?: number
  FunctionResponseTypes?: string[]
}

async function mappingsOf(env: Environment) {
  const list = `lambda list-event-source-mappings --function-name ${env.ConsumerFunction ?? ''}`
  const { EventSourceMappings } = await aws<{ EventSourceMappings: Mapping[] }>(env, list)
  const found = EventSourceMappings.map((mapping) => {
    const { BatchSize, MaximumBatchingWindowInSeconds = 0, FunctionResponseTypes = [] } = mapping
    const described = {
      reports: FunctionResponseTypes.join(),
      batch: BatchSize,
      window: MaximumBatchingWindowInSeconds,
    }
    return [nameOf(env, mapping.EventSourceArn), described] as const
  })
  return inOrderOf(MAPPINGS, Object.fromEntries(found))
}

async function variablesOf(env: Environment) {
  const { Functions } = await aws<{
    Functions: { FunctionName: string; Environment?: { Variables: Record<string, string> } }[]
  }>(env, 'lambda list-functions')
  const named = Object.entries(VARIABLES).map(([output, variables]) => {
    const { Environment } = Functions.find(({ FunctionName }) => FunctionName === env[output]) ?? {}
    const urls = Object.keys(variables).map((name) => [name, nameOf(env, Environment?.Variables[name])] as const)
    return [output, Object.fromEntries(urls)] as const
  })
  return Object.fromEntries(named)
}

async function rulesOf(env: Environment) {
  type Rule = { Name: string; State: string; ScheduleExpression: string }
  const { Rules } = await aws<{ Rules: Rule[] }>(env, 'events list-rules')
  return await Promise.all(
    Rules.map(async ({ Name, State, ScheduleExpression }) => {
      const { Targets } = await aws<{ Targets: { Arn: string }[] }>(env, `events list-targets-by-rule --rule ${Name}`)
      return { state: State, schedule: ScheduleExpression, functions: Targets.map(({ Arn }) => Arn.split(':').at(-1)) }
    }),
  )
}

function inOrderOf<T>(order: object, found: Record<string, T>): Record<string, T | undefined> {
  return Object.fromEntries(
    [...new Set([...Object.keys(order), ...Object.keys(found)])].map((key) => [key, found[key]]),
  )
}
