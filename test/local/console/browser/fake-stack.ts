import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { explain } from '../../../../lib/cli/explain/explain.ts'
import { readBody } from '../../../../lib/emulator/http-body.ts'
import { listenOnLoopback } from '../../../../lib/emulator/loopback-server.ts'
import { faultChoices } from '../../../../lib/local/console/fault-choices.ts'
import type { ConsoleState, FeedEvent } from '../../../../lib/local/console/feed.ts'
import type { PageBundle } from '../../../../lib/local/console/page-bundle.ts'
import { settingsOf } from '../../../support/settings.ts'
import { AT, SCENES } from '../page/scenes.ts'
import type { Scene } from '../page/scenes.ts'

export type FakeStack = {
  url: string
  /** What the page asked for, other than to look: method, path and body. */
  asked: string[]
  show: (scene: Scene) => void
  tell: (event: FeedEvent) => void
  /** Ends all streams, as a stack that ends does. */
  hangUp: () => void
  close: () => Promise<void>
}

/** A stack that only shows scenes: it answers what the page asks, and remembers it. */
export async function startFakeStack(page: PageBundle, port = 0): Promise<FakeStack> {
  let state: ConsoleState = SCENES.empty
  const streams = new Set<ServerResponse>()
  const asked: string[] = []
  let eventId = 0

  const answers: Record<string, (body: { text?: string }) => unknown> = {
    'GET /_local/console': () => state,
    'GET /_local/console/faults': () => ({ faults: faultChoices() }),
    'POST /_local/console/explain': ({ text = '' }) => explained(text),
    'POST /_local/console/send': () => ({ status: 200, body: '{"success":true}' }),
    'POST /_local/console/sample': () => ({ status: 200, body: '{"success":true}' }),
    'POST /_local/console/redrive': () => ({ redriven: state.pipeline.deadLetters.length }),
    'POST /_local/console/faults': () => ({}),
    'DELETE /_local/console/faults': () => ({}),
    'POST /_local/console/clear': () => ({}),
    'POST /_local/retry': () => ({}),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const [path = '', query] = url.split('?')
    const body = (await readBody(request, 1e6))?.toString() ?? ''
    const send = (type: string, text: string) => void response.writeHead(200, { 'content-type': type }).end(text)
    if (path === '/console') {
      response.setHeader('content-security-policy', page.contentSecurityPolicy)
      send('text/html; charset=utf-8', page.html)
    } else if (path === '/console/page.js') {
      send('text/javascript', page.script)
    } else if (path === '/console/page.css') {
      send('text/css', page.style)
    } else if (path === '/_local/console/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
    } else if (path.endsWith('/members')) {
      send('application/json', JSON.stringify(membersOf(state, new URLSearchParams(query))))
    } else {
      if (method !== 'GET' && !path.endsWith('/explain')) asked.push(`${method} ${path} ${body}`.trim())
      const found = answers[`${method} ${path}`]
      if (found) send('application/json', JSON.stringify(found(body === '' ? {} : (JSON.parse(body) as object))))
      else response.writeHead(404).end('{"error":"there is no such path"}')
    }
  }

  const http = await listenOnLoopback(port, (request, response) => void answer(request, response))
  const hangUp = () => {
    for (const stream of streams) stream.destroy()
  }
  return {
    url: `http://127.0.0.1:${http.port}`,
    asked,
    show: (scene) => (state = SCENES[scene]),
    tell(event) {
      eventId += 1
      for (const stream of streams)
        stream.write(`id: ${eventId}\nevent: ${Object.keys(event)[0] ?? ''}\ndata: ${JSON.stringify(event)}\n\n`)
    },
    hangUp,
    close: () => {
      hangUp()
      return http.close()
    },
  }
}

function explained(text: string): object {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch {
    const line = text.split('\n').length
    return { problem: { message: `The text is no JSON from line ${line} on`, line, column: 1 } }
  }
  return { explanation: explain(event, settingsOf(), () => AT) }
}

function membersOf({ pipeline }: ConsoleState, query: URLSearchParams): object {
  const total = pipeline.audiences[0]?.members ?? 0
  const from = Number(query.get('from'))
  const count = Math.max(0, Math.min(Number(query.get('count')), total - from))
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const members = Array.from({ length: count }, (_, index) => ({
    EMAIL: hash(`email ${from + index}`),
    FN: index % 3 === 0 ? '' : hash(`name ${from + index}`),
  }))
  return { total, members }
}
