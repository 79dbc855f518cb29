import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { identifierOf } from '../../../lib/audience/identifiers.ts'
import { createLogTable } from '../../../lib/aws/register-table.ts'
import { createReceiptTable } from '../../../lib/aws/receipt-table.ts'
import { createWaitNoteTable } from '../../../lib/aws/wait-note-table.ts'
import { startGraphApi } from '../../../lib/emulator/meta/server.ts'
import { encodeWords } from '../../../lib/register/entries.ts'
import { AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'
import { sha256 } from '../dead-letters/letters.ts'
import { STACK_NAME, aStack } from '../a-stack.ts'
import type { CloudWatchAnswer } from '../a-stack.ts'
import { cli } from '../typed.ts'

const file = { sources: [{ name: 'server' }], destinations: [aDestination({ userSchema: ['EMAIL'] })] }
const MINUTE = 60_000
const TOKEN = 'EAAGoodToken'
const signal = new AbortController().signal

afterEach(() => vi.unstubAllEnvs())

const quiet = (action: string): CloudWatchAnswer => ({
  status: 200,
  body: action === 'DescribeAlarms' ? { MetricAlarms: [], CompositeAlarms: [] } : { MetricDataResults: [] },
})

/** A deployed stack, its register, and its commands. */
async function deployed({ token = TOKEN, cloudWatch = quiet } = {}) {
  const meta = await startGraphApi({ port: 0, audiences: [AUDIENCE], accessTokens: [TOKEN] })
  onTestFinished(() => meta.close())
  const stack = await aStack({
    ...{ settings: settingsOf(file), secrets: { 'token/main': token }, graphUrl: meta.url },
    ...{ hasRegister: true, cloudWatch },
  })
  // The addresses of queues are those of the emulator itself, and the SDK warns where they are not its endpoint’s.
  const env = { ...stack.deployed, AWS_ENDPOINT_URL_SQS: stack.aws.url }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const client = new DynamoDBClient({ endpoint: stack.aws.url })
  const directory = mkdtempSync(join(tmpdir(), 'deployed-'))
  const destinations = join(directory, 'destinations.json')
  writeFileSync(destinations, JSON.stringify(file))
  onTestFinished(() => {
    client.destroy()
    rmSync(directory, { recursive: true })
  })
  return {
    log: createLogTable(client, 'register'),
    receipts: createReceiptTable(client, 'register', { sleep: () => Promise.resolve(), random: () => 0 }),
    notes: createWaitNoteTable(client, 'register'),
    run: (...args: string[]) => cli([...args, '--stack', STACK_NAME], '', { destinations }),
  }
}
type Deployed = Awaited<ReturnType<typeof deployed>>

const waits = ({ notes }: Deployed, reason: string, now = Date.now()) =>
  notes.write(
    {
      ...{ audienceId: AUDIENCE, destination: 'main', reason },
      ...{ at: now - MINUTE, since: now - 5 * MINUTE, until: now + 30 * MINUTE },
    },
    signal,
  )
const receipt = (at: number, outcome: string, direction: 'add' | 'remove' = 'add', fbtraceId = `trace-${at}`) => ({
  ...{ id: String(at), audienceId: AUDIENCE, at, destination: 'main', direction, count: 3 },
  ...{ outcome, invalid: 0, ms: 5, fbtraceId },
})

describe('status --stack', () => {
  test('shows raised alarms of this stack, how old the oldest message is, and ends with 1', async () => {
    const alarm = (AlarmName: string, StateValue = 'ALARM') => ({
      ...{
        AlarmName,
        StateValue,
        AlarmDescription: 'Users were given up. Runbook: x',
        StateUpdatedTimestamp: 1_700_000_000,
      },
    })
    const stack = await deployed({
      cloudWatch: (action) => ({
        status: 200,
        body:
          action === 'DescribeAlarms'
            ? {
                MetricAlarms: [
                  alarm(`${STACK_NAME}-SyncAlarmsDeadLetters1F2E-1A2B3C`),
                  alarm(`${STACK_NAME}-eu-SyncAlarmsRetryAge1F2E-1A2B3C`),
                  alarm(`${STACK_NAME}-SyncAlarmsTrackAge1F2E-1A2B3C`, 'OK'),
                ],
              }
            : { MetricDataResults: [{ Id: 'm3', Values: [4_000, 3_940] }] },
      }),
    })
    const { status, stdout, stderr } = await stack.run('status')
    expect(status).toBe(1)
    expect(stderr).toContain('Needs a person: 1 alarm.')
    expect(stdout).toContain('alarm\tSyncAlarmsDeadLetters1F2E\t2023-11-14T22:13:20.000Z\tUsers were given up.')
    expect(stdout).not.toMatch(/RetryAge|TrackAge/)
    expect(stdout).toContain('queue\tretry\t0\t0\t0\t4000\n')
    expect(stdout).toContain('token\tmain\tvalid\t3650')
  })

  test('without the permission for alarms everything else is shown; it says so, and ends with 3', async () => {
    const refused = { __type: 'com.amazonaws#AccessDeniedException', message: 'not authorized' }
    const stack = await deployed({ cloudWatch: () => ({ status: 400, body: refused }) })
    const { status, stdout, stderr } = await stack.run('status')
    expect(status).toBe(3)
    expect(stderr).toContain('Alarms and ages could not be read')
    expect(stderr).toContain('Your AWS role needs the permission')
    expect(stdout).toContain(`audience\tmain\t${AUDIENCE}`)
  })

  test.each([
    ['not-set', 'token_not_set'],
    ['EAAWithdrawn', 'invalid'],
    ['two words', 'token_unreadable'],
  ])('a secret that holds %s needs a person', async (token, state) => {
    const stack = await deployed({ token })
    const { status, stdout, stderr } = await stack.run('status')
    expect([status, stdout]).toEqual([1, expect.stringContaining(`token\tmain\t${state}`)])
    expect(stderr).toContain('Needs a person: 1 token.')
  })

  test('a note whose time has passed, or after which something was delivered, is over', async () => {
    const stack = await deployed()
    await waits(stack, 'graph_190_463')
    expect((await stack.run('status')).stderr).toContain('1 paused audience')
    await stack.receipts.write([receipt(Date.now(), 'delivered')], signal)
    expect(await stack.run('status')).toMatchObject({ status: 0 })
    await waits(stack, 'graph_190_463', Date.now() - 31 * MINUTE)
    expect(await stack.run('status')).toMatchObject({ status: 0 })
  })
})

describe('retry --stack', () => {
  test('says that SQS cannot do that, and when the next attempt is', async () => {
    const stack = await deployed()
    expect(await stack.run('retry')).toMatchObject({ status: 0, stdout: 'Nobody waits for a minute or longer.\n' })
    await waits(stack, 'graph_80003_2446079')
    const { status, stdout, stderr } = await stack.run('retry')
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /main \d+ waits since .*\n {2}graph_80003_2446079; next attempt \d{4}-.* UTC, in (30 min|29 )/,
    )
    expect(stderr).toContain('SQS cannot')
    expect(JSON.parse((await stack.run('retry', '--json')).stdout)).toMatchObject({
      waiting: [{ audienceId: AUDIENCE, reason: 'graph_80003_2446079' }],
    })
  })
})

