import { request } from 'node:http'
import { expect, it } from 'vitest'
import { INITIAL_SETTINGS } from '../../../lib/emulator/meta/settings.ts'
import { AUDIENCE, TOKEN, aGraphApi } from './running-graph-api.ts'

const users = `/v26.0/${AUDIENCE}/users`
const payload = { schema: 'EXTERN_ID', data: ['a'] }
const json = { 'content-type': 'application/json' }

it('every request is kept as it came, newest last, with the status it got', async () => {
  const graph = await aGraphApi()
  await graph.read(AUDIENCE)
  await graph.add(payload, { session_id: 1, batch_seq: 2 })
  await graph.add({ schema: 'EXTERN_ID', data: [['a', 'b']] })
  expect(await graph.requests()).toMatchObject([
    { at: '2026-09-15T12:00:00.000Z', method: 'GET', url: `/v26.0/${AUDIENCE}`, body: null, status: 200 },
    { method: 'POST', url: users, body: { payload, session: { session_id: 1, batch_seq: 2 } }, status: 200 },
    { status: 400 },
  ])
})

it.each([
  ['a Bearer header', {}, ''],
  ['the query string', { headers: { authorization: '' } }, `?access_token=${TOKEN}&input_token=${TOKEN}&x=${TOKEN}`],
  [
    'a JSON field',
    {
      headers: { ...json, authorization: '' },
      body: JSON.stringify({ access_token: TOKEN, payload, deep: [{ again: `${TOKEN}!` }] }),
    },
    '',
  ],
  ['a form field', { headers: { authorization: '' }, body: new URLSearchParams({ access_token: TOKEN }) }, ''],
  ['another header', { headers: { 'x-note': TOKEN } }, ''],
  ['a body that cannot be read', { headers: json, body: `{"access_token":"${TOKEN}"` }, ''],
] satisfies [string, RequestInit, string][])('the token is masked when it comes as %s', async (_name, init, query) => {
  const graph = await aGraphApi()
  await graph.call('POST', users + query, init)
  expect(await graph.requests()).toHaveLength(1)
  expect(JSON.stringify(await graph.requests())).not.toContain(TOKEN)
})

it.each([
  ['a Bearer header', { headers: { authorization: 'Bearer a-stolen-token' } }, ''],
  [
    'a Bearer header beside a body that cannot be read',
    { headers: { ...json, authorization: 'Bearer a-stolen-token' }, body: '{' },
    '',
  ],
  ['the query string', { headers: { authorization: '' } }, '?access_token=a-stolen-token'],
] satisfies [string, RequestInit, string][])(
  'a token that is not valid is masked too, in %s',
  async (_name, init, query) => {
    const graph = await aGraphApi()
    await graph.call('POST', users + query, init)
    expect(JSON.stringify(await graph.requests())).not.toContain('stolen')
  },
)

it('a payload in the query string is shown parsed', async () => {
  const graph = await aGraphApi()
  await graph.call('DELETE', `${users}?${String(new URLSearchParams({ payload: JSON.stringify(payload) }))}`)
  expect(await graph.requests()).toMatchObject([{ body: { payload } }])
})

it('of a long payload the first 100 rows and the number of all are kept', async () => {
  const graph = await aGraphApi()
  const data = Array.from({ length: 101 }, (_, index) => `u${index}`)
  await graph.add({ schema: 'EXTERN_ID', data })
  expect(await graph.requests()).toMatchObject([{ body: { payload: { data: data.slice(0, 100), dataLength: 101 } } }])
})

it('only so many requests are kept as is set', async () => {
  const graph = await aGraphApi({ settings: { requestsKept: 2 } })
  for (const field of ['id', 'name', 'subtype']) await graph.read(`${AUDIENCE}?fields=${field}`)
  expect((await graph.requests()).map(({ url }) => String(url).split('=')[1])).toEqual(['name', 'subtype'])
})

