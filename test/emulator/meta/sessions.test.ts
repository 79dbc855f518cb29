import { expect, it } from 'vitest'
import { AUDIENCE, OTHER_AUDIENCE, aGraphApi } from './running-graph-api.ts'

const MINUTE = 60_000
const payload = (...ids: string[]) => ({ schema: 'EXTERN_ID', data: ids })
const batch = (batch_seq: unknown, last_batch_flag?: unknown, session_id: unknown = 123) => ({
  session_id,
  batch_seq,
  last_batch_flag,
})

it('without a session the server names one per method, schema and hour, the same for every audience', async () => {
  const graph = await aGraphApi()
  const sessionId = async (answer: ReturnType<typeof graph.add>) => (await answer).body.session_id
  const first = await sessionId(graph.add(payload('a')))
  expect(first).toMatch(/^\d+$/)
  expect(await sessionId(graph.add(payload('b'), undefined, OTHER_AUDIENCE))).toBe(first)
  expect(await sessionId(graph.remove(payload('a')))).not.toBe(first)
  expect(await sessionId(graph.add({ schema: ['EXTERN_ID'], data: [['a']] }))).not.toBe(first)
  graph.time.now += 60 * MINUTE
  expect(await sessionId(graph.add(payload('a')))).not.toBe(first)
})

it('without a session num_received counts the request', async () => {
  const graph = await aGraphApi()
  await graph.add(payload('a', 'b'))
  expect((await graph.add(payload('c'))).body.num_received).toBe(1)
})

it('in a session num_received counts all its batches, whatever number the first one has', async () => {
  const graph = await aGraphApi()
  expect((await graph.add(payload('a', 'b'), batch(10))).body).toMatchObject({ session_id: '123', num_received: 2 })
  expect((await graph.add(payload('c'), batch(3))).body).toMatchObject({ session_id: '123', num_received: 3 })
})

it('a session is over 90 minutes after its first batch: later ones are answered and thrown away', async () => {
  const graph = await aGraphApi()
  await graph.add(payload('a'), batch(1))
  graph.time.now += 90 * MINUTE - 1
  await graph.add(payload('b'), batch(2))
  graph.time.now += 1
  const late = await graph.add(payload('c'), batch(3))
  expect(late.status).toBe(200)
  expect(late.body).toMatchObject({ session_id: '123', num_received: 2 })
  expect(await graph.members()).toEqual([{ EXTERN_ID: 'a' }, { EXTERN_ID: 'b' }])
})

it('last_batch_flag ends a session, and late batches are errors when so set', async () => {
  const graph = await aGraphApi({ settings: { lateBatches: 'refuse' } })
  await graph.add(payload('a'), batch(1, true))
  const late = await graph.add(payload('b'), batch(2))
  expect(late.status).toBe(400)
  expect(late.body.error).toMatchObject({ code: 100 })
})

it('batch 1 begins an ended session anew', async () => {
  const graph = await aGraphApi()
  await graph.add(payload('a'), batch(1, true))
  expect((await graph.add(payload('b', 'c'), batch(1, true))).body.num_received).toBe(2)
  expect(await graph.members()).toHaveLength(3)
})

it('the schema must not change within a session', async () => {
  const graph = await aGraphApi()
  await graph.add(payload('a'), batch(1))
  const { status, body } = await graph.add({ schema: ['EXTERN_ID'], data: [['b']] }, batch(2))
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 100 })
})

it('an open session id belongs to one audience and one method', async () => {
  const graph = await aGraphApi()
  await graph.add(payload('a'), batch(1))
  expect((await graph.add(payload('a'), batch(2), OTHER_AUDIENCE)).body.error).toMatchObject({ code: 100 })
  expect((await graph.remove(payload('a'), batch(2))).body.error).toMatchObject({ code: 100 })
  await graph.add(payload('b'), batch(2, true))
  expect((await graph.remove(payload('a'), batch(7))).status).toBe(200)
})

it('when so set, one session id serves several audiences and both methods', async () => {
  const graph = await aGraphApi({ settings: { sessionReuse: 'accept' } })
  await graph.add(payload('a'), batch(1))
  expect((await graph.add(payload('a', 'b'), batch(2), OTHER_AUDIENCE)).body.num_received).toBe(2)
  expect((await graph.remove(payload('a'), batch(3))).body.num_received).toBe(1)
  expect((await graph.add(payload('b'), batch(4))).body.num_received).toBe(2)
})

it('a refused request does not begin a session', async () => {
  const graph = await aGraphApi()
  await graph.add({ schema: 'EXTERN_ID', data: [['a', 'b']] }, batch(1))
  expect((await graph.read(`${AUDIENCE}/sessions`)).body).toEqual({ data: [] })
})

it.each([
  ['no object', 'x'],
  ['a list', []],
  ['no session_id', { batch_seq: 1 }],
  ['no batch_seq', { session_id: 1 }],
  ['session_id 0', batch(1, true, 0)],
  ['a negative session_id', batch(1, true, -1)],
  ['a fractional session_id', batch(1, true, 1.5)],
  ['a session_id in words', batch(1, true, 'abc')],
  ['a session_id beyond 64 bits', batch(1, true, '9223372036854775808')],
  ['batch_seq 0', batch(0)],
  ['batch_seq in words', batch('first')],
  ['a last_batch_flag that is no boolean', batch(1, 'yes')],
  ['a negative estimate', { ...batch(1), estimated_num_total: -1 }],
])('a session with %s is an invalid parameter', async (_name, session) => {
  const graph = await aGraphApi()
  const { status, body } = await graph.withJson('POST', `/v26.0/${AUDIENCE}/users`, { payload: payload('a'), session })
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 100, type: 'OAuthException' })
  expect(await graph.members()).toEqual([])
})

it.each([
  ['as text', '9223372036854775807'],
  ['beside an estimate', '9778993'],
])('a session_id %s is taken', async (_name, session_id) => {
  const graph = await aGraphApi()
  const { body } = await graph.add(payload('a'), { ...batch(10, true, session_id), estimated_num_total: 99996 })
  expect(body.session_id).toBe(session_id)
})

it('last_batch_flag is asked for only when so set', async () => {
  const graph = await aGraphApi({ settings: { requireLastBatchFlag: true } })
  expect((await graph.add(payload('a'), batch(1))).body.error).toMatchObject({ code: 100 })
  expect((await graph.add(payload('a'), batch(1, false))).status).toBe(200)
})

it('the sessions edge lists sessions with every field as text', async () => {
  const graph = await aGraphApi()
  await graph.add(payload('a', ''), batch(1, true))
  await graph.add(payload('a'), batch(1, false, 456))
  const { body } = await graph.read(`${AUDIENCE}/sessions?session_id=123`)
  expect(body).toEqual({
    data: [
      {
        session_id: '123',
        start_time: String(graph.time.now / 1000),
        end_time: '0',
        num_received: '2',
        num_matched: '-1',
        num_invalid_entries: '1',
        progress: '0',
        stage: 'uploading',
      },
    ],
  })
  expect((await graph.read(`${AUDIENCE}/sessions`)).body.data).toHaveLength(2)
  expect((await graph.read(`${OTHER_AUDIENCE}/sessions`)).body.data).toEqual([])
})
