import { expect, it } from 'vitest'
import { AUDIENCE, OTHER_AUDIENCE, TOKEN, aGraphApi, sha256 } from './running-graph-api.ts'

const EDGE = '/v26.0/act_1/usersofanyaudience'
const ann = sha256('ann@example.com')
const bob = sha256('bob@example.com')
const annByMail = { schema: ['EMAIL'], data: [[ann]] }
const both = {
  schema: ['EMAIL', 'EXTERN_ID'],
  data: [
    [ann, 'ann'],
    [bob, 'bob'],
  ],
}

/** An emulator with Ann and Bob in both audiences of the account. */
async function aFilledAccount(options: Parameters<typeof aGraphApi>[0] = {}) {
  const graph = await aGraphApi(options)
  for (const audience of [AUDIENCE, OTHER_AUDIENCE]) await graph.add(both, undefined, audience)
  const sizes = async () => [(await graph.members()).length, (await graph.members(OTHER_AUDIENCE)).length]
  const optOut = (payload: unknown, session?: unknown) => graph.withJson('DELETE', EDGE, { payload, session })
  return { ...graph, sizes, optOut }
}

it('an opt-out takes a person out of every audience of the account by any identifier, and nobody else', async () => {
  const graph = await aFilledAccount()
  expect((await graph.optOut(annByMail)).status).toBe(200)
  const onlyBob = [{ EMAIL: bob, EXTERN_ID: 'bob' }]
  expect([await graph.members(), await graph.members(OTHER_AUDIENCE)]).toEqual([onlyBob, onlyBob])
  await graph.optOut({ schema: 'EXTERN_ID', data: ['bob'] })
  expect(await graph.sizes()).toEqual([0, 0])
})

it('it answers as a removal from one audience does, without the id of one', async () => {
  const graph = await aFilledAccount()
  const payload = {
    schema: ['EMAIL', 'EXTERN_ID'],
    data: [
      [ann, ''],
      [bob, 'bob'],
    ],
  }
  const { audience_id, ...removal } = (await graph.remove(payload)).body
  expect(audience_id).toBe(AUDIENCE)
  expect(removal).toMatchObject({ num_received: 2, num_invalid_entries: 1 })
  expect((await graph.optOut(payload)).body).toEqual(removal)
  expect(await graph.sizes()).toEqual([1, 1])
})

it.each<[string, RequestInit]>([
  ['as a form', { method: 'DELETE', body: new URLSearchParams({ payload: JSON.stringify(annByMail) }) }],
  [
    'as a POST with method=DELETE',
    { method: 'POST', body: JSON.stringify({ method: 'DELETE', payload: annByMail, access_token: TOKEN }) },
  ],
])('it may be sent %s', async (_, init) => {
  const graph = await aFilledAccount()
  expect((await graph.raw(`${EDGE}?access_token=${TOKEN}`, init)).status).toBe(200)
  expect(await graph.sizes()).toEqual([1, 1])
})

it.each<[string, string, string, unknown, Record<string, unknown>]>([
  ['without payload', 'DELETE', EDGE, {}, { code: 100, message: '(#100) The parameter payload is required' }],
  [
    'with a row of another length than the schema',
    'DELETE',
    EDGE,
    { payload: { schema: ['EMAIL', 'FN'], data: [[ann]] } },
    { code: 100, message: '(#100) Data is missing or does not match schema' },
  ],
  ['with an unknown field', 'DELETE', EDGE, { payload: { schema: ['MAIL'], data: [[ann]] } }, { code: 100 }],
  [
    'for an account that is not there',
    'DELETE',
    EDGE.replace('act_1', 'act_2'),
    { payload: annByMail },
    { code: 100, error_subcode: 33 },
  ],
  [
    'for an account without act_',
    'DELETE',
    EDGE.replace('act_1', '1'),
    { payload: annByMail },
    { code: 100, error_subcode: 33 },
  ],
  [
    'for an audience',
    'DELETE',
    EDGE.replace('act_1', AUDIENCE),
    { payload: annByMail },
    { code: 100, error_subcode: 33 },
  ],
  ['as a POST', 'POST', EDGE, { payload: annByMail }, { code: 100, error_subcode: 33, type: 'GraphMethodException' }],
  [
    'at the users edge of the account',
    'DELETE',
    '/v26.0/act_1/users',
    { payload: annByMail },
    { code: 100, error_subcode: 33 },
  ],
])('an opt-out %s is refused, and removes nobody', async (_, method, path, body, error) => {
  const graph = await aFilledAccount()
  const answer = await graph.withJson(method, path, body)
  expect(answer.status).toBe(400)
  expect(answer.body.error).toMatchObject(error)
  expect(await graph.sizes()).toEqual([2, 2])
})

