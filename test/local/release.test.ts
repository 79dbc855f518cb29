import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { LocalStack } from '../../lib/local/stack.ts'
import type { LocalStatus } from '../../lib/local/status.ts'
import { AUDIENCE, aDestination } from '../support/settings.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'

let stack: LocalStack
beforeAll(async () => {
  const settings = { sources: [{ name: 'server' }], destinations: [aDestination({ userSchema: ['EMAIL'] })] }
  stack = await startTemporaryStack(settings, { batchWindow: 0 })
}, 120_000)
afterAll(() => stack.close())

async function call<T>(url: string, body?: object): Promise<T> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from('local-write-key:').toString('base64')}`,
  }
  const answer = await fetch(url, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {})
  expect(answer.status).toBe(200)
  return (await answer.json()) as T
}
let events = 0
const add = (EMAIL: string, session: object = {}) =>
  call(`${stack.url}/v1/track`, {
    ...{ event: 'USER_ADD', messageId: `m${(events += 1)}`, properties: { userListAdd: [{ EMAIL }], ...session } },
  })
const status = () => call<LocalStatus>(`${stack.url}/_local/status`)
const members = async () =>
  (await call<{ members: object[] }>(`${stack.graphUrl}/_emulator/audiences/${AUDIENCE}/members`)).members.length
const waitFor = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 100 })

test('what waits for an hour, in the retry queue and in a session, goes at once, and nothing is left', async () => {
  await call(`${stack.graphUrl}/_emulator/faults`, { fault: 'rate-limit-80003', times: 1, regainMinutes: 60 })
  await add('ann@example.com')
  await waitFor(async () => expect((await status()).waiting).toHaveLength(1))
  const { waiting, functions } = await status()
  expect(waiting).toEqual([{ audience: AUDIENCE, destination: 'main', users: 1, until: expect.any(Number) as number }])
  const minutes = ((waiting[0]?.until ?? 0) - stack.now()) / 60_000
  expect(minutes).toBeGreaterThan(50)
  expect(minutes).toBeLessThan(90)

  const consumers = functions.filter(({ name }) => name.startsWith('Consumer')).map(({ pid }) => pid)
  const { released, note } = await call<{ released: number; note: string }>(`${stack.url}/_local/retry`, {})
  expect(released).toBe(1)
  expect(note).toContain('rest')
  await waitFor(async () => expect(await members()).toBe(1))
  const { waiting: left, functions: after, queues } = await status()
  expect(left).toEqual([])
  expect(queues.map(({ visible, delayed }) => visible + delayed)).toEqual(queues.map(() => 0))
  expect(after.map(({ pid }) => pid).filter((pid) => consumers.includes(pid))).toEqual([])
})

test('a session’s message that is hidden goes at once', async () => {
  await call(`${stack.graphUrl}/_emulator/faults`, { fault: 'rate-limit-80003', times: 1, regainMinutes: 60 })
  const session = { sessionIdAdd: 7, batchSequence: 1, lastBatchFlag: true }
  await add('bob@example.com', session)
  const inSession = async () => (await status()).queues.find(({ name }) => name.includes('QueuesSession9'))
  await waitFor(async () => {
    const { requests } = await call<{ requests: { status: number }[] }>(`${stack.graphUrl}/_emulator/requests`)
    expect(requests.at(-1)?.status).toBe(400)
  })
  await waitFor(async () => {
    const { released } = await call<{ released: number }>(`${stack.url}/_local/retry`, {})
    expect(released).toBe(1)
  })
  await waitFor(async () => expect(await members()).toBe(2))
  await waitFor(async () => expect(await inSession()).toMatchObject({ visible: 0, inFlight: 0, delayed: 0 }))
})
