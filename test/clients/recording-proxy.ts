import { request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { readBody } from '../../lib/emulator/http-body.ts'
import { listenOnLoopback } from '../../lib/emulator/loopback-server.ts'

/** A request as a client sent it, and the status that it was answered with. */
export type RecordedRequest = {
  /** Milliseconds. */
  at: number
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Buffer
  status: number
}

/**
 * An answer in place of the service's own, given when `after` has come true. `cut`: the service takes the request, and
 * the connection is broken off before its answer.
 */
type ScriptedAnswer = { status: number | 'cut'; headers?: Record<string, string>; after?: Promise<unknown> }

export type RecordingProxy = {
  url: string
  /** Everything since the start or the last `clear`, in the order of the answers. */
  requests: RecordedRequest[]
  /** The next POSTs are answered so, and do not reach the service. */
  answerNext: (...answers: ScriptedAnswer[]) => void
  clear: () => void
  close: () => Promise<void>
}

type Answer = { status: number; headers: OutgoingHttpHeaders; body: Buffer }

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** Passes every byte on to `target` and keeps what was sent: what a client really does is seen here. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = []
  const script: ScriptedAnswer[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now()
    const body = (await readBody(request, NO_LIMIT)) ?? Buffer.alloc(0)
    const { method = '', url: path = '', headers } = request
    const scripted = method === 'POST' ? script.shift() : undefined
    if (scripted?.status === 'cut') {
      const { status } = await pass(request, body)
      requests.push({ at, method, path, headers, body, status })
      await scripted.after
      response.destroy()
      return
    }
    const { status, ...answered } = scripted
      ? scriptedAnswer(scripted.status, scripted, headers)
      : await pass(request, body)
    requests.push({ at, method, path, headers, body, status })
    await scripted?.after
    response.writeHead(status, answered.headers).end(answered.body)
  }

  async function pass({ method, url, rawHeaders }: IncomingMessage, body: Buffer): Promise<Answer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${target}${url ?? ''}`, { method, headers: rawHeaders }, resolve)
        .once('error', reject)
        .end(body)
    })
    const { 'transfer-encoding': _, connection: __, ...headers } = response.headers
    return { status: response.statusCode ?? 0, headers, body: (await readBody(response, NO_LIMIT)) ?? Buffer.alloc(0) }
  }

  const http = await listenOnLoopback(0, (request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  return {
    url: `http://127.0.0.1:${http.port}`,
    requests,
    answerNext: (...answers) => void script.push(...answers),
    clear: () => void requests.splice(0),
    close: http.close,
  }
}

// A browser must be allowed to read the status, or it sees a lost connection in its place.
function scriptedAnswer(
  status: number,
  { headers = {} }: ScriptedAnswer,
  { origin }: IncomingMessage['headers'],
): Answer {
  const cors = origin === undefined ? {} : { 'access-control-allow-origin': origin }
  const body = JSON.stringify({ success: false, code: 'scripted', message: 'scripted' })
  return { status, headers: { 'content-type': 'application/json', ...cors, ...headers }, body: Buffer.from(body) }
}

/** The body as JSON, whether it was compressed or not. */
export function jsonOf({ body }: RecordedRequest): Record<string, unknown> {
  const text = (body[0] === 0x1f ? gunzipSync(body) : body).toString()
  return JSON.parse(text) as Record<string, unknown>
}

/** The events of a batch, or the one of a single call. */
export function eventsOf(request: RecordedRequest): Record<string, unknown>[] {
  const json = jsonOf(request)
  return (Array.isArray(json.batch) ? json.batch : [json]) as Record<string, unknown>[]
}
