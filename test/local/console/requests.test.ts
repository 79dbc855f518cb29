import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { SettingsPicture } from '../../../lib/local/console/feed.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { PATIENCE, aConsole, ask } from './a-console.ts'

let stack: LocalStack
let the: ReturnType<typeof aConsole>
beforeAll(async () => {
  const settings = {
    sources: [{ name: 'server' }, { name: 'web', allowedOrigins: ['https://shop.example'] }],
    destinations: [
      aDestination({ sources: ['server', 'web'] }),
      aDestination({
        ...{ name: 'crm', userSchema: ['EMAIL', 'EXTERN_ID'], userFields: { EXTERN_ID: ['userId'] } },
        ...{ events: { Signup: { audiences: OTHER_AUDIENCE, action: 'add' } }, memberships: { vip: OTHER_AUDIENCE } },
      }),
    ],
  }
  stack = await startTemporaryStack(settings, { batchWindow: 0 })
  the = aConsole(stack)
}, 120_000)
afterAll(() => stack.close())

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

const PAGES = ['/console', '/']
const GETS = [
  ...['/console/page.js', '/console/page.css', '/_local/console', '/_local/console/stream', '/_local/console/faults'],
  ...[`/_local/console/audiences/${AUDIENCE}/members`, '/_local/stack', '/_local/status'],
]
const POSTS = ['explain', 'send', 'sample', 'faults', 'redrive', 'clear'].map((name) => `/_local/console/${name}`)
const opening = { accept: 'text/html,*/*;q=0.8' }

test.each([
  ['another Host', { host: 'evil.example' }],
  ['another Origin', { origin: 'https://evil.example' }],
  ['no Origin that can be named', { origin: 'null' }],
])('%s is refused for every path', async (_, headers) => {
  for (const path of [...PAGES, ...GETS])
    expect([path, (await ask(`${stack.url}${path}`, { ...opening, ...headers })).status]).toEqual([path, 403])
  for (const path of [...POSTS, '/_local/retry'])
    expect([path, (await ask(`${stack.url}${path}`, headers, 'POST')).status]).toEqual([path, 403])
  expect((await ask(`${stack.url}/_local/console/faults`, headers, 'DELETE')).status).toBe(403)
})

