import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { StackDescription } from '../../../lib/local/description.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'
import type { LocalStatus } from '../../../lib/local/status.ts'
import { AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { cli } from '../typed.ts'
import { crashed, put, sha256 } from './letters.ts'

let stack: LocalStack
let described: StackDescription

beforeAll(async () => {
  const destinations = [aDestination({ userSchema: ['EMAIL'] })]
  stack = await startTemporaryStack(
    { sources: [{ name: 'server' }], destinations },
    { batchWindow: 0, timeScale: 0.01 },
  )
  described = (await (await fetch(`${stack.url}/_local/stack`)).json()) as StackDescription
}, 120_000)
afterAll(() => stack.close())

const run = (command: string, input = '') => cli(command.split(' '), input, { trackUrl: stack.url })
const json = async <T>(url: string) => (await (await fetch(url)).json()) as T
const statusNow = () => json<LocalStatus>(`${stack.url}/_local/status`)
const emulator = (method: string, path: string, body: object = {}) =>
  fetch(`${stack.graphUrl}/_emulator/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const patient = { timeout: 60_000, interval: 100 }

let events = 0
async function track(lists: { userListAdd?: string[]; userListDelete?: string[] }) {
  const properties = Object.fromEntries(
    Object.entries(lists).map(([list, emails]) => [list, emails.map((EMAIL) => ({ EMAIL }))]),
  )
  const answer = await fetch(`${stack.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('local-write-key:').toString('base64')}` },
    body: JSON.stringify({
      event: 'USER_ADD',
      messageId: `event-${(events += 1)}`,
      originalTimestamp: new Date().toISOString(),
      properties,
    }),
  })
  expect(answer.status).toBe(200)
}

/** Waits until these and no others are members, and no queue has a message. */
async function endsWith(...emails: string[]) {
  await vi.waitFor(async () => {
    const { members } = await json<{ members: { EMAIL: string }[] }>(
      `${stack.graphUrl}/_emulator/audiences/${AUDIENCE}/members`,
    )
    expect(members.map(({ EMAIL }) => EMAIL).sort()).toEqual(emails.map(sha256).sort())
    const { queues } = await statusNow()
    expect(queues.filter(({ visible, inFlight, delayed }) => visible + inFlight + delayed > 0)).toEqual([])
  }, patient)
}

test('after a mended fault the right people are members, and all queues are empty', async () => {
  await track({ userListAdd: ['bob@example.com', 'eve@example.com'] })
  await endsWith('bob@example.com', 'eve@example.com')
  await emulator('POST', 'faults', { fault: 'data-source-conflict', times: 100 })
  await track({ userListAdd: ['ann@example.com', 'cleo@example.com'] })
  await track({ userListDelete: ['bob@example.com'] })
  const isGivenUp = ({ deadLetters, queues }: LocalStatus) => {
    const users = deadLetters.map(({ users = { add: 0, remove: 0 } }) => users.add + users.remove)
    return users.reduce((sum, each) => sum + each, 0) === 3 && queues.every(({ inFlight }) => inFlight === 0)
  }
  await vi.waitFor(async () => expect(isGivenUp(await statusNow())).toBe(true), patient)
  const listed = await run('dlq list')
  expect(listed.stdout).toMatch(/^graph_2650\tmain\t\d+\tadd\t/m)
  expect(listed.stdout).toMatch(/^graph_2650\tmain\t\d+\tremove\t/m)
  expect(listed.stderr).toContain('filled from another data source')

  await emulator('DELETE', 'faults')
  expect((await run('dlq redrive --yes')).status).toBe(0)
  await endsWith('ann@example.com', 'cleo@example.com', 'eve@example.com')
})

test('what SQS itself has moved is delivered: events, removals, and the batches of a session in their order', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SQSClient({ region: described.region, endpoint: described.awsUrl, credentials })
  const { DeadLettersUrl = '', SessionDeadLettersUrl = '' } = described.outputs
  const now = stack.now()
  const session = { sessionId: '77', batchSequence: 1, lastBatch: true, maxUsers: 1 }
  const inSession = ['fay@example.com', 'gus@example.com', 'hal@example.com'].map((EMAIL) => ({ EMAIL }))
  await put(client, DeadLettersUrl, crashed([{ users: [{ EMAIL: 'dan@example.com' }] }], now).track)
  const removals = crashed([{ users: [{ EMAIL: 'eve@example.com' }], direction: 'remove' }], now).removal
  await put(client, DeadLettersUrl, removals)
  await put(client, SessionDeadLettersUrl, crashed([{ users: inSession, session }], now).session)
  expect((await run('dlq redrive --yes')).stdout).toBe('Redriven: 5 messages with 5 people.\n')
  await endsWith(...['ann', 'cleo', 'dan', 'fay', 'gus', 'hal'].map((name) => `${name}@example.com`))
  const { requests } = await json<{ requests: { body: { session?: object } }[] }>(
    `${stack.graphUrl}/_emulator/requests`,
  )
  expect(requests.flatMap(({ body }) => body.session ?? [])).toMatchObject(
    [1, 2, 3].map((batch_seq) => ({ session_id: 77, batch_seq, last_batch_flag: batch_seq === 3 })),
  )
  client.destroy()
})

test('a token that has become invalid is replaced, and what waits for it is delivered', async () => {
  await emulator('PUT', 'access-tokens', { accessTokens: ['the-next-token'] })
  await track({ userListAdd: ['ian@example.com'] })
  await vi.waitFor(async () => expect((await statusNow()).waiting).toMatchObject([{ audience: AUDIENCE }]), patient)
  expect((await run('token set main -', 'local-access-token')).status).toBe(1)
  expect((await run('token set main -', 'the-next-token')).status).toBe(0)
  await endsWith(...['ann', 'cleo', 'dan', 'fay', 'gus', 'hal', 'ian'].map((name) => `${name}@example.com`))
})

test('a rotated key works at once beside the old one, and alone after --finish', async () => {
  const statusOf = async (key: string) => {
    const headers = { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` }
    const body = '{"event":"OTHER","messageId":"m"}'
    return (await fetch(`${stack.url}/v1/track`, { method: 'POST', headers, body })).status
  }
  const key = (await run('write-key rotate server')).stdout.trim()
  await vi.waitFor(async () => expect(await statusOf(key)).toBe(200), patient)
  expect(await statusOf('local-write-key')).toBe(200)
  expect((await run('write-key rotate server --finish --yes')).stdout).toContain('2 old keys')
  expect((await run('write-key show server')).stdout).toBe(`${key}\n`)
})
