import { describe, expect, it } from 'vitest'
import { FAULT_NAMES, fault } from '../../../lib/emulator/meta/faults.ts'
import type { Fault } from '../../../lib/emulator/meta/faults.ts'
import { AUDIENCE, OTHER_AUDIENCE, TOKEN, aGraphApi, sha256 } from './running-graph-api.ts'
import { isLong } from '../../support/long.ts'

const payload = { schema: 'EXTERN_ID', data: ['a', 'b'] }
const users = `/v26.0/${AUDIENCE}/users`
const request = (init: RequestInit = {}): RequestInit => ({
  method: 'POST',
  headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  body: JSON.stringify({ payload }),
  ...init,
})

describe('every fault answers as its table says, and applies the rows or not', () => {
  it.each(FAULT_NAMES.filter((name) => name !== 'hang'))('%s', async (name) => {
    const graph = await aGraphApi()
    await graph.control('POST', 'faults', { fault: name, ...(name === 'slow-answer' ? { delayMs: 1 } : {}) })
    const { error, page, connection, applies }: Fault = fault(name)

    if (connection === 'reset') {
      await expect(graph.raw(users, request())).rejects.toThrow()
    } else if (connection === 'cut') {
      await expect(graph.raw(users, request()).then((answer) => answer.text())).rejects.toThrow()
    } else {
      const response = await graph.raw(users, request())
      const text = await response.text()
      expect(response.status).toBe(error?.status ?? page?.status ?? 200)
      if (page !== undefined) {
        expect(text).toBe(page.text)
      } else if (error === undefined) {
        expect(JSON.parse(text)).toMatchObject({ num_received: 2 })
      } else {
        const { code, error_subcode, message, fbtrace_id } = (JSON.parse(text) as { error: Record<string, unknown> })
          .error
        expect({ code, error_subcode, message }).toEqual({
          code: error.code,
          error_subcode: error.subcode,
          message: error.message,
        })
        expect(fbtrace_id).toBe(response.headers.get('x-fb-request-id'))
        expect(response.headers.get('retry-after')).toBeNull()
      }
    }
    expect(await graph.members()).toHaveLength(applies ? 2 : 0)
    expect((await graph.add(payload)).status, 'a fault strikes once').toBe(200)
  })

  it('hang', async () => {
    const graph = await aGraphApi()
    await graph.control('POST', 'faults', { fault: 'hang' })
    const abort = new AbortController()
    const answer = graph.raw(users, request({ signal: abort.signal }))
    const outcome = expect(answer).rejects.toThrow()
    while ((await graph.requests()).length === 0);
    abort.abort()
    await outcome
    expect(await graph.members()).toEqual([])
    expect(await graph.requests()).toMatchObject([{ status: 0 }])
  })
})

it.each([
  [
    'service-unavailable',
    {
      message: 'An unexpected error has occurred. Please retry your request later.',
      type: 'OAuthException',
      is_transient: true,
      code: 2,
    },
  ],
  [
    'data-source-conflict',
    {
      message:
        '(#2650) Failed to update the custom audience: This audience was created from data source FILE_IMPORTED.MULTI_HASHES, which does not support data source FILE_IMPORTED.HASHES_OR_USER_IDS.',
      type: 'OAuthException',
      code: 2650,
    },
  ],
  [
    'rate-limit-4',
    { message: '(#4) Application request limit reached', type: 'OAuthException', is_transient: true, code: 4 },
  ],
])('%s has exactly the fields of the recorded error', async (name, recorded) => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: name })
  const { body } = await graph.add(payload)
  expect(body).toEqual({ error: { ...recorded, fbtrace_id: expect.any(String) as string } })
})

it('a fault strikes only the audience and the method it is meant for, as often as it is told', async () => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: 'html-500', audience: AUDIENCE, method: 'delete', times: 2 })
  const status = async (method: string, audience: string) =>
    (await graph.raw(`/v26.0/${audience}/users`, request({ method }))).status
  expect(await status('POST', AUDIENCE)).toBe(200)
  expect(await status('DELETE', OTHER_AUDIENCE)).toBe(200)
  expect(await status('DELETE', AUDIENCE)).toBe(500)
  const overridden = await graph.raw(users, request({ body: JSON.stringify({ payload, method: 'DELETE' }) }))
  expect(overridden.status).toBe(500)
  expect(await status('DELETE', AUDIENCE)).toBe(200)
})

