import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs'
import { beforeAll, expect, test, vi } from 'vitest'
import type { AwsCall } from '../../lib/emulator/aws/call.ts'
import type { LocalStatus } from '../../lib/local/status.ts'
import { synthesise } from '../../cdk/synthesise.ts'
import { referenceOf, resourcesOf } from '../support/template.ts'
import type { CloudFormation } from '../support/template.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../support/settings.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'

const DESTINATIONS = {
  sources: [{ name: 'server', mayErase: true }],
  destinations: [aDestination({ events: { A: AUDIENCE, B: OTHER_AUDIENCE } })],
}

/** Permissions that are granted but not used in this run, each with the reason why it is granted. */
const NOT_CALLED_HERE = [
  // Lambda writes the logs, and KMS is called by the services: both are beyond the local stack.
  /^(?:logs|kms):/,
  // Lambda asks for it when a mapping is made.
  /^sqs:GetQueueAttributes /,
  // Nobody invokes the health function in the local stack, where no schedule runs.
  /^secretsmanager:GetSecretValue AccessTokens HealthHandler$/,
]

/** `action resource function`, by logical ids without their hashes. */
let granted: Set<string>
const called = new Set<string>()
const plain = (id: string) => id.replace(/[0-9A-F]{8}(?:-[0-9a-f]{6}|\.fifo)?$/, '')

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'permissions-'))
  const destinationsPath = join(directory, 'destinations.json')
  await writeFile(destinationsPath, JSON.stringify(DESTINATIONS))
  const { template } = synthesise({ destinationsPath, outputDirectory: join(directory, 'cdk.out') })
  granted = grantsOf(template as CloudFormation)

  const stack = await startTemporaryStack(DESTINATIONS, {
    timeScale: 0.01,
    onAwsCall: (call) => called.add(keyOf(call)),
  })
  try {
    await drive(stack.url, stack.awsUrl, stack.graphUrl)
  } finally {
    await stack.close()
    await rm(directory, { recursive: true })
  }
}, 180_000)

test('every call that a run makes is allowed by the role of its function', () => {
  expect([...called].filter((call) => call !== '' && !granted.has(call))).toEqual([])
})

test('every permission is used, or has a reason', () => {
  const unused = [...granted].filter((grant) => !called.has(grant))
  expect(unused.filter((grant) => !NOT_CALLED_HERE.some((reason) => reason.test(grant)))).toEqual([])
})

test.each(NOT_CALLED_HERE)('the reason %s still stands for something', (reason) => {
  expect([...granted].filter((grant) => !called.has(grant)).some((grant) => reason.test(grant))).toBe(true)
})

function grantsOf(template: CloudFormation): Set<string> {
  const policies = resourcesOf(template, 'AWS::IAM::Policy')
  type Statement = { Action: string | string[]; Resource: unknown }
  return new Set(
    policies.flatMap(([id, { PolicyDocument }]) =>
      (PolicyDocument as { Statement: Statement[] }).Statement.flatMap(({ Action, Resource }) =>
        [Action].flat().flatMap((action) =>
          [Resource].flat().map((resource) => {
            const lambda = plain(id).replace(/RoleDefaultPolicy$/, '')
            return `${action} ${tokenSecrets(JSON.stringify(resource)) ?? referenceOf(resource)} ${lambda}`
          }),
        ),
      ),
    ),
  )
}

// The tokens of destinations are granted by the beginning of their names.
function tokenSecrets(name: string): string | undefined {
  return name.includes('-AccessTokens-') ? 'AccessTokens' : undefined
}

// The batch forms of SQS's calls need the permission of the single ones.
function keyOf({ action, resource, caller }: AwsCall): string {
  if (!caller.startsWith('local-function-')) return ''
  const name = resource.slice(resource.lastIndexOf(':') + 1)
  return `${action.replace(/Batch$/, '')} ${tokenSecrets(name) ?? plain(name)} ${plain(caller.replace('local-function-', ''))}`
}

/** A run with adds, removals, sessions, rows that wait in each of the queues, and rows that are given up. */
async function drive(url: string, awsUrl: string, graphUrl: string): Promise<void> {
  const fault = (name: string, audience: string, times: number) =>
    post(`${graphUrl}/_emulator/faults`, { fault: name, audience, times })
  const session = (id: number) => ({ sessionIdAdd: id, batchSequence: 1, lastBatchFlag: true })

  await track(url, 'A', { userListAdd: [{ EMAIL: 'a@example.com' }], userListDelete: [{ EMAIL: 'b@example.com' }] })
  await track(url, 'A', { userListAdd: [{ EMAIL: 'c@example.com' }], ...session(1) })
  await until(() => has('sqs:SendMessage QueuesTrack TrackApiIngest') && has('dynamodb:PutItem RegisterTable'))

  await post(`${url}/v1/erase`, { users: [{ EMAIL: 'c@example.com' }] }, { authorization })
  await track(url, 'A', { userListAdd: [{ EMAIL: 'c@example.com' }] })
  await until(() => has('secretsmanager:GetSecretValue RegisterErasureKey ConsumerHandler'))

  // Rejected: to the dead letters. Limited for twenty hours: to the retry queue, delayed, then hidden there.
  await fault('data-source-conflict', OTHER_AUDIENCE, 1)
  await track(url, 'B', { userListAdd: [{ EMAIL: 'd@example.com' }] })
  await until(() => has('sqs:SendMessage QueuesDeadLetters'))
  await post(`${graphUrl}/_emulator/faults`, { fault: 'rate-limit-80003', times: 2, regainMinutes: 1200 })
  await track(url, 'A', { userListAdd: [{ EMAIL: 'e@example.com' }] })
  await until(() => has('sqs:ChangeMessageVisibility QueuesRetry') && has('sqs:SendMessage QueuesRetry'))
  // The destination is still limited, also for a process that has not met it, so a session must wait in its place.
  await track(url, 'A', { userListAdd: [{ EMAIL: 'f@example.com' }], ...session(2) })
  await until(() => has('sqs:ChangeMessageVisibility QueuesSession'))

  const { queues } = (await (await fetch(`${url}/_local/status`)).json()) as LocalStatus
  const retry = queues.find(({ name }) => plain(name) === 'QueuesRetry')
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: awsUrl, credentials })
  const QueueUrl = `${awsUrl}/000000000000/${retry?.name ?? ''}`
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'nothing that this product wrote' }))
  await until(() => has('sqs:DeleteMessage QueuesRetry') && has('sqs:DeleteMessage QueuesSession'))
  sqs.destroy()
  await sleep(500)
}

const has = (start: string) => [...called].some((call) => call.startsWith(start))
const until = (condition: () => boolean) =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error(`still waiting: ${condition.toString()}; called: ${[...called].join(', ')}`)
    },
    { timeout: 60_000, interval: 100 },
  )

const authorization = `Basic ${Buffer.from('local-write-key:').toString('base64')}`

async function track(url: string, event: string, properties: object): Promise<void> {
  await post(`${url}/v1/track`, { event, messageId: crypto.randomUUID(), properties }, { authorization })
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`)
}
