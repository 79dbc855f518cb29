import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../../lib/emulator/gateway/gateway.ts'
import type { GatewayResponse } from '../../../lib/emulator/gateway/answer.ts'
import { jsonAnswer } from '../../../lib/emulator/gateway/own-endpoints.ts'
import type { InvocationResult } from '../../../lib/emulator/lambda/invocation-result.ts'

const ok = { ok: true, payload: { statusCode: 200, body: '{"success":true}' } } as const

async function aGateway(options: {
  invoke?: (event: APIGatewayProxyEvent) => Promise<InvocationResult>
  gatewayResponses?: GatewayResponse[]
  timeoutMs?: number
  page?: string
}) {
  const events: APIGatewayProxyEvent[] = []
  const gateway = await startGateway({
    port: 0,
    gatewayResponses: [],
    own: {
      'GET /_local/status': () => jsonAnswer(200, { queues: [] }),
      'POST /_local/retry': () => Promise.resolve(jsonAnswer(200, { released: 2 })),
      'POST /_local/find': ({ body }) => jsonAnswer(200, { given: body ?? 'nothing' }),
    },
    now: () => 1_700_000_000_000,
    ...options,
    invoke(event) {
      events.push(event as APIGatewayProxyEvent)
      return options.invoke?.(event as APIGatewayProxyEvent) ?? Promise.resolve(ok)
    },
  })
  onTestFinished(() => gateway.close(1))
  return { url: gateway.url, events, gateway }
}

const post = (
  url: string,
  body: string | Buffer<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) => fetch(url, { method: 'POST', body, headers })