test('what another website embeds is refused for every path, and a link from one may open the page alone', async () => {
  for (const site of ['cross-site', 'same-site']) {
    const headers = { 'sec-fetch-site': site }
    for (const path of GETS) expect([path, (await ask(`${stack.url}${path}`, headers)).status]).toEqual([path, 403])
    for (const path of POSTS) expect((await ask(`${stack.url}${path}`, headers, 'POST')).status).toBe(403)
    for (const path of PAGES)
      expect((await ask(`${stack.url}${path}`, { ...headers, ...opening })).status).toBeLessThan(400)
  }
  expect((await ask(`${stack.graphUrl}/_emulator/requests`, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
})

test('this machine’s own pages and programs are answered', async () => {
  const { port } = new URL(stack.url)
  for (const headers of [{}, { origin: `http://localhost:${port}` }, { 'sec-fetch-site': 'same-origin' }])
    for (const path of GETS) expect([path, (await ask(`${stack.url}${path}`, headers)).status]).toEqual([path, 200])
})

test('answers are kept by nobody, guessed at by no browser, and open to no other page', async () => {
  for (const path of ['/console', ...GETS]) {
    const { headers } = await ask(`${stack.url}${path}`, opening)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
  const { headers, text } = await ask(`${stack.url}/console`, opening)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(text).toContain('<!doctype html>')
})

test('the front pages of both ports lead a browser to the console, and a program to what it always got', async () => {
  const page = await ask(`${stack.url}/`, opening)
  expect([page.status, page.headers.location]).toEqual([303, '/console'])
  expect((await ask(`${stack.url}/`)).text).toContain('not_found')
  const graph = await ask(`${stack.graphUrl}/`, opening)
  expect([graph.status, graph.headers.location]).toEqual([303, `${stack.url}/console`])
  expect((await ask(`${stack.graphUrl}/`)).text).toContain('2635')
})

test('a body that is too large, no JSON, or not said to be JSON is refused with the reason', async () => {
  const answer = async (body: string, type = 'application/json') => {
    const given = await fetch(`${stack.url}/_local/console/explain`, {
      ...{ method: 'POST', headers: { 'content-type': type }, body },
    })
    return [given.status, ((await given.json()) as { error?: string }).error]
  }
  expect(await answer(JSON.stringify({ text: 'x'.repeat(1024 * 1024) }))).toEqual([
    413,
    'the body may have 1048576 bytes at most',
  ])
  expect(await answer('{')).toEqual([400, 'the body is no JSON'])
  expect((await answer('{}', 'text/plain'))[0]).toBe(415)
  expect(await answer('{"text": 1}')).toEqual([400, 'text: must be text'])
  expect((await answer('{"text": "{}", "more": 1}'))[0]).toBe(400)
})

test('an event is explained as by the command, with its mistakes, and its JSON by line and column', async () => {
  const explained = async (text: string, source?: string) =>
    (await the.post('/_local/console/explain', { text, ...(source !== undefined && { source }) })).body
  const event = { event: 'USER_ADD', properties: { userListAdd: [{ EMAIL: ' Ann@Example.com ', FN: 'Ann' }] } }
  const { explanation } = (await explained(JSON.stringify(event), 'server')) as {
    explanation: { requests: { audienceId: string; body: { payload: { data: string[][] } } }[]; warnings: object[] }
  }
  expect(explanation.requests).toMatchObject([
    { audienceId: AUDIENCE, body: { payload: { data: [[hash('ann@example.com'), hash('ann')]] } } },
  ])
  const wrong = { ...event, event: 'USER_AD' }
  expect(await explained(JSON.stringify(wrong))).toMatchObject({ explanation: { error: { code: 'event_unmapped' } } })
  expect(await explained('{\n  "event": oops\n}')).toEqual({
    problem: { message: 'The text is no JSON from line 2, column 12 on', line: 2, column: 12 },
  })
  expect(await explained('{"a": [1')).toMatchObject({ problem: { line: 1, column: 9 } })
  expect(await explained('{}', 'nobody')).toEqual({ error: 'source: "nobody" is none; there are server, web' })
})

test('a text that is far too large or too deep for an event is refused at once, and what is in quotation marks is no level', async () => {
  for (const path of ['explain', 'send']) {
    const refusal = async (text: string) => {
      const { status, body } = await the.post(`/_local/console/${path}`, { text })
      return [status, body.error]
    }
    expect(await refusal('['.repeat(900_000))).toEqual([400, expect.stringContaining('200000 characters at most')])
    expect(await refusal('['.repeat(150_000))).toEqual([400, expect.stringContaining('100 levels deep at most')])
    expect((await refusal('"\\'.repeat(99_999)))[0]).toBe(200)
    expect((await refusal('{"a":'.repeat(101) + '1' + '}'.repeat(101)))[0]).toBe(400)
    expect((await refusal(`{"a\\\\": "${'['.repeat(500)}"}`))[0]).toBe(200)
  }
})

test('what is typed is sent with the key of its source, and ingest’s answer is handed back', async () => {
  const event = { event: 'USER_ADD', messageId: 'typed', properties: { userListAdd: [{ EMAIL: 'typed@example.com' }] } }
  for (const source of ['server', 'web']) {
    const { body } = await the.post('/_local/console/send', { text: JSON.stringify(event), source })
    expect(body).toMatchObject({ status: 200, body: { success: true, accepted: 1 } })
    expect((await the.state()).calls[0]).toMatchObject({ source, messageId: 'typed', verdict: 'accepted' })
  }
  const { body } = await the.post('/_local/console/send', { text: '{' })
  expect(body).toMatchObject({ status: 400, body: { code: 'invalid_json' } })
})

test('a thousand made-up people come into an audience, and the last of them go again', async () => {
  const members = async (query = '') =>
    the.get<{ total: number; members: Record<string, string>[] }>(
      `/_local/console/audiences/${AUDIENCE}/members${query}`,
    )
  const reach = (total: number) =>
    vi.waitFor(async () => expect((await members()).total).toBe(total), { timeout: 60_000, interval: 200 })
  // The one who was typed before.
  await reach(1)
  const before = 1
  const sample = async (people: number, list: string) =>
    expect((await the.post('/_local/console/sample', { people, list })).body).toMatchObject({ status: 200 })
  await sample(1000, 'add')
  await reach(before + 1000)
  await sample(1, 'add')
  await reach(before + 1001)
  await sample(1, 'remove')
  await reach(before + 1000)
  const page = await members(`?from=${before + 995}&count=100`)
  expect(page.members).toHaveLength(5)
  expect(page.members[0]).toEqual({
    EMAIL: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    FN: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  })
  expect((await members('?from=x&count=-1')).members).toHaveLength(100)
  await vi.waitFor(async () => {
    const state = (await the.state()).pipeline.audiences.find(({ id }) => id === AUDIENCE)
    expect(state).toMatchObject({ members: before + 1000, destinations: ['main'], last: { outcome: 'delivered' } })
    expect(state?.sizes.at(-1)?.[1]).toBe(before + 1000)
  }, PATIENCE)
})

test('the settings are shown as they lead calls on, with keys and warnings', async () => {
  const { settings } = await the.state()
  expect(settings).toMatchObject({ trackUrl: `${stack.url}/`, graphUrl: stack.graphUrl, hasEmulator: true })
  expect(settings.sources).toEqual([
    { name: 'server', writeKey: 'local-write-key', fields: ['EMAIL', 'FN', 'EXTERN_ID'] },
    { name: 'web', writeKey: 'local-write-key', fields: ['EMAIL', 'FN'] },
  ] satisfies SettingsPicture['sources'])
  expect(settings.mappings).toContainEqual({
    ...{ source: 'server', kind: 'event', name: 'Signup', action: 'add', destination: 'crm' },
    ...{ audiences: [OTHER_AUDIENCE], dryRun: false },
  })
  expect(settings.mappings.filter(({ source }) => source === 'web')).toHaveLength(1)
})

test('faults are told in a line each, planned, and taken back; one that is unknown is refused with the names', async () => {
  const { faults } = await the.get<{ faults: { fault: string; about: string }[] }>('/_local/console/faults')
  expect(faults.find(({ fault }) => fault === 'token-expired')?.about).toContain('190/463')
  expect(faults.every(({ about }) => about !== '' && !about.includes('\n'))).toBe(true)
  await the.settled()
  await the.fault({ fault: 'hang', audience: AUDIENCE, times: 2 })
  const planned = [{ fault: 'hang', audience: AUDIENCE, times: 2 }]
  await vi.waitFor(async () => expect((await the.state()).pipeline.faults).toEqual(planned), PATIENCE)
  await fetch(`${stack.url}/_local/console/faults`, { method: 'DELETE' })
  await vi.waitFor(async () => expect((await the.state()).pipeline.faults).toEqual([]), PATIENCE)
  const { status, body } = await the.post('/_local/console/faults', { fault: 'nonsense', times: 1 })
  expect([status, body.error]).toEqual([400, expect.stringContaining('allowed: unknown-error')])
})

test('nothing personal is in any answer, whatever a call holds', async () => {
  const canary = 'canary-jane@example.com'
  const user = { EMAIL: canary, FN: 'Canaryname', LN: 'Canarylast', PHONE: '+4930canary', EXTERN_ID: 'canary-id' }
  const traits = { email: canary, firstName: 'Canaryname', vip: true, canarytrait: 1 }
  const calls = [
    { event: 'USER_ADD', messageId: canary, properties: { userListAdd: [user, 'canary', { FN: 'Canaryname' }] } },
    { event: 'USER_ADD', properties: { userListDelete: [user], canarykey: canary } },
    { event: 'Signup', userId: 'canary-id', traits, context: { traits, ip: 'canary' } },
    { type: 'identify', userId: canary, traits },
    { type: 'record', action: 'insert', fields: user, identifiers: user },
    { event: `Order of ${canary}`, properties: user },
    { event: 'Call of +49 170 555 0100', messageId: '(0170) 555-0100-9', properties: user },
    { event: 'USER_ADD', properties: user },
    { type: 'track', properties: { canary } },
    'canary',
  ]
  expect(await the.send(calls)).toBe(200)
  expect(await the.send({ writeKey: canary, batch: calls }, 'canary-key')).toBe(401)
  await the.settled()
  const texts = await Promise.all(
    ['/_local/console', '/_local/stack', '/_local/status', '/_local/console/faults']
      .concat([AUDIENCE, OTHER_AUDIENCE].map((id) => `/_local/console/audiences/${id}/members?count=1000`))
      .map(async (path) => (await ask(`${stack.url}${path}`)).text),
  )
  expect(texts.join('\n')).not.toMatch(/canary|jane|call of|\(0170/i)
  // So the above does not succeed by silence.
  const { calls: shown } = await the.state()
  expect(shown.length).toBeGreaterThan(8)
  expect(shown.filter(({ leftOutCount }) => leftOutCount > 0).length).toBeGreaterThan(0)
  expect(shown.find(({ name }) => name.includes('phone'))?.messageId).toBe('(not shown: it may be a phone number)')
  expect(texts.at(-1)).toContain('(no hash: not shown)')
})

test('clearing forgets calls, members, requests and faults', async () => {
  await the.fault({ fault: 'hang', times: 1 })
  expect((await the.post('/_local/console/clear')).body).toEqual({ cleared: true })
  await vi.waitFor(async () => {
    const { calls, pipeline } = await the.state()
    expect(calls).toEqual([])
    expect(pipeline.faults).toEqual([])
    expect(pipeline.audiences.map(({ members }) => members)).toEqual([0, 0])
  }, PATIENCE)
})
