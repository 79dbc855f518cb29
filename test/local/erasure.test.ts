import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ListedErasure } from '../../lib/erasure/listed-erasure.ts'
import type { LocalStack } from '../../lib/local/stack.ts'
import type { LocalStatus } from '../../lib/local/status.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'

/** An audience of the same ad account that another tool fills: no event leads there. */
const NOT_OURS = '23848672402580599'

/** The person who is erased, under a name that is found wherever it stays. */
const CANARY = 'canary.7f3a@example.com'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

let stack: LocalStack
const lines: string[] = []

beforeAll(async () => {
  const main = {
    name: 'main',
    userSchema: ['EMAIL'],
    events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] },
    adAccountId: '1',
  }
  const settings = {
    sources: [{ name: 'server', mayErase: true }, { name: 'other' }],
    destinations: [
      main,
      { ...main, name: 'theirs', events: { NEVER_SENT: NOT_OURS }, sources: ['other'], adAccountId: undefined },
    ],
  }
  stack = await startTemporaryStack(settings, { batchWindow: 0, log: (_, line) => lines.push(line) })
}, 120_000)
afterAll(() => stack.close())

const authorization = `Basic ${Buffer.from('local-write-key-server:').toString('base64')}`

async function post(path: string, body: object) {
  const answer = await fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<string, unknown>
}

async function listed() {
  const answer = await fetch(`${stack.url}/v1/erasures`, { headers: { authorization } })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { erasures: ListedErasure[] }).erasures
}

let events = 0
const add = (...emails: string[]) =>
  post('/v1/track', {
    event: 'USER_ADD',
    messageId: `event-${(events += 1)}`,
    originalTimestamp: new Date().toISOString(),
    properties: { userListAdd: emails.map((EMAIL) => ({ EMAIL })) },
  })

async function becomes(audience: string, ...emails: string[]) {
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${stack.graphUrl}/_emulator/audiences/${audience}/members`)
      const { members } = (await answer.json()) as { members: { EMAIL: string }[] }
      expect(members.map(({ EMAIL }) => EMAIL).sort()).toEqual(emails.map(sha256).sort())
    },
    { timeout: 60_000, interval: 100 },
  )
}

/** Every item of the register's table, each with its partition. */
async function itemsOfTable() {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: stack.awsUrl, credentials })
  const { TableNames: [table = ''] = [] } = await client.send(new ListTablesCommand())
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }))
  const text = ({ S, N, B, NS }: AttributeValue) =>
    [S, N, ...(NS ?? []), B && Buffer.from(B).toString('hex'), B && Buffer.from(B).toString('latin1')].join(' ')
  const items = Items.map((item) => ({
    partition: item.audience?.S ?? '',
    text: Object.values(item).map(text).join(' ').toLowerCase(),
  }))
  return items
}

describe('a person who is erased', () => {
  test('leaves every audience of the ad account, also those that are not ours', async () => {
    await add(CANARY, 'bob@example.com')
    const payload = { schema: ['EMAIL'], data: [[sha256(CANARY)], [sha256('eve@example.com')]] }
    const asOtherTool = await fetch(`${stack.graphUrl}/v26.0/${NOT_OURS}/users`, {
      method: 'POST',
      headers: { authorization: 'Bearer local-access-token', 'content-type': 'application/json' },
      body: JSON.stringify({ payload }),
    })
    expect(asOtherTool.status).toBe(200)
    await becomes(AUDIENCE, CANARY, 'bob@example.com')
    await becomes(OTHER_AUDIENCE, CANARY, 'bob@example.com')

    const { id, removals } = await post('/v1/erase', { users: [{ EMAIL: CANARY }] })
    expect(removals).toMatchObject([
      { destination: 'main', audienceIds: [AUDIENCE, OTHER_AUDIENCE, 'act_1'], users: 1 },
      { destination: 'theirs', audienceIds: [NOT_OURS], users: 1 },
    ])
    await becomes(AUDIENCE, 'bob@example.com')
    await becomes(OTHER_AUDIENCE, 'bob@example.com')
    await becomes(NOT_OURS, 'eve@example.com')

    await vi.waitFor(
      async () => {
        const [newest] = await listed()
        expect(newest).toMatchObject({ id, kind: 'erase', source: 'server', users: 1, state: 'done' })
        expect(newest?.removals).toEqual(
          [
            ['main', AUDIENCE],
            ['main', OTHER_AUDIENCE],
            ['main', 'act_1'],
            ['theirs', NOT_OURS],
          ].map(([destination, audienceId]) => ({ destination, audienceId, users: 1, done: 1, takenBack: 0 })),
        )
      },
      { timeout: 60_000, interval: 100 },
    )
  })

  test('stays out when somebody adds them again, and the others are added', async () => {
    await add(CANARY, 'cleo@example.com')
    await becomes(AUDIENCE, 'bob@example.com', 'cleo@example.com')
    await becomes(OTHER_AUDIENCE, 'bob@example.com', 'cleo@example.com')
    await vi.waitFor(() => expect(lines.some((line) => /users_dropped.*erased/.test(line))).toBe(true))
  })

  test('is found in no store but where the docs say: as a cut hash in the register’s log, which ends after 60 days', async () => {
    await vi.waitFor(async () => {
      const answer = await fetch(`${stack.url}/_local/status`)
      const { queues, deadLetters } = (await answer.json()) as LocalStatus
      expect(queues.map(({ visible, inFlight, delayed }) => visible + inFlight + delayed)).toEqual(queues.map(() => 0))
      expect(deadLetters).toEqual([])
    })

    const traces = [CANARY, 'canary', sha256(CANARY), sha256(CANARY).slice(0, 15)]
    const items = await itemsOfTable()
    const found = items.filter(({ text }) => traces.some((trace) => text.includes(trace)))
    expect([...new Set(found.map(({ partition }) => partition.replace(/\d{5,}/, 'ID')))].sort()).toEqual([
      'log#ID#add',
      'log#ID#remove',
      'log#act_1#remove',
    ])
    expect(
      found.filter(({ text }) => [CANARY, 'canary', sha256(CANARY)].some((trace) => text.includes(trace))),
    ).toEqual([])
    expect(items.map(({ partition }) => partition)).toEqual(
      expect.arrayContaining(['erased', 'erasures', `receipt#${AUDIENCE}`, 'receipt#act_1']),
    )
    expect(lines.filter((line) => traces.some((trace) => line.toLowerCase().includes(trace)))).toEqual([])
  })

  test('can be added again after somebody takes the erasure back', async () => {
    await post('/v1/unerase', { users: [{ EMAIL: CANARY }] })
    await becomes(AUDIENCE, 'bob@example.com', 'cleo@example.com')
    await add(CANARY)
    await becomes(AUDIENCE, 'bob@example.com', 'cleo@example.com', CANARY)
    expect((await listed()).map(({ kind, state }) => [kind, state])).toEqual([
      ['unerase', 'done'],
      ['erase', 'done'],
    ])
  })
})
