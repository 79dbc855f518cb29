import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { errorAnswer, proxyAnswer } from './answer.ts'
import type { GatewayError, GatewayResponse, HttpAnswer } from './answer.ts'
import { headerValue, toProxyEvent, unpackBody } from './event.ts'
import { readBody } from '../http-body.ts'
import { MAX_REQUEST_BYTES } from '../lambda/invocation-result.ts'
import type { InvocationResult } from '../lambda/invocation-result.ts'
import { listenOnLoopback } from '../loopback-server.ts'
import { wantsPage } from '../own-requests.ts'
import { isOwn, ownAnswer, ownText } from './own-endpoints.ts'
import type { OwnAnswer, OwnEndpoints } from './own-endpoints.ts'

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
  own: OwnEndpoints
  /** The path of a page for people, to which a browser that opens the address is sent on. */
  page?: string
  /**
   * Called with each request for the function, as soon as the function has it, and what it answers with what becomes of it.
   * A request that the gateway refuses itself comes without an event.
   */
  onRequest?: (path: string, event?: APIGatewayProxyEvent) => (answer: Pick<HttpAnswer, 'status' | 'body'>) => void
  now: () => number
}

/**
 * An API Gateway REST API with a Lambda proxy integration on `/` and `/{proxy+}`, and binary media types for all.
 * Its limits and its own errors are the real one's. Rejects with the system's error when the port is in use.
 */
export async function startGateway(options: Options): Promise<Gateway> {
  const { invoke, gatewayResponses, own, page, onRequest, timeoutMs = 29_000, now } = options
  const underWay = new Set<Promise<void>>()

  const sentOn: OwnEndpoints =
    page === undefined ? {} : { 'GET /': () => ownText(303, 'text/plain', '', { location: page }) }
  const pages = page === undefined ? [] : ['/', page]

  async function answer(request: IncomingMessage): Promise<OwnAnswer> {
    const opensFront = page !== undefined && request.url?.split('?')[0] === '/' && wantsPage(request)
    if (!opensFront && !isOwn(request, own)) return functionAnswer(request)
    return ownAnswer(request, { endpoints: { ...own, ...sentOn }, pages, port: http.port })
  }

  async function functionAnswer(request: IncomingMessage): Promise<HttpAnswer> {
    const { rawHeaders, method = 'GET', url = '/' } = request
    const requestId = randomUUID()
    const header = (name: string) => headerValue(rawHeaders, name)
    let answered: ReturnType<NonNullable<typeof onRequest>> | undefined
    const told = (answer: HttpAnswer) => {
      answered ??= onRequest?.(url)
      answered?.(answer)
      return answer
    }
    const refuse = (error: GatewayError) => told(errorAnswer(error, gatewayResponses, requestId, header))

    const sent = await readBody(request, MAX_BODY_BYTES)
    if (sent === undefined) return refuse('REQUEST_TOO_LARGE')
    const body = await unpackBody(sent, header('content-encoding'))
    if (body === 'too_large') return refuse('REQUEST_TOO_LARGE')
    if (body === 'unsupported') return refuse('UNSUPPORTED_MEDIA_TYPE')
    const sourceIp = request.socket.remoteAddress ?? '127.0.0.1'
    const event = toProxyEvent({ method, url, rawHeaders, body, sourceIp, requestId, receivedAt: now() })
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_REQUEST_BYTES) return refuse('REQUEST_TOO_LARGE')
    const invoked = within(timeoutMs, invoke(event))
    answered = onRequest?.(url, event)
    const result = await invoked
    if (result === undefined) return refuse('INTEGRATION_TIMEOUT')
    const proxied = proxyAnswer(result) ?? errorAnswer('DEFAULT_5XX', gatewayResponses, requestId, header)
    return told({ ...proxied, headers: { ...proxied.headers, 'x-amzn-requestid': requestId } })
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

function send(response: ServerResponse, answer: OwnAnswer): void {
  if ('stream' in answer) {
    answer.stream(response)
    return
  }
  const { status, headers, body } = answer
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...rest } = headers
  response.writeHead(status, status === 204 ? rest : { ...rest, 'content-length': body.length }).end(body)
}
