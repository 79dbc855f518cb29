import { expect, it } from 'vitest'
import { AUDIENCE, OTHER_AUDIENCE, aGraphApi, sha256 } from './running-graph-api.ts'

const people = { schema: 'EMAIL_SHA256', data: [sha256('ann@example.com')] }
const valued = { schema: ['EMAIL', 'LOOKALIKE_VALUE'], data: [[sha256('ann@example.com'), 5]] }
type Graph = Awaited<ReturnType<typeof aGraphApi>>
const set = (graph: Graph, state: object) => graph.control('PATCH', `audiences/${AUDIENCE}`, state)
const node = async (graph: Graph, fields: string) =>
  (await graph.read(`${AUDIENCE}?${String(new URLSearchParams({ fields }))}`)).body

it('a flagged audience says so, names the field, and refuses to change its users until it is mended', async () => {
  const graph = await aGraphApi()
  await set(graph, { operationStatus: 471, name: 'Diabetes patients' })
  expect(await node(graph, 'name,operation_status,fields_violating_integrity_policy')).toEqual({
    id: AUDIENCE,
    name: 'Diabetes patients',
    operation_status: { code: 471, description: 'Integrity restriction' },
    fields_violating_integrity_policy: ['name'],
  })
  for (const change of [graph.add, graph.remove])
    expect((await change(people)).body.error).toMatchObject({ code: 100, error_subcode: 1713230 })
  expect((await graph.add(people, undefined, OTHER_AUDIENCE)).status).toBe(200)
  await set(graph, { operationStatus: 200 })
  expect((await graph.add(people)).status).toBe(200)
  expect(await node(graph, 'fields_violating_integrity_policy')).toEqual({ id: AUDIENCE })
})

it('an audience that may only be read refuses changes, and one that may not be seen is not there', async () => {
  const graph = await aGraphApi()
  const listed = async () => ((await graph.read('act_1/customaudiences')).body.data as object[]).length
  await set(graph, { permission: 'read' })
  expect((await graph.add(people)).body.error).toMatchObject({
    code: 200,
    message: `(#200) The current user can not update audience ${AUDIENCE}`,
  })
  expect(await node(graph, 'id')).toEqual({ id: AUDIENCE })
  expect(await listed()).toBe(2)
  await set(graph, { permission: 'none' })
  for (const { body } of [await graph.add(people), await graph.read(AUDIENCE)])
    expect(body.error).toMatchObject({ code: 100, error_subcode: 33 })
  expect(await listed()).toBe(1)
})

it('only a customer list takes users, and is emptied by a removal from every list of the account', async () => {
  const graph = await aGraphApi()
  for (const audience of [AUDIENCE, OTHER_AUDIENCE]) await graph.add(people, undefined, audience)
  await set(graph, { subtype: 'WEBSITE' })
  expect(await node(graph, 'subtype')).toMatchObject({ subtype: 'WEBSITE' })
  expect((await graph.add(people)).body.error).toMatchObject({ code: 100, error_subcode: 33 })
  await graph.withJson('DELETE', '/v26.0/act_1/usersofanyaudience', { payload: people })
  expect([await graph.members(AUDIENCE), await graph.members(OTHER_AUDIENCE)].map(({ length }) => length)).toEqual([
    1, 0,
  ])
})

it('an audience is value based as it says, else as the settings say', async () => {
  const graph = await aGraphApi({ settings: { valueBased: false } })
  const values = async () => [(await node(graph, 'is_value_based')).is_value_based, (await graph.add(valued)).status]
  expect(await values()).toEqual([false, 400])
  await set(graph, { isValueBased: true })
  expect(await values()).toEqual([true, 200])
  await set(graph, { isValueBased: null })
  expect(await values()).toEqual([false, 400])
})

it('the delivery status is the one that is set, else that of the size', async () => {
  const graph = await aGraphApi()
  const code = async () => ((await node(graph, 'delivery_status')).delivery_status as { code: number }).code
  expect(await code()).toBe(300)
  await set(graph, { deliveryStatus: 500 })
  expect(await code()).toBe(500)
})

it('what is set of an audience is shown, refused as a whole when one is wrong, and gone after a reset', async () => {
  const graph = await aGraphApi()
  const refused = await set(graph, { name: 'x', colour: 'red' })
  expect(refused.status).toBe(400)
  expect(refused.body.error).toContain('allowed: name, description')
  expect((await set(graph, { permission: 'some' })).body.error).toContain('write or read or none')
  const state = { name: null, description: '', subtype: 'CUSTOM', isValueBased: null, permission: 'write' }
  const initial = { id: AUDIENCE, count: 0, ...state, operationStatus: 200, deliveryStatus: null }
  expect((await graph.control('GET', `audiences/${AUDIENCE}`)).body).toEqual(initial)
  expect((await set(graph, { description: 'd' })).body).toEqual({ ...initial, description: 'd' })
  await graph.control('POST', 'reset')
  expect((await graph.control('GET', `audiences/${AUDIENCE}`)).body).toEqual(initial)
  expect((await graph.control('PATCH', 'audiences/404', {})).status).toBe(404)
})