describe('why --stack', () => {
  const identifier = identifierOf('EMAIL', sha256('ann@example.com')) ?? ''
  const words = (...times: number[]) =>
    encodeWords(times.map((at) => ({ identifiers: [identifier], at })))[0] ?? new Uint8Array()
  const others = () => encodeWords([{ identifiers: ['1000000000000000'], at: Date.now() }])[0] ?? new Uint8Array()

  test('finds the newest event whenever it was written, and the request that delivered it', async () => {
    const stack = await deployed()
    const now = Date.now() - 10 * MINUTE
    const append = (key: number, entries: Uint8Array, direction: 'add' | 'remove' = 'add') =>
      stack.log.append({ audienceId: AUDIENCE, direction, key, entries })
    // The newer event was written first.
    await append(now - 60 * MINUTE, words(now - 61 * MINUTE, now - 70 * MINUTE))
    await append(now, words(now - 90 * MINUTE))
    await append(now + 1, others())
    await append(now - 80 * MINUTE, words(now - 80 * MINUTE), 'remove')
    await stack.receipts.write(
      [
        receipt(now - 65 * MINUTE, 'delivered', 'add', 'too-early'),
        receipt(now - 59 * MINUTE, 'timeout'),
        receipt(now - 58 * MINUTE, 'delivered', 'remove', 'other-direction'),
        receipt(now - 57 * MINUTE, 'delivered', 'add', 'the-one'),
        receipt(now - 56 * MINUTE, 'delivered', 'add', 'later'),
      ],
      signal,
    )
    const { audiences } = JSON.parse((await stack.run('why', 'ann@example.com', '--json')).stdout) as {
      audiences: object[]
    }
    expect(audiences).toMatchObject([
      {
        state: 'in',
        added: { event: new Date(now - 61 * MINUTE).toISOString(), request: { fbtraceId: 'the-one' } },
        removed: { event: new Date(now - 80 * MINUTE).toISOString() },
      },
    ])
    expect(audiences[0]).not.toHaveProperty('messages')
  })

  test('a removal of the same time wins, and what was not delivered since is said', async () => {
    const stack = await deployed()
    const now = Date.now()
    for (const direction of ['add', 'remove'] as const)
      await stack.log.append({ audienceId: AUDIENCE, direction, key: now, entries: words(now - MINUTE) })
    const { stdout } = await stack.run('why', 'ann@example.com')
    expect(stdout).toContain('the removal was not delivered since')
    expect(stdout).toContain('Erased? Not known: no source of the settings has "mayErase"')
  })

  test('the queues of a deployed stack cannot be searched, so the note of the audience is told', async () => {
    const stack = await deployed()
    await waits(stack, 'graph_190_463')
    const { stdout } = await stack.run('why', 'ann@example.com')
    expect(stdout).toContain('no event about them')
    expect(stdout).toMatch(/the audience waits until .* \(graph_190_463\): newer events may wait, too/)
  })
})
