import { expect, it } from 'vitest'
import { AUDIENCE, NOON, TOKEN, aGraphApi, sha256 } from './running-graph-api.ts'

const people = { schema: 'EMAIL_SHA256', data: [sha256('ann@example.com')] }
type Graph = Awaited<ReturnType<typeof aGraphApi>>
const facts = async (graph: Graph, token = TOKEN) =>
  (await graph.read(`debug_token?input_token=${token}`)).body.data as Record<string, unknown>

it('a token tells its type, its scopes and when it ends; as it is at first, it never does', async () => {
  const graph = await aGraphApi()
  expect(await facts(graph)).toMatchObject({
    ...{ type: 'SYSTEM_USER', is_valid: true, expires_at: 0, data_access_expires_at: 0 },
    scopes: ['ads_management', 'ads_read'],
    granular_scopes: [{ scope: 'ads_management' }, { scope: 'ads_read' }],
  })
  const end = NOON / 1000 + 3 * 86_400
  const granular = [{ scope: 'ads_management', target_ids: ['1'] }]
  await graph.control('PATCH', 'token', {
    ...{
      type: 'USER',
      expiresAt: end,
      dataAccessExpiresAt: end + 1,
      scopes: ['ads_management'],
      granularScopes: granular,
    },
  })
  expect(await facts(graph)).toMatchObject({
    ...{ type: 'USER', is_valid: true, expires_at: end, data_access_expires_at: end + 1 },
    ...{ scopes: ['ads_management'], granular_scopes: granular },
  })
  expect(await facts(graph, 'another')).toEqual({
    ...{ error: { code: 190, message: 'Invalid OAuth access token.' }, is_valid: false, scopes: [] },
  })
})

it('once it has ended it is refused everywhere, also about itself', async () => {
  const graph = await aGraphApi()
  await graph.control('PATCH', 'token', { expiresAt: NOON / 1000 + 1 })
  expect((await graph.add(people)).status).toBe(200)
  graph.time.now += 1000
  for (const { body } of [await graph.add(people), await graph.read(`debug_token?input_token=${TOKEN}`)])
    expect(body.error).toMatchObject({ code: 190, error_subcode: 463 })
})

it('without ads_management nothing can be changed, and without ads_read nothing be read either', async () => {
  const graph = await aGraphApi()
  await graph.control('PATCH', 'token', { scopes: ['ads_read'] })
  expect((await graph.add(people)).body.error).toMatchObject({ code: 294 })
  expect((await graph.call('POST', '/v26.0/act_1/customaudiences')).body.error).toMatchObject({ code: 294 })
  expect((await graph.read(AUDIENCE)).status).toBe(200)
  await graph.control('PATCH', 'token', { scopes: [] })
  expect((await graph.read(AUDIENCE)).body.error).toMatchObject({ code: 10 })
  expect(await facts(graph)).toMatchObject({ is_valid: true, scopes: [] })
})

it.each([
  [{ scopes: 'ads_read' }, 'a list of texts'],
  [{ expiresAt: -1 }, 'a whole number from 0'],
  [{ granularScopes: [{}] }, 'a list of {"scope","target_ids"}, or null'],
  [{ valid: false }, 'allowed: type, expiresAt'],
])('%j cannot be set of a token, and a reset takes back what was', async (change, message) => {
  const graph = await aGraphApi()
  const initial = (await graph.control('GET', 'token')).body
  const { status, body } = await graph.control('PATCH', 'token', { type: 'USER', ...change })
  expect(status).toBe(400)
  expect(body.error).toContain(message)
  expect((await graph.control('GET', 'token')).body).toEqual(initial)
  await graph.control('PATCH', 'token', { type: 'USER' })
  await graph.control('POST', 'reset')
  expect((await graph.control('GET', 'token')).body).toEqual(initial)
})

it('after a rotation only the named tokens are valid; a body without tokens changes nothing', async () => {
  const graph = await aGraphApi()
  for (const body of [{}, { accessTokens: 'next' }, { accessTokens: [''] }])
    expect((await graph.control('PUT', 'access-tokens', body)).status).toBe(400)
  expect(await facts(graph)).toMatchObject({ is_valid: true })
  await graph.control('PUT', 'access-tokens', { accessTokens: ['next'] })
  expect((await graph.read(AUDIENCE)).body.error).toMatchObject({ code: 190 })
})
