import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { StackDescription } from '../../../lib/local/description.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { givenUp, put } from '../dead-letters/letters.ts'
import { cli } from '../typed.ts'

let stack: LocalStack

beforeAll(async () => {
  const destinations = [
    aDestination({ userSchema: ['EMAIL'] }),
    aDestination({ name: 'second', userSchema: ['EMAIL'], events: { B: OTHER_AUDIENCE } }),
  ]
  stack = await startTemporaryStack({ sources: [{ name: 'server' }], destinations }, { batchWindow: 0 })
}, 120_000)
afterAll(() => stack.close())

const status = (...args: string[]) => cli(['status', ...args], '', { trackUrl: stack.url })
const watched = (columns: number, rows: number) =>
  inTerminal(['status', '--watch'], { columns, rows, env: { TRACK_URL: stack.url } })
const patient = { timeout: 60_000, interval: 200 }

async function add(email: string, event = 'USER_ADD') {
  const answer = await fetch(`${stack.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('local-write-key:').toString('base64')}` },
    body: JSON.stringify({ event, messageId: email, properties: { userListAdd: [{ EMAIL: email }] } }),
  })
  expect(answer.status).toBe(200)
}

const fault = (body: object) =>
  fetch(`${stack.graphUrl}/_emulator/faults`, { method: 'POST', body: JSON.stringify({ times: 1_000, ...body }) })

test('all is well, and each audience has no request yet', async () => {
  const fresh = await status()
  expect(fresh.status).toBe(0)
  expect(fresh.stdout).toContain(`audience\tmain\t${AUDIENCE}\t\t\tnone yet\t\t\n`)
  expect(fresh.stdout).toContain('queue\tretry\t0\t0\t0')
  expect(fresh.stdout).toContain('token\tmain\tvalid\t3650')
  expect(JSON.parse((await status('--json')).stdout)).toMatchObject({ needsPerson: [], unread: [] })
})

testInTerminal('sections in which all is well are one line each, and --all shows them whole', async () => {
  const env = { TRACK_URL: stack.url, NO_COLOR: '1' }
  const { status: ended, text } = await (await inTerminal(['status'], { env })).ended()
  const words = text.replaceAll('\r', '')
  expect([ended, words]).toEqual([
    0,
    `local stack at ${stack.url}
All is well.
Queues        empty
Audiences     2, nobody waits; no request yet
Tokens        2, valid, without an end
Dead letters  none
`,
  ])
  const whole = await (await inTerminal(['status', '--all'], { env })).ended()
  expect(whole.text).toContain(`main         ${AUDIENCE}                      none yet`)
})

testInTerminal('--watch gives the window to the shell on Ctrl-Z, and takes it again behind it', async () => {
  const shell = 'set -m; "$0" lib/cli/main.ts status --watch; echo stopped; fg; echo ended'
  const program = ['bash', '-c', shell, process.execPath]
  const term = await inTerminal([], { program, env: { TRACK_URL: stack.url } })
  await term.sees(/Dead letters/)
  term.types('\x1a')
  await term.sees(/stopped/)
  await term.sees(/Dead letters/)
  term.types('\x03')
  await term.sees(/ended/)
  const { raw } = await term.ended()
  const [before = '', after = ''] = raw.split('stopped')
  expect(before.lastIndexOf('\x1b[?1049l')).toBeGreaterThan(before.lastIndexOf('\x1b[?1049h'))
  expect(before.lastIndexOf('\x1b[?25h')).toBeGreaterThan(before.lastIndexOf('\x1b[?25l'))
  expect(after).toContain('\x1b[?1049h')
})

