import { Metrics } from '@aws-lambda-powertools/metrics'
import { expect, onTestFinished, test } from 'vitest'
import { HealthCheckError, createHealthHandler } from '../../functions/health/handler.ts'
import { createTokenSource } from '../../lib/aws/token-source.ts'
import { createTokenCheck } from '../../lib/graph-api/debug-token.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import type { Log } from '../../lib/log.ts'
import { createMetrics } from '../../lib/metrics.ts'
import { capture } from '../support/captured-output.ts'
import { AUDIENCE, destinationsOf } from '../support/settings.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const DAY_SECONDS = 86_400
const TOKEN = 'a-token-that-is-valid'

type Line = Parameters<Log>

/** One run of the function: what it measured and logged, and whether it failed. */
async function aCheck({ secret = TOKEN, apiVersion = 'v26.0', appSecret = '', fetch = globalThis.fetch } = {}) {
  const graph = await startGraphApi({
    port: 0,
    audiences: [AUDIENCE],
    accessTokens: [TOKEN],
    clock: () => NOW,
    ...(appSecret && { appSecret, settings: { requireAppSecretProof: true } }),
  })
  onTestFinished(() => graph.close())
  const measured: Record<string, number> = {}
  const lines: Line[] = []
  const text = () => Promise.resolve(secret)
  const handler = createHealthHandler({
    destinations: destinationsOf({ apiVersion }),
    token: () => createTokenSource({ get: text, refresh: text }),
    checkToken: createTokenCheck({ baseUrl: graph.url, fetch, clock: () => NOW }),
    log: (...line) => lines.push(line),
    measure: (name, value, dimensions) => (measured[`${name} ${dimensions.destination ?? ''}`] = value),
    clock: () => NOW,
  })
  const failure: unknown = await handler().catch((error: unknown) => error)
  const { requests } = (await (await globalThis.fetch(`${graph.url}/_emulator/requests`)).json()) as {
    requests: { method: string; url: string; body: unknown; status: number }[]
  }
  return { measured, lines, failure, requests }
}

/** Meta, answering this about the token. */
const saying = (data: object) => () => Promise.resolve(Response.json({ data }))

test('a token that never ends, and a version whose end is estimated', async () => {
  const { measured, failure, lines } = await aCheck()
  expect(measured).toEqual({ 'TokenDaysLeft main': 3650, 'VersionDaysLeft main': 94 })
  expect(failure).toBeUndefined()
  expect(lines).toEqual([['info', 'token_checked', { destination: 'main', daysLeft: 3650 }]])
})

test('the token is in no URL: Meta is asked by a form that means GET', async () => {
  const { requests } = await aCheck()
  expect(requests).toMatchObject([
    { method: 'POST', url: '/v26.0/debug_token', body: { method: 'get', input_token: '***' }, status: 200 },
  ])
})

test('a secret with an app secret proves itself', async () => {
  const secret = JSON.stringify({ accessToken: TOKEN, appSecret: 'shh' })
  const { measured } = await aCheck({ secret, appSecret: 'shh' })
  expect(measured).toMatchObject({ 'TokenDaysLeft main': 3650 })
})

test.each([
  ['ends in six days and a half', { is_valid: true, expires_at: NOW / 1000 + 6.5 * DAY_SECONDS }, 6],
  ['ended yesterday', { is_valid: true, expires_at: NOW / 1000 - DAY_SECONDS }, 0],
  ['was withdrawn', { is_valid: false, expires_at: 0, error: { code: 190, message: 'withdrawn' } }, 0],
  ['has no end that Meta tells', { is_valid: true }, 3650],
])('a token that %s', async (_, data, days) => {
  expect((await aCheck({ fetch: saying(data) })).measured).toMatchObject({ 'TokenDaysLeft main': days })
})

test('a token that Meta does not even take for the question has no days left', async () => {
  expect((await aCheck({ secret: 'another-token' })).measured).toMatchObject({ 'TokenDaysLeft main': 0 })
})

test('a version that has ended has less than none, and one that nobody knows is not measured', async () => {
  expect((await aCheck({ apiVersion: 'v24.0' })).measured).toMatchObject({ 'VersionDaysLeft main': -49 })
  const unknown = await aCheck({ apiVersion: 'v99.0', fetch: saying({ is_valid: true }) })
  expect(Object.keys(unknown.measured)).toEqual(['TokenDaysLeft main'])
  expect(unknown.lines).toContainEqual(['warn', 'version_unknown', { destination: 'main', reason: 'v99.0' }])
})

test('a token that nobody has set yet is not measured, and is no failure', async () => {
  const { measured, failure, lines, requests } = await aCheck({ secret: 'not-set' })
  expect(Object.keys(measured)).toEqual(['VersionDaysLeft main'])
  expect([failure, requests]).toEqual([undefined, []])
  expect(lines).toEqual([['warn', 'token_not_checked', { destination: 'main', reason: 'token_not_set' }]])
})

test.each<[string, string, typeof fetch]>([
  [
    'refuses connections',
    'ECONNREFUSED',
    () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error(TOKEN), { code: 'ECONNREFUSED' }) }),
      ),
  ],
  ['is out of reach', 'TypeError', () => Promise.reject(new TypeError(`fetch failed for ${TOKEN}`))],
  ['answers no JSON', 'SyntaxError', () => Promise.resolve(new Response('<html>'))],
  ['answers something else', 'http_200', () => Promise.resolve(Response.json({ data: 5 }))],
  ['has a problem', 'graph_2', () => Promise.resolve(Response.json({ error: { code: 2 } }, { status: 500 }))],
])(
  'when Meta %s the function fails, so that Lambda repeats it, and says why without the token',
  async (_, reason, fetch) => {
    const { measured, failure, lines } = await aCheck({ fetch })
    expect(failure).toBeInstanceOf(HealthCheckError)
    expect(Object.keys(measured)).toEqual(['VersionDaysLeft main'])
    expect(lines).toEqual([['warn', 'token_not_checked', { destination: 'main', reason }]])
  },
)

test('no days left are written too, of which zero is the most important', () => {
  const output = capture()
  const { measure, flush } = createMetrics(new Metrics({ namespace: 'Test', serviceName: 'health' }))
  measure('TokenDaysLeft', 3, { destination: 'main' })
  measure('TokenDaysLeft', 0, { destination: 'main' })
  flush()
  expect(output.lines()).toMatchObject([{ destination: 'main', TokenDaysLeft: 0 }])
})