it('it cannot be read', async () => {
  const graph = await aFilledAccount()
  expect((await graph.read('act_1/usersofanyaudience')).body.error).toMatchObject({ code: 100, error_subcode: 33 })
})

it('it needs a valid token and accepted terms', async () => {
  const graph = await aFilledAccount()
  const body = JSON.stringify({ payload: annByMail })
  const withToken = (authorization: string) => graph.call('DELETE', EDGE, { headers: { authorization }, body })
  expect((await withToken('')).body.error).toMatchObject({ code: 104 })
  expect((await withToken('Bearer another')).body.error).toMatchObject({ code: 190 })
  await graph.control('PATCH', 'settings', { termsAccepted: false })
  expect((await graph.optOut(annByMail)).body.error).toMatchObject({ code: 200, error_subcode: 1870090 })
  expect(await graph.sizes()).toEqual([2, 2])
})

it('a fault may be meant for the account alone', async () => {
  const graph = await aFilledAccount()
  await graph.control('POST', 'faults', { fault: 'service-unavailable', audience: 'act_1', method: 'DELETE' })
  expect((await graph.remove(annByMail)).status).toBe(200)
  expect((await graph.optOut(annByMail)).body.error).toMatchObject({ code: 2 })
  expect(await graph.sizes()).toEqual([1, 2])
  expect((await graph.optOut(annByMail)).status).toBe(200)
  expect(await graph.sizes()).toEqual([1, 1])
})

it('it is kept in the log with its rows', async () => {
  const graph = await aFilledAccount()
  await graph.optOut(annByMail)
  expect((await graph.requests()).at(-1)).toMatchObject({
    method: 'DELETE',
    url: EDGE,
    body: { payload: annByMail },
    status: 200,
  })
})

it('with a delay it shows later in every audience, and takes out who was accepted before it', async () => {
  const graph = await aFilledAccount()
  await graph.control('PATCH', 'settings', { delayMs: 60_000 })
  const carol = { schema: 'EXTERN_ID', data: ['carol'] }
  await graph.add(carol)
  await graph.optOut(annByMail)
  await graph.optOut(carol)
  expect(await graph.sizes()).toEqual([2, 2])
  graph.time.now += 60_000
  expect(await graph.sizes()).toEqual([1, 1])
})

it('it counts as one call of the account, whose usage it tells as a removal does', async () => {
  const graph = await aFilledAccount({ settings: { quota: 3 } })
  const { headers } = await graph.optOut(annByMail)
  expect(JSON.parse(headers.get('x-business-use-case-usage') ?? '{}')).toMatchObject({ '1': [{ call_count: 100 }] })
  expect(headers.get('x-ad-account-usage')).toBeNull()
  expect((await graph.optOut({ schema: 'EXTERN_ID', data: ['bob'] })).body.error).toMatchObject({ code: 80003 })
  expect(await graph.sizes()).toEqual([1, 1])
})

it('that an audience becomes too small does not refuse it', async () => {
  const graph = await aFilledAccount({ settings: { minimumSize: 2 } })
  expect((await graph.remove(annByMail)).body.error).toMatchObject({ code: 200, error_subcode: 1870047 })
  expect((await graph.optOut(annByMail)).status).toBe(200)
  expect(await graph.sizes()).toEqual([1, 1])
})

it('a session of it counts its batches, and is not one of an audience', async () => {
  const graph = await aFilledAccount()
  const session = (batch_seq: number) => ({ session_id: 7, batch_seq })
  expect((await graph.optOut(annByMail, session(1))).body).toMatchObject({ session_id: '7', num_received: 1 })
  expect((await graph.optOut(annByMail, session(2))).body).toMatchObject({ session_id: '7', num_received: 2 })
  expect((await graph.remove(annByMail, session(3))).body.error).toMatchObject({ code: 100 })
})
