import { createHash, randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGraphApi } from '../../../lib/emulator/meta/server.ts'
import type { GraphApi } from '../../../lib/emulator/meta/server.ts'

// The same cases hold Meta's own API to what is known of it:
//   GRAPH_API_URL=https://graph.facebook.com GRAPH_TOKEN=… GRAPH_AUDIENCE=… [GRAPH_API_VERSION=v26.0]
// They add a few invented people to that audience and remove them again.
const { GRAPH_API_URL, GRAPH_TOKEN, GRAPH_AUDIENCE, GRAPH_API_VERSION = 'v26.0' } = process.env
const isReal = GRAPH_API_URL !== undefined && GRAPH_TOKEN !== undefined && GRAPH_AUDIENCE !== undefined
const token = isReal ? GRAPH_TOKEN : 'a-valid-access-token'
const audience = isReal ? GRAPH_AUDIENCE : '23846440602800582'

let emulator: GraphApi | undefined
let base: string

beforeAll(async () => {
  if (!isReal) emulator = await startGraphApi({ port: 0, audiences: [audience], accessTokens: [token] })

  base = `${emulator?.url ?? GRAPH_API_URL ?? ''}/${GRAPH_API_VERSION}`
})
afterAll(() => emulator?.close())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const EMAIL = sha256('contract@example.com')
const payload = { schema: ['EMAIL', 'FN', 'LN'], data: [[EMAIL, sha256('mary'), '']] }

async function answer(method: string, path: string, body?: RequestInit['body'], type?: string, bearer = token) {
  const headers = { authorization: `Bearer ${bearer}`, ...(type === undefined ? {} : { 'content-type': type }) }
  const response = await fetch(`${base}/${path}`, { method, headers, body: body ?? null })
  const parsed = (await response.json()) as Record<string, unknown> & { error?: Record<string, unknown> }
  return { status: response.status, headers: response.headers, body: parsed }
}
const asJson = (method: string, body: unknown) =>
  answer(method, `${audience}/users`, JSON.stringify(body), 'application/json')