it('a request to the emulator itself is not kept, needs no token, and is not struck by faults', async () => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: 'html-500' })
  const response = await graph.raw('/_emulator/requests')
  expect(await response.json()).toEqual({ requests: [] })
})

it('only this machine’s own names and pages reach it; the Graph API does not ask', async () => {
  const graph = await aGraphApi()
  const statusOf = (path: string, headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      request(`${graph.url}${path}`, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
  const { port } = new URL(graph.url)
  expect(await statusOf('/_emulator/requests', { host: `localhost:${port}` })).toBe(200)
  expect(await statusOf('/_emulator/requests', { origin: `http://127.0.0.1:${port}` })).toBe(200)
  expect(await statusOf('/_emulator/requests', { host: 'evil.example' })).toBe(403)
  expect(await statusOf('/_emulator/requests', { origin: 'http://evil.example' })).toBe(403)
  const headers = { host: 'graph.example', origin: 'http://evil.example', authorization: `Bearer ${TOKEN}` }
  expect(await statusOf(`/v26.0/${AUDIENCE}`, headers)).toBe(200)
})

it('a reset empties audiences and sessions and takes back settings, usage, faults and requests', async () => {
  const graph = await aGraphApi({ settings: { quota: 1 } })
  await graph.add(payload, { session_id: 1, batch_seq: 1 })
  await graph.control('PATCH', 'settings', { quota: 5 })
  await graph.control('POST', 'faults', { fault: 'hang' })
  await graph.control('POST', 'reset')
  expect(await graph.members()).toEqual([])
  expect(await graph.requests()).toEqual([])
  expect((await graph.control('GET', 'faults')).body.faults).toEqual([])
  expect((await graph.control('GET', 'settings')).body).toMatchObject({ quota: 1 })
  expect((await graph.read(`${AUDIENCE}/sessions`)).body).toEqual({ data: [] })
})

it('settings start as documented, change singly, and are refused as a whole when one is wrong', async () => {
  const graph = await aGraphApi()
  expect((await graph.control('GET', 'settings')).body).toEqual(INITIAL_SETTINGS)
  const changed = await graph.control('PATCH', 'settings', { tier: 'full', delayMs: 5 })
  expect(changed.body).toEqual({ ...INITIAL_SETTINGS, tier: 'full', delayMs: 5 })
  const refused = await graph.control('PATCH', 'settings', { delayMs: 7, colour: 'red' })
  expect(refused.status).toBe(400)
  expect(refused.body.error).toContain('allowed: delayMs, tier')
  expect((await graph.control('GET', 'settings')).body).toMatchObject({ delayMs: 5 })
})

it.each([
  ['{"tier":"gold"}', 'limited or full'],
  ['{"delayMs":-1}', 'whole number from 0'],
  ['{"quota":0}', 'from 1, or null'],
  ['{"autoUpgrade":"yes"}', 'true or false'],
  ['[]', 'object'],
  ['{', 'JSON'],
])('the settings %s are refused', async (body, hint) => {
  const graph = await aGraphApi()
  const answer = await graph.call('PATCH', '/_emulator/settings', { body })
  expect(answer.status).toBe(400)
  expect(answer.body.error).toContain(hint)
})

it.each(['/_emulator', '/_emulator/nothing', '/_emulator/audiences/404/members'])('%s is not found', async (path) => {
  const graph = await aGraphApi()
  expect((await graph.call('GET', path)).status).toBe(404)
})

it('control endpoints answer only under their own path', async () => {
  const graph = await aGraphApi()
  for (const path of ['/v26.0/_emulator/reset', '/_emulators/reset', '//_emulator/reset', '/x/../_emulator2/reset'])
    expect((await graph.call('POST', path)).status).toBe(400)
})

it('an audience that is not there is told with those that are', async () => {
  const graph = await aGraphApi()
  const { body } = await graph.call('GET', '/_emulator/audiences/404/members')
  expect(body).toEqual({
    error: expect.stringMatching(`no such audience: 404; known are .*${AUDIENCE}`) as string,
  })
})
