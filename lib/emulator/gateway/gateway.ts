import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorAnswer, proxyAnswer } from './answer.ts'
import type { GatewayError, GatewayResponse, HttpAnswer } from './answer.ts'
import { headerValue, toProxyEvent, unpackBody } from './event.ts'
import { readBody } from '../http-body.ts'
import { MAX_REQUEST_BYTES } from '../lambda/invocation-result.ts'
import type { InvocationResult } from '../lambda/invocation-result.ts'
import { listenOnLoopback } from '../loopback-server.ts'
import { foreignReason } from '../own-requests.ts'

/** Source: "Amazon API Gateway quotas": payload, and request line with headers, in bytes. */
const MAX_BODY_BYTES = 10 * 1024 * 1024
const MAX_HEADER_BYTES = 10_240

export type Gateway = {
  url: string
  /** Takes no new requests, and waits up to `graceSeconds` for those under way. */
  close: (graceSeconds: number) => Promise<void>
}

type Options = {
  /** 0 for any free port. */
  port: number
  invoke: (event: unknown) => Promise<InvocationResult>
  gatewayResponses: readonly GatewayResponse[]
  /** Integration timeout in milliseconds; API Gateway's default is 29 s. */
  timeoutMs?: number
  /**
   * What answers requests below `/_local`, which no function sees, by method and path: `GET /_local/status`. It is given the
   * JSON of the body, undefined without one.
   */
  local: Readonly<Record<string, (body: unknown) => unknown>>
  now: () => number
}

/**
 * An API Gateway REST API with a Lambda proxy integration on `/` and `/{proxy+}`, and binary media types for all.
 * Its limits and its own errors are the real one's. Rejects with the system's error when the port is in use.
 */
export async function startGateway(options: Options): Promise<Gateway> {
  const { invoke, gatewayResponses, local, timeoutMs = 29_000, now } = options
  const underWay = new Set<Promise<void>>()

  async function answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { rawHeaders, method = 'GET', url = '/' } = request
    const [path = ''] = url.split('?')
    if (path === '/_local' || path.startsWith('/_local/')) return localAnswer(request, `${method} ${path}`)
    const requestId = randomUUID()
    const header = (name: string) => headerValue(rawHeaders, name)
    const refuse = (error: GatewayError) => errorAnswer(error, gatewayResponses, requestId, header)

    const sent = await readBody(request, MAX_BODY_BYTES)
    if (sent === undefined) return refuse('REQUEST_TOO_LARGE')
    const body = await unpackBody(sent, header('content-encoding'))
    if (body === 'too_large') return refuse('REQUEST_TOO_LARGE')
    if (body === 'unsupported') return refuse('UNSUPPORTED_MEDIA_TYPE')
    const sourceIp = request.socket.remoteAddress ?? '127.0.0.1'
    const event = toProxyEvent({ method, url, rawHeaders, body, sourceIp, requestId, receivedAt: now() })
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_REQUEST_BYTES) return refuse('REQUEST_TOO_LARGE')
    const result = await within(timeoutMs, invoke(event))
    if (result === undefined) return refuse('INTEGRATION_TIMEOUT')
    const answered = proxyAnswer(result) ?? refuse('DEFAULT_5XX')
    return { ...answered, headers: { ...answered.headers, 'x-amzn-requestid': requestId } }
  }

  async function localAnswer(request: IncomingMessage, endpoint: string): Promise<HttpAnswer> {
    const foreign = foreignReason(request.headers, http.port)
    if (foreign !== undefined) return json(403, { error: foreign })
    const answer = Object.hasOwn(local, endpoint) ? local[endpoint] : undefined
    if (!answer) return json(404, { error: `there is no ${endpoint}; there are ${Object.keys(local).join(', ')}` })
    const body = await readBody(request, MAX_BODY_BYTES)
    // A page can send other types to any address without asking.
    if (body === undefined) return json(413, { error: 'the body is larger than 10 MB' })
    if (body.length !== 0 && !/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      return json(415, {
        error: 'a body must be JSON, with the header content-type: application/json; or leave it out',
      })
    const text = body.toString('utf8')
    try {
      return json(200, await answer(text === '' ? undefined : JSON.parse(text)))
    } catch (error) {
      if (error instanceof SyntaxError) return json(400, { error: 'the body is no JSON' })
      throw error
    }
  }

  const http = await listenOnLoopback(
    options.port,
    (request, response) => {
      const done = answer(request)
        .then((result) => send(response, result))
        .catch(() => void response.destroy())
        .finally(() => underWay.delete(done))
      underWay.add(done)
    },
    { maxHeaderSize: MAX_HEADER_BYTES },
  )
  return {
    url: `http://127.0.0.1:${http.port}`,
    async close(graceSeconds) {
      http.server.close()
      await within(graceSeconds * 1000, Promise.all(underWay))
      await http.close()
    },
  }
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: timeUp, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), milliseconds)
  return Promise.race([promise, timeUp]).finally(() => clearTimeout(timer))
}

function json(status: number, value: unknown): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...rest } = headers
  response.writeHead(status, status === 204 ? rest : { ...rest, 'content-length': body.length }).end(body)
}
