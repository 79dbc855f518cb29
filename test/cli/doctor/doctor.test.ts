import { expect, test } from 'vitest'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../../support/settings.ts'
import { cli } from '../typed.ts'
import { APP_SECRET, TOKEN, aHealthyStack, rowsOf } from './a-healthy-stack.ts'
import type { Healthy } from './a-healthy-stack.ts'

const doctor = ({ stack }: Pick<Healthy, 'stack'>, ...args: string[]) =>
  cli(['doctor', ...args], '', { trackUrl: stack.url })

const DAY_SECONDS = 86_400
const inDays = (days: number) => Math.floor(Date.now() / 1000 + days * DAY_SECONDS)

test('on a healthy stack every check is ok, each in a row without colours, and the command ends with 0', async () => {
  const healthy = await aHealthyStack()
  const { status, stdout, stderr } = await doctor(healthy)
  const rows = rowsOf(stdout)
  expect(rows.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
  expect(status).toBe(0)
  expect(stderr).toMatch(/All \d+ checks are ok\./)
  expect(stdout).not.toContain('\x1b')
  const names = (subject: string) => rows.filter((row) => row.subject === subject).map(({ check }) => check)
  expect(names('token')).toEqual(['token', 'valid', 'type', 'end', 'data access', 'scopes', 'API version'])
  expect(names('ad account act_1')).toEqual(['reachable', 'active', 'terms'])
  expect(names(`audience ${AUDIENCE}`)).toEqual([
    ...['exists', 'customer list', 'writable', 'not flagged', 'value based', 'size', 'sessions'],
  ])
  expect(names('stack')).toEqual([
    ...['track queue', 'track polling', 'removal queue', 'removal polling', 'session queue', 'session polling'],
    ...['retry queue', 'retry polling', 'dead letters', 'session dead letters', 'key of server', 'erasure key'],
  ])
})

test('it only reads: Meta gets readings, and AWS no call that changes anything; the token is in no URL and no output', async () => {
  const healthy = await aHealthyStack()
  const { stdout, stderr } = await doctor(healthy)
  const requests = await healthy.requests()
  expect(requests.length).toBeGreaterThan(3)
  for (const { body, url } of requests) {
    expect(body).toMatchObject({ method: 'get' })
    expect(url).not.toContain(TOKEN)
  }
  const actions = new Set(healthy.stack.calls.map(({ action }) => action))
  expect([...actions].sort()).toEqual(['secretsmanager:GetSecretValue', 'sqs:GetQueueAttributes'])
  expect(stdout + stderr).not.toContain(TOKEN)
})

test('--json is one document with every check, counts and fixes', async () => {
  const healthy = await aHealthyStack()
  await healthy.graph('settings', { termsAccepted: false })
  const { status, stdout } = await doctor(healthy, '--json')
  expect(status).toBe(1)
  const document = JSON.parse(stdout) as { counts: object; checks: object[] }
  expect(document.counts).toMatchObject({ fail: 1, warn: 0, skipped: 0 })
  const terms = { destination: 'main', subject: 'ad account act_1', check: 'terms', outcome: 'fail' }
  expect(document.checks).toContainEqual({
    ...terms,
    finding: expect.stringContaining('terms') as string,
    fix: expect.stringContaining('customaudiences/tos/?act=1') as string,
  })
  expect(document.checks).toContainEqual({
    subject: 'stack',
    check: 'erasure key',
    outcome: 'ok',
    finding: 'it is there',
  })
})

type Case = [
  what: string,
  spoil: (healthy: Healthy) => Promise<unknown>,
  expected: { check: string; outcome: 'warn' | 'fail' | 'skipped'; finding: RegExp; fix?: RegExp },
]

const token = (facts: object) => (healthy: Healthy) => healthy.graph('token', facts)
const audience = (state: object) => (healthy: Healthy) => healthy.graph(`audiences/${AUDIENCE}`, state)
const meta = (settings: object) => (healthy: Healthy) => healthy.graph('settings', settings)
const set = /npm run -s cli -- token set main/

test.each<Case>([
  ['a person’s token', token({ type: 'USER' }), { check: 'type', outcome: 'warn', finding: /a person’s/, fix: set }],
  ['an app’s token', token({ type: 'APP' }), { check: 'type', outcome: 'fail', finding: /type APP/, fix: set }],
  [
    'a token that ends in 6 days',
    token({ expiresAt: inDays(6.5) }),
    { check: 'end', outcome: 'fail', finding: /^in 6 days$/, fix: set },
  ],
  [
    'a token that ends in 29 days',
    token({ expiresAt: inDays(29.5) }),
    { check: 'end', outcome: 'warn', finding: /^in 29 days$/, fix: set },
  ],
  [
    'a data access that ends today',
    token({ dataAccessExpiresAt: inDays(0.5) }),
    { check: 'data access', outcome: 'fail', finding: /^within a day$/, fix: /system user/ },
  ],
  [
    'a token that is granted for another ad account',
    token({ granularScopes: [{ scope: 'ads_management', target_ids: ['2'] }] }),
    { check: 'granted', outcome: 'warn', finding: /other ad accounts/, fix: /choose this ad account/ },
  ],
  [
    'a disabled ad account',
    meta({ accountStatus: 2 }),
    { check: 'active', outcome: 'fail', finding: /disabled/, fix: /https:/ },
  ],
  [
    'an ad account in its grace period',
    meta({ accountStatus: 9 }),
    { check: 'active', outcome: 'warn', finding: /grace period/, fix: /https:/ },
  ],
  [
    'terms that nobody accepted',
    meta({ termsAccepted: false }),
    { check: 'terms', outcome: 'fail', finding: /custom audience terms/, fix: /customaudiences\/tos\/\?act=1/ },
  ],
  [
    'a lookalike audience',
    audience({ subtype: 'LOOKALIKE' }),
    { check: 'customer list', outcome: 'fail', finding: /LOOKALIKE/, fix: /audiences create/ },
  ],
  [
    'an audience that may only be read',
    audience({ permission: 'read' }),
    { check: 'writable', outcome: 'fail', finding: /only read/, fix: /Manage campaigns/ },
  ],
  [
    'a flagged audience',
    audience({ operationStatus: 471 }),
    { check: 'not flagged', outcome: 'fail', finding: /flagged its name/, fix: /Appeal/ },
  ],
  [
    'an audience of which few are recognised',
    audience({ operationStatus: 411 }),
    { check: 'not flagged', outcome: 'warn', finding: /few/, fix: /more fields/ },
  ],
  [
    'a status that nobody knows',
    audience({ operationStatus: 477 }),
    { check: 'not flagged', outcome: 'warn', finding: /477/, fix: /Audience Manager/ },
  ],
  [
    'an audience that no ad can use',
    audience({ deliveryStatus: 400 }),
    { check: 'size', outcome: 'warn', finding: /no ad can use it \(400\)/, fix: /Audience Manager/ },
  ],
  [
    'a queue without a redrive policy',
    ({ redrive }) => redrive('RemovalQueueUrl', undefined),
    { check: 'removal queue', outcome: 'fail', finding: /no redrive policy/, fix: /npm run deploy/ },
  ],
  [
    'a queue whose dead letters go elsewhere',
    ({ redrive }) => redrive('TrackQueueUrl', 'retry'),
    { check: 'track queue', outcome: 'fail', finding: /go to retry/, fix: /npm run deploy/ },
  ],
])('%s is told, with what to do, and nothing else is wrong', async (_, spoil, { check, outcome, finding, fix }) => {
  const healthy = await aHealthyStack()
  await spoil(healthy)
  const { status, stdout } = await doctor(healthy)
  const wrong = rowsOf(stdout).filter((row) => row.outcome !== 'ok')
  expect(wrong).toMatchObject([
    {
      check,
      outcome,
      finding: expect.stringMatching(finding) as string,
      fix: expect.stringMatching(fix ?? /./) as string,
    },
  ])
  expect(status).toBe(outcome === 'fail' ? 1 : 0)
})

test.each<[string, Parameters<typeof aHealthyStack>[0], object]>([
  [
    'a token that nobody has stored',
    { secrets: { 'token/main': 'not-set' } },
    { check: 'token', outcome: 'fail', finding: 'it is not set', fix: 'npm run -s cli -- token set main' },
  ],
  [
    'a secret that is no token',
    { secrets: { 'token/main': 'two words' } },
    { check: 'token', outcome: 'fail', finding: expect.stringMatching(/neither a token nor/) as string },
  ],
  [
    'a token that Meta does not take',
    { secrets: { 'token/main': 'another' } },
    { check: 'valid', outcome: 'fail', fix: 'npm run -s cli -- token set main' },
  ],
  [
    'a token without the app secret that its app wants',
    { appSecret: APP_SECRET },
    { check: 'valid', outcome: 'fail', finding: expect.stringMatching(/graph_100/) as string },
  ],
  [
    'a secret of your own that is not there',
    { destinations: [{ accessTokenSecret: 'meta/main' }] },
    { check: 'token', outcome: 'fail', fix: 'Make the secret meta/main, or name another in "accessTokenSecret".' },
  ],
  [
    'a trial run without a token',
    { destinations: [{ dryRun: true }], secrets: { 'token/main': 'not-set' } },
    { check: 'token', outcome: 'skipped', finding: 'it is not set, and a trial run needs none' },
  ],
])('with %s, Meta is asked for nothing more', async (_, options, expected) => {
  const healthy = await aHealthyStack(options)
  const { stdout } = await doctor(healthy)
  const wrong = rowsOf(stdout).filter((row) => row.outcome !== 'ok')
  expect(wrong).toMatchObject([expected, { check: 'audiences', outcome: 'skipped' }])
})

test('a token with an app secret proves itself in every call', async () => {
  const secrets = { 'token/main': JSON.stringify({ accessToken: TOKEN, appSecret: APP_SECRET }) }
  const { status } = await doctor(await aHealthyStack({ appSecret: APP_SECRET, secrets }))
  expect(status).toBe(0)
})

test.each([
  [{ isValueBasedAudience: true, userSchema: ['EMAIL', 'LOOKALIKE_VALUE'] }, false, 'fail'],
  [{ isValueBasedAudience: true, userSchema: ['EMAIL', 'LOOKALIKE_VALUE'] }, true, 'ok'],
  [{}, true, 'ok'],
  [{}, false, 'ok'],
])('of a destination with %j and an audience whose value base is %s the check is %s', async (more, is, outcome) => {
  const healthy = await aHealthyStack({ destinations: [more] })
  await healthy.graph(`audiences/${AUDIENCE}`, { isValueBased: is })
  const rows = rowsOf((await doctor(healthy)).stdout)
  expect(rows.find(({ check }) => check === 'value based')?.outcome).toBe(outcome)
})

test('an audience that the token does not see fails, and the others of the destination are checked', async () => {
  const healthy = await aHealthyStack({ destinations: [{ events: { A: [AUDIENCE, OTHER_AUDIENCE] } }] })
  await healthy.graph(`audiences/${AUDIENCE}`, { permission: 'none' })
  const { status, stdout } = await doctor(healthy)
  expect(status).toBe(1)
  const of = (id: string) => rowsOf(stdout).filter(({ subject }) => subject === `audience ${id}`)
  expect(of(AUDIENCE)).toMatchObject([
    { check: 'exists', outcome: 'fail', fix: expect.stringMatching(/check the id/) as string },
  ])
  expect(of(OTHER_AUDIENCE).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 7 }, () => 'ok'))
})

