import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGraphClient } from '../../lib/graph-api/client.ts'
import { judge } from '../../lib/graph-api/error.ts'
import { toRequest } from '../../lib/graph-api/request.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import {
  AUDIENCE,
  NOON,
  OTHER_AUDIENCE,
  TOKEN,
  aBatch,
  aChange,
  aClock,
  aDestination,
  manyPeople,
  people,
  sha256,
} from './builders.ts'

const token = { accessToken: TOKEN, appSecret: undefined }
const SUCCESS =
  '{"audience_id":"1","session_id":"2","num_received":1,"num_invalid_entries":0,"invalid_entry_samples":{}}'

/** A server that answers every request with the same text and keeps what it was sent, byte by byte. */
async function aServer(answer = SUCCESS, status = 200, more: Record<string, string> = {}) {
  const seen: { method: string; url: string; headers: string; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, headers: JSON.stringify(headers), body: Buffer.concat(chunks).toString() })
      response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere', ...more }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return { seen, send: createGraphClient({ baseUrl, fetch, clock: () => NOON }) }
}

async function anEmulator(options: Partial<Parameters<typeof startGraphApi>[0]> = {}) {
  const time = aClock()
  const graph = await startGraphApi({
    port: 0,
    audiences: [AUDIENCE],
    accessTokens: [TOKEN],
    clock: time.clock,
    ...options,
  })
  onTestFinished(() => graph.close())
  const fault = async (fault: Record<string, unknown>) => {
    const answer = await fetch(`${graph.url}/_emulator/faults`, { method: 'POST', body: JSON.stringify(fault) })
    expect(answer.status).toBe(200)
  }
  return { ...graph, time, fault, send: createGraphClient({ baseUrl: graph.url, fetch, clock: time.clock }) }
}