/** The status of a GET with these headers, Host and Origin too, which fetch does not let a program set. */
const statusOf = (url: string, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    httpRequest(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
const bodyOf = (event: APIGatewayProxyEvent | undefined) => Buffer.from(event?.body ?? '', 'base64')
const answering = (payload: unknown) => ({ invoke: () => Promise.resolve<InvocationResult>({ ok: true, payload }) })

test('a request becomes a REST proxy event', async () => {
  const { url, events } = await aGateway({})
  await post(`${url}/v1/track%20it?writeKey=a%20b&x=1&x=2`, '{"event":"ä"}', { 'X-Write-Key': 'key' })
  expect(events[0]).toMatchObject({
    resource: '/{proxy+}',
    path: '/v1/track%20it',
    httpMethod: 'POST',
    pathParameters: { proxy: 'v1/track it' },
    queryStringParameters: { writeKey: 'a b', x: '2' },
    multiValueQueryStringParameters: { writeKey: ['a b'], x: ['1', '2'] },
    isBase64Encoded: true,
    requestContext: {
      stage: 'prod',
      path: '/prod/v1/track%20it',
      httpMethod: 'POST',
      requestTimeEpoch: 1_700_000_000_000,
      identity: { sourceIp: '127.0.0.1', userAgent: 'node' },
    },
  })
  expect(bodyOf(events[0]).toString()).toBe('{"event":"ä"}')
})

test('header names stay as they were sent, with the last of several values and all of them', async () => {
  const { url, events } = await aGateway({})
  await new Promise((resolve) => {
    const headers = ['Host', 'h', 'X-Thing', 'one', 'X-Thing', 'two']
    httpRequest(`${url}/b`, { method: 'POST', headers }, resolve).end('{}')
  })
  expect(events[0]?.headers['X-Thing']).toBe('two')
  expect(events[0]?.multiValueHeaders['X-Thing']).toEqual(['one', 'two'])
})

test('a request without a body has none, and the root has a resource of its own', async () => {
  const { url, events } = await aGateway({})
  await fetch(url)
  expect(events[0]).toMatchObject({
    resource: '/',
    path: '/',
    body: null,
    isBase64Encoded: false,
    pathParameters: null,
    queryStringParameters: null,
  })
})

test('bytes that are no text survive', async () => {
  const { url, events } = await aGateway({})
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  await post(`${url}/b`, bytes)
  expect([...bodyOf(events[0])]).toEqual([...bytes])
})

test('a gzip body that is announced is inflated, and the header stays', async () => {
  const { url, events } = await aGateway({})
  await post(`${url}/b`, gzipSync('{"batch":[]}'), { 'content-encoding': 'gzip' })
  expect(bodyOf(events[0]).toString()).toBe('{"batch":[]}')
  expect(events[0]?.headers['content-encoding']).toBe('gzip')
})

test('a gzip body that is not announced passes as it is', async () => {
  const { url, events } = await aGateway({})
  const packed = gzipSync('{"batch":[]}')
  await post(`${url}/b`, packed)
  expect(bodyOf(events[0])).toEqual(packed)
})

test.each([
  ['bytes that are not gzip', 'gzip'],
  ['a coding that the gateway does not know', 'br'],
])('%s are answered 415', async (_, coding) => {
  const { url, events } = await aGateway({})
  const response = await post(`${url}/b`, '{"plain":true}', { 'content-encoding': coding })
  expect(response.status).toBe(415)
  expect(await response.json()).toEqual({ message: 'Unsupported Media Type' })
  expect(events).toHaveLength(0)
})

test.each([
  ['a body over 10 MB', () => Buffer.alloc(10 * 1024 * 1024 + 1), {}],
  ['a body whose event is over 6 MB', () => Buffer.alloc(4_800_000), {}],
  ['a gzip body whose event is over 6 MB', () => gzipSync(Buffer.alloc(4_800_000)), { 'content-encoding': 'gzip' }],
  ['a gzip body that inflates without end', () => gzipSync(Buffer.alloc(64_000_000)), { 'content-encoding': 'gzip' }],
])('%s is answered 413', async (_, body, headers) => {
  const { url, events } = await aGateway({})
  const response = await post(`${url}/b`, body(), headers)
  expect(response.status).toBe(413)
  expect(events).toHaveLength(0)
})

test('a body of 4.5 MB passes', async () => {
  const { url } = await aGateway({})
  expect((await post(`${url}/b`, Buffer.alloc(4_500_000))).status).toBe(200)
})

test('a function that takes longer than the integration timeout is answered 504', async () => {
  const { url } = await aGateway({ timeoutMs: 10, invoke: () => new Promise(() => undefined) })
  const response = await post(`${url}/b`, '{}')
  expect(response.status).toBe(504)
  expect(await response.json()).toEqual({ message: 'Endpoint request timed out' })
})

test.each<[string, InvocationResult]>([
  ['a function error', { ok: false, errorType: 'Error', errorMessage: 'secret detail' }],
  ['an answer of nothing', { ok: true, payload: null }],
  ['an answer without status', { ok: true, payload: { body: 'x' } }],
  ['a body that is no text', { ok: true, payload: { statusCode: 200, body: { a: 1 } } }],
])('%s is answered 502 without details', async (_, result) => {
  const { url } = await aGateway({ invoke: () => Promise.resolve(result) })
  const response = await post(`${url}/b`, '{}')
  expect(response.status).toBe(502)
  expect(await response.json()).toEqual({ message: 'Internal server error' })
})

test('errors are answered as the template’s gateway responses say', async () => {
  const { url } = await aGateway({
    ...answering(null),
    gatewayResponses: [
      {
        type: 'DEFAULT_4XX',
        headers: { 'access-control-allow-origin': 'method.request.header.Origin' },
        template: '{"code":"bad_request","message":$context.error.messageString}',
      },
      { type: 'REQUEST_TOO_LARGE', headers: { 'x-kind': "'large'" }, template: '{"code":"payload_too_large"}' },
      { type: 'DEFAULT_5XX', headers: {}, template: '{"type":"$context.error.responseType"}', status: 503 },
    ],
  })
  const unsupported = await post(`${url}/b`, 'x', { 'content-encoding': 'gzip', origin: 'https://shop.example' })
  expect(unsupported.status).toBe(415)
  expect(unsupported.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect(await unsupported.json()).toEqual({ code: 'bad_request', message: 'Unsupported Media Type' })

  const tooLarge = await post(`${url}/b`, Buffer.alloc(5_000_000))
  expect(tooLarge.headers.get('x-kind')).toBe('large')
  expect(await tooLarge.json()).toEqual({ code: 'payload_too_large' })

  const failed = await post(`${url}/b`, '{}')
  expect(failed.status).toBe(503)
  expect(await failed.json()).toEqual({ type: 'DEFAULT_5XX' })
})

test('the function’s status, headers and body are passed on', async () => {
  const payload = {
    statusCode: 401,
    headers: { 'Content-Type': 'text/plain', 'Retry-After': 5 },
    multiValueHeaders: { Vary: ['Origin', 'Accept'] },
    body: 'nö',
  }
  const { url } = await aGateway(answering(payload))
  const response = await post(`${url}/b`, '{}')
  expect(response.status).toBe(401)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/plain',
    'retry-after': '5',
    vary: 'Origin, Accept',
  })
  expect(await response.text()).toBe('nö')
})

test('a base64 answer is decoded', async () => {
  const bytes = Buffer.from([0, 255, 128])
  const { url } = await aGateway(answering({ statusCode: 200, body: bytes.toString('base64'), isBase64Encoded: true }))
  expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(bytes)
})

test('an answer without a type is JSON, and 204 has no body', async () => {
  const { url } = await aGateway({
    invoke: ({ httpMethod }) =>
      Promise.resolve({ ok: true, payload: httpMethod === 'OPTIONS' ? { statusCode: 204 } : ok.payload }),
  })
  expect((await fetch(url)).headers.get('content-type')).toBe('application/json')
  const preflight = await fetch(url, { method: 'OPTIONS' })
  expect(preflight.status).toBe(204)
  expect(await preflight.text()).toBe('')
})

test('what is below /_local is answered without the function, and what is not there is told', async () => {
  const { url, events } = await aGateway({})
  expect(await (await fetch(`${url}/_local/status?x=1`)).json()).toEqual({ queues: [] })
  expect(await (await post(`${url}/_local/retry`, '')).json()).toEqual({ released: 2 })
  const unknown = await fetch(`${url}/_local/constructor`)
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toEqual({
    error: 'there is no GET /_local/constructor; there are GET /_local/status, POST /_local/retry, POST /_local/find',
  })
  expect((await fetch(`${url}/_local/retry`)).status).toBe(404)
  expect(events).toHaveLength(0)
})

test('a browser that opens the address is sent on to the page, if there is one, and everybody else gets the function', async () => {
  const { url, events } = await aGateway({ page: '/console' })
  const open = (accept: string, method = 'GET') => fetch(url, { method, redirect: 'manual', headers: { accept } })
  const sentOn = await open('text/html,application/xhtml+xml,*/*;q=0.8')
  expect([sentOn.status, sentOn.headers.get('location')]).toEqual([303, '/console'])
  expect(events).toHaveLength(0)
  for (const accept of ['*/*', 'application/json', 'text/htmlx']) expect((await open(accept)).status).toBe(200)
  expect((await open('text/html', 'POST')).status).toBe(200)
  const without = await aGateway({})
  expect((await fetch(without.url, { headers: { accept: 'text/html' } })).status).toBe(200)
  expect(events.length + without.events.length).toBe(5)
})

test('a body below /_local must be said to be JSON, which no page can send elsewhere without asking', async () => {
  const { url } = await aGateway({})
  const answer = (type: string) => post(`${url}/_local/retry`, '{}', { 'content-type': type })
  for (const type of ['application/json', 'Application/JSON; charset=utf-8'])
    expect((await answer(type)).status).toBe(200)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])
    expect((await answer(type)).status).toBe(415)
})