/** What kind of value each field has: an answer has the shape of a recorded sample when these are equal. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape)
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? 'numeric string' : 'string'
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shape(item)]))
}

describe('POST and DELETE /{audience}/users', () => {
  const recorded = {
    audience_id: '23846440602800582',
    session_id: '4564521828325725226',
    num_received: 1,
    num_invalid_entries: 0,
    invalid_entry_samples: {},
  }

  it.each([
    ['POST with a JSON body', () => asJson('POST', { payload })],
    [
      'POST with a form body',
      () => answer('POST', `${audience}/users`, new URLSearchParams({ payload: JSON.stringify(payload) })),
    ],
    ['DELETE with a JSON body', () => asJson('DELETE', { payload })],
    [
      'DELETE with a form body',
      () => answer('DELETE', `${audience}/users`, new URLSearchParams({ payload: JSON.stringify(payload) })),
    ],
    ['POST with method=DELETE', () => asJson('POST', { payload, method: 'DELETE' })],
    [
      'DELETE in the query string',
      () => answer('DELETE', `${audience}/users?${String(new URLSearchParams({ payload: JSON.stringify(payload) }))}`),
    ],
    ['POST of a single-key list', () => asJson('POST', { payload: { schema: 'EMAIL_SHA256', data: [EMAIL] } })],
    ['DELETE of a single-key list', () => asJson('DELETE', { payload: { schema: 'EMAIL_SHA256', data: [EMAIL] } })],
  ])('%s answers as recorded: two ids as text, two counts, an empty map', async (_case, send) => {
    const { status, body } = await send()
    expect(status).toBe(200)
    expect(shape(body)).toEqual(shape(recorded))
    expect(body).toMatchObject({
      audience_id: audience,
      num_received: 1,
      num_invalid_entries: 0,
      invalid_entry_samples: {},
    })
  })

  it('an empty external id makes its row an invalid entry, sampled by the JSON of the row, and the request still succeeds', async () => {
    const row = [EMAIL, '', sha256('mary'), '', '']
    const { status, body } = await asJson('POST', {
      payload: {
        schema: ['EMAIL', 'EXTERN_ID', 'FN', 'LN', 'ZIP'],
        data: [[EMAIL, 'contract', sha256('mary'), '', ''], row],
      },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      num_received: 2,
      num_invalid_entries: 1,
      invalid_entry_samples: { [JSON.stringify(row)]: 'empty external ID' },
    })
    await asJson('DELETE', { payload: { schema: 'EXTERN_ID', data: ['contract'] } })
  })

  it('a session of the caller is answered with its own id and counts over its batches', async () => {
    const session_id = randomInt(2 ** 47)
    const first = await asJson('POST', { payload, session: { session_id, batch_seq: 10, last_batch_flag: false } })
    expect(first.body).toMatchObject({ session_id: String(session_id), num_received: 1 })
    const last = await asJson('POST', { payload, session: { session_id, batch_seq: 11, last_batch_flag: true } })
    expect(last.body).toMatchObject({ session_id: String(session_id), num_received: 2 })

    const { body } = await answer(
      'GET',
      `${audience}/sessions?session_id=${session_id}&fields=session_id,start_time,end_time,num_received,num_matched,num_invalid_entries,progress,stage`,
    )
    const recordedSession = {
      session_id: '653573199724136401',
      start_time: '1757326241',
      end_time: '0',
      num_received: '10000',
      num_matched: '-1',
      num_invalid_entries: '0',
      progress: '0',
      stage: 'uploading',
    }
    expect(shape(body)).toEqual(shape({ data: [recordedSession] }))
    await asJson('DELETE', { payload })
  })

  it('a row of another length than the schema fails the request with code 100', async () => {
    const { status, body } = await asJson('POST', { payload: { schema: ['EMAIL', 'FN'], data: [[EMAIL]] } })
    expect(status).toBe(400)
    expect(body.error).toMatchObject({
      message: '(#100) Data is missing or does not match schema',
      type: 'OAuthException',
      code: 100,
    })
  })
})

// Meta documents the path and the fields. That the answer is that of the users edge is inferred.
it('DELETE /act_{id}/usersofanyaudience takes the payload of the users edge, and tells how many people it received', async () => {
  await asJson('POST', { payload })
  const { body: node } = await answer('GET', `${audience}?fields=account_id`)
  const edge = `act_${String(node.account_id)}/usersofanyaudience`
  const { status, body } = await answer('DELETE', edge, JSON.stringify({ payload }), 'application/json')
  expect(status).toBe(200)
  expect(body).toMatchObject({ num_received: 1, num_invalid_entries: 0 })
})

describe('errors', () => {
  it('an unknown token is 190, and the error is named as in the header', async () => {
    const { status, headers, body } = await answer('GET', audience, undefined, undefined, 'not-a-token')
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ type: 'OAuthException', code: 190 })
    expect(body.error?.fbtrace_id).toBe(headers.get('x-fb-request-id'))
    expect(headers.get('www-authenticate')).toMatch(/^OAuth "Facebook Platform" "invalid_token" "/)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('retry-after')).toBeNull()
  })

  it('an object that does not exist is 100/33', async () => {
    const { status, body } = await answer('POST', '1/users', JSON.stringify({ payload }), 'application/json')
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ type: 'GraphMethodException', code: 100, error_subcode: 33 })
  })
})

describe('reading', () => {
  it('a node gives the asked fields and always its id', async () => {
    const { headers, body } = await answer(
      'GET',
      `${audience}?fields=account_id,subtype,approximate_count_lower_bound,delivery_status,operation_status,time_created`,
    )
    expect(headers.get('facebook-api-version')).toBe(GRAPH_API_VERSION)
    expect(shape(body)).toEqual({
      account_id: 'numeric string',
      subtype: 'string',
      approximate_count_lower_bound: 'number',
      delivery_status: { code: 'number', description: 'string' },
      operation_status: { code: 'number', description: 'string' },
      time_created: 'number',
      id: 'numeric string',
    })
  })

  it('the account lists its audiences page by page', async () => {
    const { body: node } = await answer('GET', `${audience}?fields=account_id`)
    const { body } = await answer('GET', `act_${String(node.account_id)}/customaudiences?fields=id,name&limit=1`)
    expect(body.data).toHaveLength(1)
    expect(body.paging).toMatchObject({
      cursors: { before: expect.any(String) as string, after: expect.any(String) as string },
    })
  })

  it('the token can be looked up', async () => {
    const { body } = await answer('GET', `debug_token?input_token=${token}`)
    expect(body.data).toMatchObject({ is_valid: true, scopes: expect.arrayContaining(['ads_management']) as string[] })
  })
})