it('faults strike in the order in which they were planned, until they are cleared', async () => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: 'html-400' })
  await graph.control('POST', 'faults', { fault: 'html-413', times: 5 })
  const status = async () => (await graph.raw(users, request())).status
  expect([await status(), await status()]).toEqual([400, 413])
  expect((await graph.control('GET', 'faults')).body.faults).toMatchObject([{ fault: 'html-413', times: 4 }])
  await graph.control('DELETE', 'faults')
  expect(await status()).toBe(200)
})

it('a fault may apply the rows although its table says that it does not', async () => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: 'service-unavailable', applies: true })
  expect((await graph.add(payload)).status).toBe(500)
  expect(await graph.members()).toHaveLength(2)
})

it.each([
  [
    'rate-limit-80003',
    'x-business-use-case-usage',
    { '1': [{ call_count: 100, estimated_time_to_regain_access: 17 }] },
  ],
  ['rate-limit-4', 'x-app-usage', { call_count: 100 }],
  ['rate-limit-17', 'x-ad-account-usage', { acc_id_util_pct: 100, reset_time_duration: 300 }],
])('%s tells the reached limit in %s', async (name, header, usage) => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: name, regainMinutes: 17 })
  const { headers } = await graph.add(payload)
  expect(JSON.parse(headers.get(header) ?? '{}')).toMatchObject(usage)
})

it('poison fails each request that has the value in any cell, until it is cleared', async () => {
  const graph = await aGraphApi()
  const poison = sha256('poison')
  await graph.control('POST', 'faults', { fault: 'poison', identifier: poison })
  const status = async (...emails: string[]) => {
    const body = JSON.stringify({ payload: { schema: ['FN', 'EMAIL'], data: emails.map((email) => ['', email]) } })
    return (await graph.raw(users, request({ body }))).status
  }
  expect(await status(sha256('a'), poison)).toBe(400)
  expect(await status(sha256('a'))).toBe(200)
  expect(await status(poison)).toBe(400)
  expect(await graph.members()).toEqual([{ EMAIL: sha256('a') }])
  await graph.control('DELETE', 'faults')
  expect(await status(poison)).toBe(200)
})

it('poison may be any fault', async () => {
  const graph = await aGraphApi()
  await graph.control('POST', 'faults', { fault: 'poison', identifier: 'b', answer: 'audience-blocked' })
  expect((await graph.add(payload)).body.error).toMatchObject({ code: 100, error_subcode: 1713230 })
})

const CALLS = isLong ? 100 : 50

it('a fault with a probability strikes a repeatable share of the requests', async () => {
  const strikes = async (seed: number) => {
    const graph = await aGraphApi()
    await graph.control('POST', 'faults', { fault: 'html-500', probability: 0.3, seed })
    const statuses: number[] = []
    for (let call = 0; call < CALLS; call++) statuses.push((await graph.raw(users, request())).status)
    return statuses
  }
  const first = await strikes(7)
  const struck = first.filter((status) => status === 500).length
  expect(struck).toBeGreaterThan(0.15 * CALLS)
  expect(struck).toBeLessThan(0.45 * CALLS)
  expect(await strikes(7)).toEqual(first)
  expect(await strikes(8)).not.toEqual(first)
})

it.each([
  ['an unknown name', { fault: 'earthquake' }, 'html-500'],
  ['an unknown field', { fault: 'hang', colour: 'red' }, 'allowed: fault'],
  ['no object', [], 'object'],
  ['poison without a value', { fault: 'poison' }, 'identifier'],
  ['poison with an unknown answer', { fault: 'poison', identifier: 'x', answer: 'y' }, 'html-500'],
  ['a probability above 1', { fault: 'hang', probability: 2 }, 'from 0 to 1'],
  ['no times at all', { fault: 'hang', times: 0 }, 'from 1'],
  ['a slow answer that does not apply', { fault: 'slow-answer', applies: false }, 'always applies'],
])('%s is refused, and nothing is planned', async (_name, planned, hint) => {
  const graph = await aGraphApi()
  const { status, body } = await graph.control('POST', 'faults', planned)
  expect(status).toBe(400)
  expect(body.error).toContain(hint)
  expect((await graph.control('GET', 'faults')).body.faults).toEqual([])
})
