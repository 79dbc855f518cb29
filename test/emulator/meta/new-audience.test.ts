import { expect, it } from 'vitest'
import { AUDIENCE, aGraphApi, sha256 } from './running-graph-api.ts'

const people = { schema: 'EMAIL_SHA256', data: [sha256('ann@example.com')] }
const wanted = { name: 'Customers', subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY' }
type Graph = Awaited<ReturnType<typeof aGraphApi>>
const create = (graph: Graph, parameters: object) => graph.withJson('POST', '/v26.0/act_1/customaudiences', parameters)

it('a new audience has an id, is listed first, and takes users', async () => {
  const graph = await aGraphApi()
  const { status, body } = await create(graph, { ...wanted, description: 'Of the shop', is_value_based: true })
  expect([status, body]).toEqual([200, { id: expect.stringMatching(/^\d+$/) as string }])
  const id = String(body.id)
  const fields = 'name,description,subtype,is_value_based,account_id,approximate_count_lower_bound'
  expect((await graph.read(`${id}?fields=${fields}`)).body).toEqual({
    ...{ id, name: 'Customers', description: 'Of the shop', subtype: 'CUSTOM', is_value_based: true, account_id: '1' },
    approximate_count_lower_bound: -1,
  })
  const { data } = (await graph.read('act_1/customaudiences?fields=id')).body as { data: { id: string }[] }
  expect(data[0]).toEqual({ id })
  await graph.add(people, undefined, id)
  expect(await graph.members(id)).toHaveLength(1)
  expect(await graph.members(AUDIENCE)).toEqual([])
})

it('each has an id of its own, none is value based unasked, and all are gone after a reset', async () => {
  const graph = await aGraphApi()
  const ids = [(await create(graph, wanted)).body.id, (await create(graph, wanted)).body.id].map(String)
  expect(new Set(ids).size).toBe(2)
  expect((await graph.read(`${ids[0] ?? ''}?fields=is_value_based`)).body).toMatchObject({ is_value_based: false })
  await graph.control('POST', 'reset')
  expect((await graph.read(ids[0] ?? '')).body.error).toMatchObject({ code: 100, error_subcode: 33 })
})

it.each([
  [
    'customer_file_source',
    { ...wanted, customer_file_source: undefined },
    '(#100) Missing parameter(s): customer_file_source',
  ],
  ['name and subtype', { ...wanted, name: '', subtype: undefined }, '(#100) Missing parameter(s): name, subtype'],
  ['a source that is none', { ...wanted, customer_file_source: 'MINE' }, 'must be one of {USER_PROVIDED_ONLY'],
  ['another subtype', { ...wanted, subtype: 'WEBSITE' }, 'subtype must be CUSTOM'],
  ['a name that is no text', { ...wanted, name: 5 }, 'name must be a string'],
])('with a wrong or missing %s none is made', async (_name, parameters, message) => {
  const graph = await aGraphApi()
  const { status, body } = await create(graph, parameters)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 100, message: expect.stringContaining(message) as string })
  expect((await graph.read('act_1/customaudiences')).body.data).toHaveLength(2)
})

it('none is made before the terms are accepted', async () => {
  const graph = await aGraphApi({ settings: { termsAccepted: false } })
  expect((await create(graph, wanted)).body.error).toMatchObject({ code: 2663 })
})

it('the account tells its name and its status', async () => {
  const graph = await aGraphApi()
  expect((await graph.read('act_1?fields=name,account_status')).body).toEqual({
    ...{ id: 'act_1', name: 'Graph API emulator', account_status: 1 },
  })
  await graph.control('PATCH', 'settings', { accountStatus: 2 })
  expect((await graph.read('act_1?fields=account_status')).body).toEqual({ id: 'act_1', account_status: 2 })
})
