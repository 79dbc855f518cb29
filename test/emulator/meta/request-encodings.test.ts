import { expect, it } from 'vitest'
import { AUDIENCE, TOKEN, aGraphApi, sha256 } from './running-graph-api.ts'

const payload = { schema: ['EMAIL', 'EXTERN_ID'], data: [[sha256('mary@example.com'), 'ü/1 "x"']] }
const session = { session_id: 7, batch_seq: 1, last_batch_flag: true }
const asTexts = { payload: JSON.stringify(payload), session: JSON.stringify(session) }
const users = `/v26.0/${AUDIENCE}/users`

function multipart(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}

const json = { 'content-type': 'application/json' }
const encodings: [string, string, RequestInit][] = [
  ['a JSON body', users, { headers: json, body: JSON.stringify({ payload, session }) }],
  ['a JSON body whose parameters are JSON texts', users, { headers: json, body: JSON.stringify(asTexts) }],
  [
    'a JSON body with unrelated parameters',
    users,
    { headers: json, body: JSON.stringify({ payload, session, id: AUDIENCE, namespace: 'x' }) },
  ],
  ['a form body', users, { body: new URLSearchParams(asTexts) }],
  [
    'a form body that is JSON',
    users,
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: JSON.stringify({ payload, session }) },
  ],
  ['a multipart body', users, { body: multipart(asTexts) }],
  ['the query string', `${users}?${String(new URLSearchParams(asTexts))}`, {}],
]

it.each(
  encodings.flatMap(([name, path, init]) => ['POST', 'DELETE'].map((method) => [method, name, path, init] as const)),
)('%s takes its parameters from %s', async (method, _name, path, init) => {
  const graph = await aGraphApi()
  if (method === 'DELETE') await graph.add(payload)
  const { status, body } = await graph.call(method, path, init)
  expect(status).toBe(200)
  expect(body).toMatchObject({ session_id: '7', num_received: 1 })
  expect(await graph.members()).toEqual(
    method === 'POST' ? [{ EMAIL: payload.data[0]?.[0], EXTERN_ID: 'ü/1 "x"' }] : [],
  )
})

it.each([
  ['a JSON field', users, { headers: json, body: JSON.stringify({ payload, method: 'delete' }) }],
  ['a form field', users, { body: new URLSearchParams({ ...asTexts, method: 'DELETE' }) }],
  ['the query string', `${users}?method=DELETE`, { headers: json, body: JSON.stringify({ payload }) }],
] satisfies [string, string, RequestInit][])('a POST with method=DELETE in %s removes', async (_name, path, init) => {
  const graph = await aGraphApi()
  await graph.add(payload)
  expect((await graph.call('POST', path, init)).status).toBe(200)
  expect(await graph.members()).toEqual([])
})

it.each([
  [
    'a Bearer header',
    { headers: { ...json, authorization: `Bearer ${TOKEN}` }, body: JSON.stringify({ payload }) },
    '',
  ],
  ['the query string', { headers: json, body: JSON.stringify({ payload }) }, `?access_token=${TOKEN}`],
  ['a JSON field', { headers: json, body: JSON.stringify({ payload, access_token: TOKEN }) }, ''],
  ['a form field', { body: new URLSearchParams({ ...asTexts, access_token: TOKEN }) }, ''],
  ['a multipart field', { body: multipart({ ...asTexts, access_token: TOKEN }) }, ''],
] satisfies [string, RequestInit, string][])('the token may come as %s', async (_name, init, query) => {
  const graph = await aGraphApi()
  const response = await graph.raw(users + query, { method: 'POST', ...init })
  expect(response.status).toBe(200)
})

it.each([
  ['a body that is not JSON', { headers: json, body: '{"payload":' }],
  ['a JSON body that is a list', { headers: json, body: '[]' }],
  ['a payload that is not JSON', { body: new URLSearchParams({ payload: '{' }) }],
  [
    'a multipart body without its boundary',
    { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: 'y' },
  ],
] satisfies [string, RequestInit][])('%s is an invalid parameter', async (_name, init) => {
  const graph = await aGraphApi()
  const { status, body } = await graph.call('POST', users, init)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 100, type: 'OAuthException' })
})

it('a URL that is too long gets an HTML page from the front end, as a DELETE with its payload in the URL does', async () => {
  const graph = await aGraphApi()
  const data = Array.from({ length: 1000 }, (_, index) => [sha256(String(index))])
  const query = new URLSearchParams({ payload: JSON.stringify({ schema: ['EMAIL'], data }) })
  const response = await graph.raw(`${users}?${query.toString()}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(await response.text()).toContain('<html>')
})

it('a body beyond the bound gets an HTML page too', async () => {
  const graph = await aGraphApi({ settings: { maxBodyBytes: 100 } })
  const response = await graph.raw(users, { method: 'POST', body: 'x'.repeat(200_000) })
  expect(response.status).toBe(413)
  expect(await response.text()).toContain('<html>')
})