test('when no audience tells its ad account, adAccountId does, and without it the check is skipped', async () => {
  for (const [more, expected] of [
    [{ adAccountId: '1' }, { subject: 'ad account act_1', check: 'reachable', outcome: 'ok' }],
    [{}, { subject: 'ad account', check: 'reachable', outcome: 'skipped' }],
  ] as const) {
    const healthy = await aHealthyStack({ destinations: [more] })
    await healthy.graph(`audiences/${AUDIENCE}`, { permission: 'none' })
    expect(rowsOf((await doctor(healthy)).stdout)).toContainEqual(expect.objectContaining(expected))
  }
})

test('an ad account that the token may not reach fails', async () => {
  const healthy = await aHealthyStack({ destinations: [{ adAccountId: '2' }] })
  const { stdout } = await doctor(healthy)
  expect(rowsOf(stdout)).toContainEqual(
    expect.objectContaining({ subject: 'ad account act_2', check: 'reachable', outcome: 'fail' }),
  )
})

test('without ads_management the scopes fail; without any scope what cannot be read is skipped, with the reason', async () => {
  const healthy = await aHealthyStack()
  await healthy.graph('token', { scopes: ['ads_read'] })
  const reading = rowsOf((await doctor(healthy)).stdout)
  expect(reading.filter(({ outcome }) => outcome !== 'ok')).toMatchObject([
    { check: 'scopes', outcome: 'fail', finding: 'ads_management is missing; it has ads_read' },
  ])
  await healthy.graph('token', { scopes: [] })
  const blind = rowsOf((await doctor(healthy)).stdout)
  expect(blind.filter(({ outcome }) => outcome !== 'ok')).toMatchObject([
    { check: 'scopes', outcome: 'fail', finding: 'ads_management is missing' },
    { check: 'reachable', outcome: 'skipped' },
    { check: 'exists', outcome: 'skipped', finding: expect.stringContaining('graph_10') as string },
  ])
})

