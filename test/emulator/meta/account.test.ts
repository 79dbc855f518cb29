import { expect, it } from 'vitest'
import { AUDIENCE, NOON, OTHER_AUDIENCE, aGraphApi, sha256 } from './running-graph-api.ts'

const people = (from: number, count: number) => ({
  schema: 'EMAIL_SHA256',
  data: Array.from({ length: count }, (_, index) => sha256(`${from + index}@example.com`)),
})
const SIZE = 'approximate_count_lower_bound,approximate_count_upper_bound,delivery_status{code}'

it('without fields a node is only its id', async () => {
  const graph = await aGraphApi()
  expect((await graph.read(AUDIENCE)).body).toEqual({ id: AUDIENCE })
})

it('a new audience has no counts, a small one is too small, one of 100 is ready', async () => {
  const graph = await aGraphApi()
  const size = async () => {
    const { body } = await graph.read(`${AUDIENCE}?${String(new URLSearchParams({ fields: SIZE }))}`)
    const { code } = body.delivery_status as { code: number }
    return [body.approximate_count_lower_bound, body.approximate_count_upper_bound, code]
  }
  expect(await size()).toEqual([-1, -1, 300])
  await graph.add(people(0, 99))
  expect(await size()).toEqual([99, 99, 300])
  await graph.add(people(99, 1234 - 99))
  expect(await size()).toEqual([1200, 1300, 200])
})

it('times are unix seconds and follow the changes', async () => {
  const graph = await aGraphApi()
  graph.time.now += 5000
  await graph.add(people(0, 1))
  const { body } = await graph.read(`${AUDIENCE}?fields=time_created,time_content_updated`)
  expect(body).toEqual({ id: AUDIENCE, time_created: NOON / 1000, time_content_updated: NOON / 1000 + 5 })
})

it('a field that exists and is empty is left out, one that does not exist is an error', async () => {
  const graph = await aGraphApi()
  expect((await graph.read(`${AUDIENCE}?fields=name,rule`)).body).toEqual({
    id: AUDIENCE,
    name: `Audience ${AUDIENCE}`,
  })
  expect((await graph.read(`${AUDIENCE}?fields=shoe_size`)).body.error).toMatchObject({ code: 100 })
})

it('the account lists its audiences newest first, page by page in both directions', async () => {
  const graph = await aGraphApi({ audiences: ['1', '2', '3'] })
  const page = async (url: string) => {
    const { pathname, search } = new URL(url, graph.url)
    const { body } = await graph.call('GET', pathname + search)
    return body as { data: unknown; paging?: { next?: string; previous?: string } }
  }
  const first = await page('/v26.0/act_1/customaudiences?fields=id&limit=2&access_token=a-valid-access-token')
  expect(first.data).toEqual([{ id: '3' }, { id: '2' }])
  expect(first.paging?.previous).toBeUndefined()
  expect(first.paging?.next).not.toContain('token')
  const second = await page(first.paging?.next ?? '')
  expect(second.data).toEqual([{ id: '1' }])
  expect(second.paging?.next).toBeUndefined()
  expect((await page(second.paging?.previous ?? '')).data).toEqual(first.data)
  const { body: beforeFirst } = await graph.read('act_1/customaudiences?before=Mw')
  expect(beforeFirst).toEqual({ data: [] })
})

it('an account without audiences lists nothing, without paging', async () => {
  const graph = await aGraphApi({ audiences: [] })
  expect((await graph.read('act_1/customaudiences')).body).toEqual({ data: [] })
})

it.each(['limit=0', 'limit=x', 'after=nowhere'])('a list asked for with %s is an invalid parameter', async (query) => {
  const graph = await aGraphApi()
  expect((await graph.read(`act_1/customaudiences?${query}`)).body.error).toMatchObject({ code: 100 })
})

it('the account tells whether the terms are accepted, and users cannot be changed before they are', async () => {
  const graph = await aGraphApi()
  const terms = async () => (await graph.read('act_1?fields=tos_accepted')).body
  expect(await terms()).toEqual({ tos_accepted: { custom_audience_tos: 1 }, id: 'act_1' })
  await graph.control('PATCH', 'settings', { termsAccepted: false })
  expect(await terms()).toEqual({ tos_accepted: {}, id: 'act_1' })
  expect((await graph.add(people(0, 1))).body.error).toMatchObject({ code: 200, error_subcode: 1870090 })
})

it.each([
  ['GET', 'act_2/customaudiences'],
  ['GET', '404'],
  ['POST', '404/users'],
  ['GET', `${AUDIENCE}/users`],
  ['POST', AUDIENCE],
  ['GET', `${AUDIENCE}/unknown`],
  ['DELETE', 'act_1/customaudiences'],
])('%s of %s is unsupported: 100/33', async (method, path) => {
  const graph = await aGraphApi()
  const { status, body } = await graph.call(method, `/v26.0/${path}`)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 100, error_subcode: 33, type: 'GraphMethodException' })
})

it('a removal that would leave too few is refused as recorded, when so set', async () => {
  const graph = await aGraphApi({ settings: { minimumSize: 2 } })
  await graph.add(people(0, 3))
  expect((await graph.remove(people(0, 1))).status).toBe(200)
  const { status, body } = await graph.remove(people(1, 1))
  expect(status).toBe(400)
  expect(body.error).toEqual({
    message: 'Permissions error',
    type: 'OAuthException',
    code: 200,
    error_subcode: 1870047,
    is_transient: false,
    error_user_title: 'Audience Size too Low',
    error_user_msg: 'You cannot remove users from this audience because it will result in a low audience size.',
    fbtrace_id: expect.any(String) as string,
  })
  expect(await graph.members(AUDIENCE)).toHaveLength(2)
  expect(await graph.members(OTHER_AUDIENCE)).toEqual([])
})

it('every answer carries the headers that were recorded', async () => {
  const graph = await aGraphApi()
  const { headers } = await graph.read(AUDIENCE)
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'private, no-cache, no-store, must-revalidate',
    pragma: 'no-cache',
    expires: 'Sat, 01 Jan 2000 00:00:00 GMT',
    'access-control-allow-origin': '*',
  })
  for (const name of ['x-fb-request-id', 'x-fb-trace-id', 'x-fb-rev', 'x-fb-debug', 'etag'])
    expect(headers.get(name)).toBeTruthy()
})