describe('a request', () => {
  it('carries the token in the Authorization header and nowhere else', async () => {
    const { seen, send } = await aServer()
    await send(toRequest(aBatch(people('a'))), token, 5000)
    const [{ url, headers, body } = { url: '', headers: '', body: '' }] = seen
    expect(headers).toContain(`"authorization":"Bearer ${TOKEN}"`)
    expect(url + body).not.toContain(TOKEN)
  })

  it.each([
    ['add', 'POST'],
    ['remove', 'DELETE'],
  ] as const)(
    'to %s is %s with the version in the path and the payload in the JSON body',
    async (direction, method) => {
      const { seen, send } = await aServer()
      const destination = aDestination({ apiVersion: 'v25.0', isRaw: true, type: 'EVENT_BASED', subType: 'HASHES' })
      await send(toRequest(aBatch(people('a'), { direction, destination })), token, 5000)
      expect(seen).toMatchObject([{ method, url: `/v25.0/${AUDIENCE}/users` }])
      expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
        payload: {
          schema: ['EMAIL'],
          is_raw: true,
          data_source: { type: 'EVENT_BASED', sub_type: 'HASHES' },
          data: [[sha256('a')]],
        },
      })
    },
  )

  it('to an ad account removes from any audience, with the same payload', async () => {
    const { seen, send } = await aServer()
    const overrides = { direction: 'remove', destination: aDestination({ isRaw: true }) } as const
    await send(toRequest(aBatch(people('a'), { ...overrides, audienceId: 'act_1' })), token, 5000)
    await send(toRequest(aBatch(people('a'), overrides)), token, 5000)
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'DELETE /v26.0/act_1/usersofanyaudience',
      `DELETE /v26.0/${AUDIENCE}/users`,
    ])
    expect(seen[0]?.body).toBe(seen[1]?.body)
  })

  it('to an ad account never has a session, which fills one audience', () => {
    const session = { sessionId: '7', batchSequence: 1, lastBatch: true }
    const removal = { direction: 'remove', session } as const
    const sent = (audienceId: string) => toRequest(aBatch(people('a'), { ...removal, audienceId })).body
    expect(JSON.parse(sent('act_1'))).toEqual({ payload: { schema: ['EMAIL'], data: [[sha256('a')]] } })
    expect(JSON.parse(sent(AUDIENCE))).toHaveProperty('session')
  })

  it('to an ad account takes its users out of every audience there', async () => {
    const { send, url } = await anEmulator({ audiences: [AUDIENCE, OTHER_AUDIENCE] })
    for (const audienceId of [AUDIENCE, OTHER_AUDIENCE])
      await send(toRequest(aBatch(people('a', 'b'), { audienceId })), token, 5000)
    const removal = toRequest(aBatch(people('a'), { audienceId: 'act_1', direction: 'remove' }))
    expect(await send(removal, token, 5000)).toMatchObject({ ok: true, received: { numReceived: 1 } })
    expect(await (await fetch(`${url}/_emulator/audiences`)).json()).toEqual({
      audiences: [AUDIENCE, OTHER_AUDIENCE].map((id) => ({ id, count: 1 })),
    })
  })

  it('to add to an ad account is refused, and takes nobody out', async () => {
    const { send, url } = await anEmulator()
    await send(toRequest(aBatch(people('a'))), token, 5000)
    const answer = await send(toRequest(aBatch(people('a'), { audienceId: 'act_1' })), token, 5000)
    expect(answer).toMatchObject({ ok: false, failure: { code: 100, subCode: 33 } })
    expect(await (await fetch(`${url}/_emulator/audiences`)).json()).toMatchObject({ audiences: [{ count: 1 }] })
  })

  it('writes a session id of 19 digits digit by digit', async () => {
    const { seen, send } = await aServer()
    const session = { sessionId: '9223372036854775807', batchSequence: 2, lastBatch: true, estimatedTotal: 9 }
    await send(toRequest(aBatch(people('a'), { session })), token, 5000)
    expect(seen[0]?.body).toContain(
      '"session":{"session_id":9223372036854775807,"batch_seq":2,"last_batch_flag":true,"estimated_num_total":9}',
    )
  })

  it('leaves out the column that its rows leave blank', async () => {
    const { seen, send } = await aServer()
    const destination = aDestination({ userSchema: ['EXTERN_ID', 'EMAIL'] })
    const changes = [aChange(['EXTERN_ID', 'EMAIL'], ['', sha256('a')])]
    await send(toRequest(aBatch(changes, { destination, omit: 'EXTERN_ID' })), token, 5000)
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ payload: { schema: ['EMAIL'], data: [[sha256('a')]] } })
  })

  it('reaches the audience with 10,000 users, to add and to remove', async () => {
    const { send, url } = await anEmulator()
    const members = async () => {
      const answer = await fetch(`${url}/_emulator/audiences`)
      return ((await answer.json()) as { audiences: { count: number }[] }).audiences[0]?.count
    }
    const changes = manyPeople(10_000)
    expect(await send(toRequest(aBatch(changes)), token, 30_000)).toMatchObject({
      ok: true,
      received: { numReceived: 10_000, numInvalid: 0 },
    })
    expect(await members()).toBe(10_000)
    await send(toRequest(aBatch(changes, { direction: 'remove' })), token, 30_000)
    expect(await members()).toBe(0)
  })
})

describe('the proof of the app secret', () => {
  const appSecret = 'the-app-secret'
  const request = toRequest(aBatch(people('a')))

  it('is made when the request is sent, so it is still valid hours after the client was made', async () => {
    const { send, time } = await anEmulator({ appSecret, settings: { requireAppSecretProof: true } })
    expect(await send(request, { accessToken: TOKEN, appSecret }, 5000)).toMatchObject({ ok: true })
    time.now += 3 * 3600_000
    expect(await send(request, { accessToken: TOKEN, appSecret }, 5000)).toMatchObject({ ok: true })
  })

  it.each([
    ['is missing', undefined],
    ['was made with another secret', 'another-secret'],
  ])('that %s pauses the destination, since no row is at fault', async (_, wrong) => {
    const { send } = await anEmulator({ appSecret, settings: { requireAppSecretProof: true } })
    const answer = await send(request, { accessToken: TOKEN, appSecret: wrong }, 5000)
    if (answer.ok) throw new Error('The emulator took the request')
    expect(judge(answer.failure)).toMatchObject({ verdict: 'pause', scope: 'destination' })
  })
})