testInTerminal('--watch shows what happens in place, fits the window, and gives it back on Ctrl-C', async () => {
  const term = await watched(80, 24)
  await term.sees(/All is well\.[^]*no request yet/)
  await add('ann@example.com')
  await term.sees(/Audiences +2, nobody waits; last request \d+ s ago, delivered/)
  term.resize(80, 4)
  await term.sees(/… \d more lines: make the window higher/)
  term.types('\x03')
  const { status: ended, raw } = await term.ended()
  expect(ended).toBe(130)
  // The window beside the usual one, without a cursor, and back.
  const [before = '', ...frames] = raw.split('\x1b[?2026h\x1b[H')
  expect(before).toContain('\x1b[?1049h\x1b[?25l')
  expect(frames.length).toBeGreaterThan(2)
  expect(raw).toMatch(/\x1b\[\?25h\x1b\[\?1049l[^]{0,20}$/) // eslint-disable-line no-control-regex -- this is what is meant
  // Nothing is erased before it is drawn anew, and no frame is higher than the window.
  for (const frame of frames) expect(frame).not.toContain('\x1b[2J')
  expect(frames.at(-1)?.split('\r\n').length).toBeLessThanOrEqual(4)
})

test('a delivered request, a paused audience, one that waits for Meta, and dead letters are told apart', async () => {
  await add('ann@example.com')
  await vi.waitFor(async () => {
    const { status: ended, stdout } = await status()
    expect([ended, stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`audience\\tmain\\t${AUDIENCE}\\t\\d{4}-.*Z\\t\\+1\\tdelivered\\t\\t\\n`)),
    ])
  }, patient)

  await fault({ fault: 'rate-limit-80003', audience: OTHER_AUDIENCE, regainMinutes: 60 })
  await add('cleo@example.com', 'B')
  await vi.waitFor(async () => {
    const { status: ended, stdout, stderr } = await status()
    expect(stdout).toMatch(new RegExp(`audience\\tsecond\\t${OTHER_AUDIENCE}\\t.*\\tgraph_80003_2446079\\t\\d{4}-.*Z`))
    expect(stderr).toMatch(/waits since .*\n {2}graph_80003_2446079; next attempt .*, in .*\n {2}.*go on by themselves/)
    // Nobody has to do anything.
    expect(ended).toBe(0)
  }, patient)

  await fault({ fault: 'token-expired', audience: AUDIENCE })
  await add('bob@example.com')
  await vi.waitFor(async () => {
    const { status: ended, stdout, stderr } = await status()
    expect([ended, stdout]).toEqual([1, expect.stringMatching(/\tgraph_190_463\tgraph_190_463\t\d{4}-.*Z/)])
    expect(stderr).toContain('Needs a person: 1 paused audience.')
    expect(stderr).toMatch(/main \d+ is paused since .*\n {2}graph_190_463; next attempt/)
    expect(stderr).toContain('Else store a new one: npm run -s cli -- token set main')
  }, patient)

  const { outputs, awsUrl } = (await (await fetch(`${stack.url}/_local/stack`)).json()) as StackDescription
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: awsUrl, credentials })
  await put(sqs, outputs.DeadLettersUrl ?? '', givenUp(['eve@example.com'], { audience: AUDIENCE }))
  sqs.destroy()
  const all = await status()
  expect(all.stderr).toContain('Needs a person: 1 paused audience, 1 dead letter.')
  expect(all.stdout).toMatch(new RegExp(`dead letters\\tgraph_190_463\\tmain\\t${AUDIENCE}\\tadd\\t1\\t1\\t`))
  const document = JSON.parse((await status('--json')).stdout) as unknown
  expect(document).toMatchObject({
    audiences: [
      { destination: 'main', last: { outcome: 'graph_190_463' }, waits: { reason: 'graph_190_463', passes: false } },
      { destination: 'second', waits: { reason: 'graph_80003_2446079', passes: true } },
    ],
    deadLetters: { complete: true, groups: [{ people: 1 }] },
  })
  expect(JSON.stringify([all, document])).not.toContain('example.com')
})

testInTerminal('a terminal of 80 columns shows why audiences wait, and what to do', async () => {
  const { text } = await (await inTerminal(['status'], { env: { TRACK_URL: stack.url } })).ended()
  expect(text).toContain('Needs a person: 1 paused audience, 1 dead letter.')
  expect(text).toContain('dlq list')
  for (const line of text.split(/[\r\n]+/)) expect(line.length, line).toBeLessThanOrEqual(80)
})

test('--watch in a pipe is one document a line, until it is interrupted', async () => {
  const interruption = new AbortController()
  const ended = cli(['status', '--watch', '--json'], '', { trackUrl: stack.url }, interruption.signal)
  setTimeout(() => interruption.abort(), 3_000)
  const { status: code, stdout } = await ended
  const lines = stdout.trim().split('\n')
  expect([code, lines.length > 1]).toEqual([130, true])
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ needsPerson: ['1 paused audience', '1 dead letter'] })
})

test('status without a stack ends with 3, and says how to start one or name one', async () => {
  const { status: ended, stderr } = await cli(['status'], '', { trackUrl: 'http://127.0.0.1:9' })
  expect([ended, stderr]).toEqual([3, expect.stringContaining('npm start')])
})
