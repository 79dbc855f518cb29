import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../http-body.ts'
import { listenOnLoopback } from '../loopback-server.ts'
import { foreignReason, wantsPage } from '../own-requests.ts'
import { errorAnswer } from './answer.ts'
import type { Answer } from './answer.ts'
import { NEWEST_VERSION } from './api-version.ts'
import { controlAnswer, isControlPath } from './control.ts'
import { disturbed, pageAnswer, promptly, putOnTheWire } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import { newEmulator } from './emulator.ts'
import type { Emulator, EmulatorOptions } from './emulator.ts'
import { FAULTS } from './faults.ts'
import { frontPage } from './front-page.ts'
import { graphAnswer } from './graph-answer.ts'
import { GraphError } from './graph-error.ts'
import { graphRequest } from './graph-request.ts'
import type { GraphRequest } from './graph-request.ts'
import { strikingFault } from './planned-faults.ts'
import { loggedRequest } from './request-log.ts'

// Node's own limit of 16 KB would hide Meta's, which a DELETE with its payload in the URL runs into much later.
const MAX_HEADER_BYTES = 4 * 1024 * 1024

/** A running emulator. */
export type GraphApi = {
  url: string
  /** Its state, as it is now. */
  emulator: Emulator
  /** Replaces the valid tokens, as a rotation does. */
  setAccessTokens(tokens: readonly string[]): void
  close(): Promise<void>
}

/** A request to the Graph API and its answer; undefined when the connection ends without a whole one. */
export type Answered = { at: number; graph: GraphRequest; answer: Answer | undefined; emulator: Emulator }

type Options = EmulatorOptions & {
  /** 0 for any free port. */
  port: number
  /** The address of a page about the emulator, to which a browser that opens its address is sent on. */
  page?: (() => string | undefined) | undefined
  onAnswer?: ((answered: Answered) => void) | undefined
}

/** Starts the emulator on a loopback port. */
export async function startGraphApi({ port, page, onAnswer, ...options }: Options): Promise<GraphApi> {
  const emulator = newEmulator(options)
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(emulator, request, response, { page, onAnswer }).catch((error: unknown) => {
      if (response.headersSent || request.socket.destroyed) response.destroy()
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(`Defect of the emulator: ${String(error)}`)
    })
  }
  const server = await listenOnLoopback(port, listener, { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 60_000 })
  return {
    url: `http://127.0.0.1:${server.port}`,
    emulator,
    setAccessTokens: (tokens) => (emulator.accessTokens = new Set(tokens)),
    close: server.close,
  }
}

async function handle(
  emulator: Emulator,
  request: IncomingMessage,
  response: ServerResponse,
  { page, onAnswer }: Pick<Options, 'page' | 'onAnswer'>,
): Promise<void> {
  const { method = 'GET', headers } = request
  const url = URL.parse(`http://${headers.host ?? '127.0.0.1'}${request.url ?? '/'}`)
  if (url === null) return putOnTheWire(promptly(pageAnswer(FAULTS['html-400'].page)), request, response)
  if (url.pathname === '/' && wantsPage(request) && !foreignReason(headers, request.socket.localPort ?? 0, true))
    return putOnTheWire(promptly(frontPage(page?.())), request, response)
  const body = await readBody(request, emulator.settings.maxBodyBytes)
  if (isControlPath(url.pathname)) {
    const foreign = foreignReason(headers, request.socket.localPort ?? 0)
    if (foreign !== undefined) {
      const refusal = JSON.stringify({ error: foreign })
      const page = pageAnswer({ status: 403, contentType: 'application/json', text: refusal })
      return putOnTheWire(promptly(page), request, response)
    }
    const control = controlAnswer(emulator, method, url.pathname, body ?? Buffer.alloc(0))
    return putOnTheWire(promptly(control), request, response)
  }
  const at = emulator.clock()
  const { graph, delivery } = await decided(emulator, request, url, body)
  const status = 'answer' in delivery ? delivery.answer.status : 0
  emulator.requests.push(loggedRequest({ at, method, url, headers, status }, graph, emulator.accessTokens))
  emulator.requests.splice(0, emulator.requests.length - emulator.settings.requestsKept)
  if (graph) onAnswer?.({ at, graph, answer: delivery.end === 'answer' ? delivery.answer : undefined, emulator })
  return putOnTheWire(delivery, request, response)
}

async function decided(
  emulator: Emulator,
  { method = 'GET', headers, url: target = '' }: IncomingMessage,
  url: URL,
  body: Buffer | undefined,
): Promise<{ graph?: GraphRequest; delivery: Delivery }> {
  // Meta's front end answers a URL that is too long with a page; that it does so for a body is inferred.
  if (target.length > emulator.settings.maxUrlBytes) return { delivery: promptly(pageAnswer(FAULTS['html-400'].page)) }
  if (body === undefined) return { delivery: promptly(pageAnswer(FAULTS['html-413'].page)) }
  try {
    const graph = await graphRequest(url, method, headers, body)
    const fault = strikingFault(emulator.faults, graph)
    const delivery = fault === undefined ? promptly(graphAnswer(emulator, graph)) : disturbed(emulator, graph, fault)
    return { graph, delivery }
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    const context = { method, version: NEWEST_VERSION, headers: {} }
    return { delivery: promptly(errorAnswer(error.fields, context)) }
  }
}
