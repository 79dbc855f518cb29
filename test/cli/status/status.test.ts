import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { StackDescription } from '../../../lib/local/description.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'
import { AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { givenUp, put } from '../dead-letters/letters.ts'
import { cli } from '../typed.ts'

let stack: LocalStack

beforeAll(async () => {
  const destinations = [aDestination({ userSchema: ['EMAIL'] })]
  stack = await startTemporaryStack({ sources: [{ name: 'server' }], destinations }, { batchWindow: 0 })
}, 120_000)
afterAll(() => stack.close())

const status = (...args: string[]) => cli(['status', ...args], '', { trackUrl: stack.url })
const patient = { timeout: 60_000, interval: 200 }

async function add(email: string) {
  const answer = await fetch(`${stack.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('local-write-key:').toString('base64')}` },
    body: JSON.stringify({ event: 'USER_ADD', messageId: email, properties: { userListAdd: [{ EMAIL: email }] } }),
  })
  expect(answer.status).toBe(200)
}

test('status shows an audience before and after its first request, why its people wait, and dead letters', async () => {
  const fresh = await status()
  expect(fresh).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`main\t${AUDIENCE}\t\t\tnone yet\t`) as string,
  })
  expect(fresh.stdout).toContain('retry\t0\t0\t0')

  await add('ann@example.com')
  await vi.waitFor(async () => {
    const { status: ended, stdout } = await status()
    expect([ended, stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`main\\t${AUDIENCE}\\t\\d{4}-.*\\t\\+1\\tdelivered`)),
    ])
  }, patient)

  await fetch(`${stack.graphUrl}/_emulator/faults`, {
    method: 'POST',
    body: JSON.stringify({ fault: 'token-expired', times: 1_000 }),
  })
  await add('bob@example.com')
  await vi.waitFor(async () => {
    const { status: ended, stdout, stderr } = await status()
    expect([ended, stdout]).toEqual([1, expect.stringMatching(/graph_190_463\tuntil \d\d:\d\d UTC/)])
    expect(stderr).toMatch(/waits since .* \(graph_190_463\); next attempt/)
    expect(stderr).toContain('put a new one into the secret')
  }, patient)

  const { outputs, awsUrl } = (await (await fetch(`${stack.url}/_local/stack`)).json()) as StackDescription
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: awsUrl, credentials })
  await put(sqs, outputs.DeadLettersUrl ?? '', givenUp(['eve@example.com'], { audience: AUDIENCE }))
  sqs.destroy()
  const all = await status()
  expect(all.stderr).toContain('npm run -s cli -- dlq list')
  const document = JSON.parse((await status('--json')).stdout) as unknown
  expect(document).toMatchObject({
    audiences: [{ destination: 'main', last: { outcome: 'graph_190_463' }, waits: { reason: 'graph_190_463' } }],
    deadLetters: { complete: true, groups: [{ people: 1 }] },
  })
  expect(JSON.stringify([all, document])).not.toContain('example.com')
})

test('status without a stack ends with 3, and says how to start one or name one', async () => {
  const { status: ended, stderr } = await cli(['status'], '', { trackUrl: 'http://127.0.0.1:9' })
  expect([ended, stderr]).toEqual([3, expect.stringContaining('npm start')])
})