test('what answers below /_local is given the JSON of the body, and a body that is none is refused', async () => {
  const { url } = await aGateway({})
  const find = (body: string) => post(`${url}/_local/find`, body, { 'content-type': 'application/json' })
  expect(await (await find('{"a":["ä"]}')).json()).toEqual({ given: { a: ['ä'] } })
  expect(await (await find('')).json()).toEqual({ given: 'nothing' })
  expect((await find('{"a":')).status).toBe(400)
})

test('only this machine’s own names and pages are answered below /_local; ingest takes every Host and Origin', async () => {
  const { url, events } = await aGateway({})
  const { port } = new URL(url)
  const status = (path: string, headers: Record<string, string>) => statusOf(`${url}${path}`, headers)
  const own = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`)
  for (const host of [...own, `LOCALHOST:${port}`]) expect(await status('/_local/status', { host })).toBe(200)
  for (const name of own) expect(await status('/_local/status', { origin: `http://${name}` })).toBe(200)
  for (const host of ['localhost', 'localhost:1', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`])
    expect(await status('/_local/status', { host })).toBe(403)
  for (const origin of ['null', 'http://localhost', `https://localhost:${port}`, `http://evil.example:${port}`])
    expect(await status('/_local/status', { origin })).toBe(403)
  expect(events).toHaveLength(0)
  expect(await status('/v1/track', { host: 'evil.example', origin: 'https://shop.example' })).toBe(200)
})

test('close lets requests under way finish', async () => {
  const { promise, resolve } = Promise.withResolvers<InvocationResult>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>()
  const { url, gateway } = await aGateway({
    invoke() {
      begin(undefined)
      return promise
    },
  })
  const response = fetch(url)
  await begun
  const closed = gateway.close(5)
  resolve(ok)
  expect((await response).status).toBe(200)
  await closed
  await expect(fetch(url)).rejects.toThrow()
})