test('a limit of Meta is told, and fails nothing', async () => {
  const healthy = await aHealthyStack()
  await healthy.graph('faults', { fault: 'rate-limit-80003', audience: AUDIENCE, times: 10 }, 'POST')
  const { status, stdout } = await doctor(healthy)
  expect(status).toBe(0)
  expect(rowsOf(stdout)).toContainEqual(
    expect.objectContaining({
      ...{ subject: `audience ${AUDIENCE}`, check: 'exists', outcome: 'skipped' },
      finding: expect.stringContaining('80003') as string,
    }),
  )
})

test.each(['html-500', 'reset-before-applying', 'service-unavailable', 'garbage-json'])(
  'a single %s of Meta is no finding, because it is asked again; one that stays is told as a failure',
  async (fault) => {
    const healthy = await aHealthyStack()
    await healthy.graph('faults', { fault, audience: AUDIENCE, times: 1 }, 'POST')
    expect((await doctor(healthy)).status).toBe(0)
    await healthy.graph('faults', { fault, audience: AUDIENCE, times: 10 }, 'POST')
    const { status, stdout } = await doctor(healthy)
    expect(status).toBe(1)
    expect(rowsOf(stdout)).toContainEqual(
      expect.objectContaining({
        ...{ check: 'exists', outcome: 'fail', finding: expect.stringMatching(/could not be asked/) as string },
      }),
    )
  },
)