describe('an answer', () => {
  const graph = (code: number, subCode?: number) => ({ kind: 'graph', code, subCode })
  it.each([
    ['unknown-error', graph(1)],
    ['unknown-error-99', graph(1, 99)],
    ['transient-400', { ...graph(2), isTransient: true }],
    ['error-in-200', { ...graph(2), status: 200 }],
    ['rate-limit-80003', graph(80003, 2446079)],
    ['token-expired', graph(190, 463)],
    ['audience-blocked', { ...graph(100, 1713230), title: 'Audience Upload Blocked' }],
    ['object-missing', { ...graph(100, 33), isProofError: false }],
    ['html-400', { kind: 'unreadable', status: 400, html: true }],
    ['html-413', { kind: 'unreadable', status: 413, html: true }],
    ['html-500', { kind: 'unreadable', status: 500, html: true }],
    ['empty-502', { kind: 'unreadable', status: 502, html: false }],
    ['empty-200', { kind: 'unreadable', status: 200, html: false }],
    ['garbage-json', { kind: 'unreadable', status: 200, html: false }],
    ['truncated-body', { kind: 'network' }],
    ['reset-before-applying', { kind: 'network', reason: 'ECONNRESET' }],
    ['reset-after-applying', { kind: 'network', reason: 'ECONNRESET' }],
    ['hang', { kind: 'timeout' }],
  ])('of the fault %s is a failure with what is known of it', async (fault, failure) => {
    const emulator = await anEmulator()
    await emulator.fault({ fault })
    const answer = await emulator.send(toRequest(aBatch(people('a'))), token, fault === 'hang' ? 100 : 10_000)
    expect(answer).toMatchObject({ ok: false, failure })
    if (!answer.ok && answer.failure.kind === 'graph') expect(answer.failure.fbtraceId).toMatch(/^A\S+$/)
    expect(JSON.stringify(answer)).not.toContain(TOKEN)
    expect(JSON.stringify(answer)).not.toContain(sha256('a'))
  })

  it('is named by Meta’s id of the request, which is the trace id of an error, and by nothing that is no id', async () => {
    const emulator = await anEmulator()
    const ids: (string | null)[] = []
    const listening: typeof fetch = async (...request) => {
      const response = await fetch(...request)
      ids.push(response.headers.get('x-fb-request-id'))
      return response
    }
    const send = createGraphClient({ baseUrl: emulator.url, fetch: listening, clock: emulator.time.clock })
    const taken = await send(toRequest(aBatch(people('a'))), token, 5000)
    expect(taken).toMatchObject({ ok: true, requestId: ids[0] })
    await emulator.fault({ fault: 'token-expired', times: 1 })
    const refused = await send(toRequest(aBatch(people('a'))), token, 5000)
    expect(refused).toMatchObject({ ok: false, requestId: ids[1], failure: { fbtraceId: ids[1] } })
    expect(ids.map((id) => typeof id)).toEqual(['string', 'string'])

    const odd = await aServer(SUCCESS, 200, { 'x-fb-request-id': 'jane@example.com' })
    expect(await odd.send(toRequest(aBatch(people('a'))), token, 5000)).not.toHaveProperty('requestId')
  })

  it.each([
    ['that is whole', []],
    ['that breaks off', [{ fault: 'truncated-body' }]],
  ])('%s says how much of the limits is used', async (_, faults) => {
    const emulator = await anEmulator({ settings: { usageHeaders: 'everywhere' } })
    for (const fault of faults) await emulator.fault(fault)
    const { ok, usage } = await emulator.send(toRequest(aBatch(people('a'))), token, 10_000)
    expect(ok).toBe(faults.length === 0)
    expect(usage).toMatchObject({ adAccounts: [{ id: expect.any(String) as string }], appPercent: 0 })
  })

  it('that is a page is known as one, whatever space is before it', async () => {
    const { send } = await aServer('\n  <!DOCTYPE html>', 400)
    expect(await send(toRequest(aBatch(people('a'))), token, 5000)).toMatchObject({ failure: { html: true } })
  })

  it('that comes after the deadline is a timeout, also when only its body is late', async () => {
    const emulator = await anEmulator()
    await emulator.fault({ fault: 'slow-answer', delayMs: 20_000 })
    const answer = await emulator.send(toRequest(aBatch(people('a'))), token, 100)
    expect(answer).toMatchObject({ ok: false, failure: { kind: 'timeout' } })
  })

  it('that never comes because nobody listens is a network failure', async () => {
    const emulator = await anEmulator()
    await emulator.close()
    expect(await emulator.send(toRequest(aBatch(people('a'))), token, 5000)).toMatchObject({
      ok: false,
      failure: { kind: 'network', reason: 'ECONNREFUSED' },
    })
  })

  const received = (fields: string) => `{"num_received":1,${fields}}`
  it.each([
    ['samples in a list', received('"num_invalid_entries":1,"invalid_entry_samples":["x"]')],
    ['samples of another shape', received('"num_invalid_entries":1,"invalid_entry_samples":{"[]":{"why":"x"}}')],
    ['counts as text', '{"num_received":"1","num_invalid_entries":"0"}'],
    ['no counts of invalid entries', '{"num_received":1}'],
    ['null where a count should be', received('"num_invalid_entries":null,"invalid_entry_samples":null')],
  ])('with %s is a success, since the users are in', async (_, text) => {
    const { send } = await aServer(text)
    expect(await send(toRequest(aBatch(people('a'))), token, 5000)).toMatchObject({
      ok: true,
      received: { numReceived: 1 },
    })
  })

  const ofAccount = toRequest(aBatch(people('a'), { audienceId: 'act_1', direction: 'remove' }))
  it.each(['{"success":true}', '{}', 'true'])(
    'of an ad account is a success without counts, of which Meta documents none: %s',
    async (text) => {
      const { send } = await aServer(text)
      expect(await send(ofAccount, token, 5000)).toMatchObject({
        ok: true,
        received: { numReceived: Infinity, numInvalid: 0 },
      })
    },
  )

  it.each([
    ['of an ad account that says no', '{"success":false}', 200, ofAccount],
    ['of an ad account with status 500', '{}', 500, ofAccount],
    ['of an audience', '{"success":true}', 200, toRequest(aBatch(people('a')))],
  ])('%s, without counts, is no success', async (_, text, status, request) => {
    const { send } = await aServer(text, status)
    expect(await send(request, token, 5000)).toMatchObject({ ok: false, failure: { kind: 'unreadable', status } })
  })

  it.each([
    ['nulls beside the code', '{"error":{"code":190,"error_subcode":null,"is_transient":null,"fbtrace_id":null}}'],
    ['a trace id that no queue takes', '{"error":{"code":190,"fbtrace_id":"\\u0000\\uffff"}}'],
    ['texts where numbers should be', '{"error":{"code":190,"error_subcode":"x","error_user_title":5}}'],
  ])('whose error has %s is still judged by its code', async (_, text) => {
    const { send } = await aServer(text, 400)
    expect(await send(toRequest(aBatch(people('a'))), token, 5000)).toMatchObject({
      ok: false,
      failure: { kind: 'graph', code: 190, subCode: undefined, isTransient: false, fbtraceId: undefined },
    })
  })

  it.each([201, 202, 206, 500])('with status %i is no success, whatever its body says', async (status) => {
    const { send } = await aServer(SUCCESS, status)
    expect(await send(toRequest(aBatch(people('a'))), token, 5000)).toMatchObject({
      ok: false,
      failure: { kind: 'unreadable', status, html: false },
    })
  })

  it('with a redirect is not followed, because the token would go along', async () => {
    const { send, seen } = await aServer('', 302)
    expect(await send(toRequest(aBatch(people('a'))), token, 5000)).toMatchObject({
      ok: false,
      failure: { kind: 'unreadable', status: 302 },
    })
    expect(seen).toHaveLength(1)
  })
})