test('Meta out of reach is one failure of each token', async () => {
  const healthy = await aHealthyStack()
  await healthy.meta.close()
  const { status, stdout } = await doctor(healthy)
  expect(status).toBe(1)
  expect(rowsOf(stdout).filter(({ outcome }) => outcome === 'fail')).toMatchObject([
    { check: 'valid', finding: expect.stringMatching(/could not be asked/) as string },
  ])
})

test('an upload session is told; from 85 minutes on it is a warning, and when Meta has ended it, nothing', async () => {
  const healthy = await aHealthyStack()
  const MINUTE = 60_000
  const begin = (minutesAgo: number) => {
    healthy.turnBack(minutesAgo * MINUTE)
    return fetch(`${healthy.meta.url}/v26.0/${AUDIENCE}/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        payload: { schema: ['EMAIL'], data: [['a'.repeat(64)]] },
        session: { session_id: minutesAgo, batch_seq: 1, last_batch_flag: false },
      }),
    })
  }
  const seen = async () => {
    healthy.turnBack(0)
    const rows = rowsOf((await doctor(healthy)).stdout)
    return rows.find(({ check }) => check === 'sessions')
  }
  await begin(95)
  expect(await seen()).toMatchObject({ outcome: 'ok', finding: 'none open' })
  await begin(10)
  expect(await seen()).toMatchObject({ outcome: 'ok', finding: '1 session, the oldest began 10 min ago' })
  await begin(87)
  expect(await seen()).toMatchObject({
    ...{ outcome: 'warn', finding: '2 sessions, the oldest began 1 h ago; Meta ends it after 90 min' },
    fix: expect.stringContaining('lastBatchFlag') as string,
  })
})

test.each([
  ['v25.0', 'warn', /^v25\.0 ends no earlier than 20\d\d-/],
  ['v99.0', 'warn', /newer than this program/],
])('of the version %s the check is %s', async (apiVersion, outcome, finding) => {
  const healthy = await aHealthyStack({ destinations: [{ apiVersion }] })
  const rows = rowsOf((await doctor(healthy)).stdout)
  const version = rows.find(({ check }) => check === 'API version')
  expect(version).toMatchObject({ outcome, finding: expect.stringMatching(finding) as string })
})

test.each<[string, Parameters<typeof aHealthyStack>[0], object[]]>([
  [
    'a source without a key',
    { sources: [{ name: 'server' }, { name: 'shop' }] },
    [{ check: 'key of shop', outcome: 'fail', fix: 'npm run -s cli -- write-key add shop' }],
  ],
  [
    'a signed source without a signing secret',
    { sources: [{ name: 'server', signed: true }] },
    [{ check: 'key of server', outcome: 'fail', finding: 'it is signed, and has no signing secret' }],
  ],
  [
    'an entry that cannot be read',
    { secrets: { 'write-keys': '{"server":5}' } },
    [{ check: 'key of server', outcome: 'fail', finding: 'its entry cannot be read' }],
  ],
  [
    'write keys that are no object',
    { secrets: { 'write-keys': '[]' } },
    [{ check: 'write keys', outcome: 'fail', finding: 'the secret is no JSON object' }],
  ],
  [
    'an empty erasure key',
    { secrets: { 'erasure-key': '' } },
    [{ check: 'erasure key', outcome: 'fail', fix: 'Put its former value back.' }],
  ],
  [
    'a queue that nobody polls',
    { polled: ['track', 'removal', 'retry'] },
    [{ check: 'session polling', outcome: 'fail', finding: 'no function takes its messages' }],
  ],
])('%s is told', async (_, options, expected) => {
  const { status, stdout } = await doctor(await aHealthyStack(options))
  expect(status).toBe(1)
  expect(rowsOf(stdout).filter(({ outcome }) => outcome !== 'ok')).toMatchObject(expected)
})

test('dead letters are a warning, and a queue that is gone a failure', async () => {
  const healthy = await aHealthyStack()
  await healthy.stack.aws.queues.call(
    'SendMessage',
    { QueueUrl: healthy.stack.queueUrl('DeadLettersUrl'), MessageBody: 'x' },
    1,
  )
  const { status, stdout } = await doctor(healthy)
  expect(status).toBe(0)
  expect(rowsOf(stdout).filter(({ outcome }) => outcome !== 'ok')).toMatchObject([
    { check: 'dead letters', outcome: 'warn', finding: '1 message', fix: 'See why: npm run -s cli -- dlq list' },
  ])
  await healthy.stack.aws.queues.call('DeleteQueue', { QueueUrl: healthy.stack.queueUrl('RetryQueueUrl') }, 1)
  expect(rowsOf((await doctor(healthy)).stdout)).toContainEqual(
    expect.objectContaining({ check: 'retry queue', outcome: 'fail' }),
  )
})

test('queues that the role may not ask about are skipped, with the permission that it needs', async () => {
  const denied = { status: 403, text: JSON.stringify({ __type: 'AccessDenied' }) }
  const other = ({ target }: { target: string }) => (target === 'AmazonSQS.GetQueueAttributes' ? denied : undefined)
  const { status, stdout } = await doctor(await aHealthyStack({ other }))
  expect(status).toBe(0)
  const wrong = rowsOf(stdout).filter(({ outcome }) => outcome !== 'ok')
  expect(wrong).toMatchObject(
    Array.from({ length: 6 }, () => ({ outcome: 'skipped', fix: 'Allow it sqs:GetQueueAttributes.' })),
  )
})

test('--destination checks that one and the stack; a name that is not there is wrong usage', async () => {
  const healthy = await aHealthyStack({ destinations: [{}, { name: 'second', events: { B: OTHER_AUDIENCE } }] })
  const { status, stdout } = await doctor(healthy, '--destination', 'main')
  expect(status).toBe(0)
  expect(new Set(rowsOf(stdout).map(({ destination }) => destination))).toEqual(new Set(['main', '']))
  const wrong = await doctor(healthy, '--destination', 'secnd')
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean second?')])
})

test('without a stack it ends with 3', async () => {
  expect((await cli(['doctor'], '', { trackUrl: 'http://127.0.0.1:9' })).status).toBe(3)
})

testInTerminal(
  'in a terminal of 80 columns there is a sign and a word for each check, and the fix below a failure',
  async () => {
    const healthy = await aHealthyStack()
    await healthy.graph('settings', { termsAccepted: false })
    await healthy.graph('token', { type: 'USER', expiresAt: inDays(20.5) })
    const { status, text, raw } = await (
      await inTerminal(['doctor'], { env: { TRACK_URL: healthy.stack.url } })
    ).ended()
    expect(status).toBe(1)
    expect(text).toMatch(/^main: ad account act_1$/m)
    expect(text).toMatch(/^ {2}✓ ok {7}reachable {2}"Graph API emulator"$/m)
    expect(text).toMatch(/^ {2}✗ fail {5}terms {6}nobody of the business has accepted/m)
    expect(text).toMatch(/^ {4}→ A person of the business/m)
    expect(text).toMatch(/^ {2}! warn {5}end {10}in 20 days$/m)
    expect(text).toMatch(/1 failed, 2 warnings, \d+ ok\./)
    expect(raw).toContain('\x1b[31m✗ fail')
    for (const line of text.split(/[\r\n]+/))
      if (!line.includes('https://')) expect(line.length).toBeLessThanOrEqual(80)
  },
)
