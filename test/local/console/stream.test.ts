import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { CallRecord, FeedEvent, PipelineState } from '../../../lib/local/console/feed.ts'
import { createStream } from '../../../lib/local/console/stream.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'
import { aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { startGateway } from '../../../lib/emulator/gateway/gateway.ts'
import { aConsole } from './a-console.ts'

let stack: LocalStack
let the: ReturnType<typeof aConsole>
beforeAll(async () => {
  stack = await startTemporaryStack(
    { sources: [{ name: 'server' }], destinations: [aDestination()] },
    { batchWindow: 0 },
  )
  the = aConsole(stack)
}, 120_000)
afterAll(() => stack.close())

const waitFor = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 100 })

/** A page that listens. */
function listen(url: string, lastEventId?: string) {
  const events: { id: string; name: string; data: FeedEvent; at: number }[] = []
  let isOpen = true
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const request = httpRequest(`${url}/_local/console/stream`, { headers }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (text += chunk).split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const [, id = '', name = '', data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(part) ?? []
        if (data !== undefined) events.push({ id, name, data: JSON.parse(data) as FeedEvent, at: Date.now() })
      }
    })
    response.on('error', () => undefined).on('close', () => (isOpen = false))
  })
  request.on('error', () => (isOpen = false)).end()
  onTestFinished(() => void request.destroy())
  const calls = () => events.flatMap(({ data }) => ('calls' in data ? data.calls : []))
  return { events, calls, isOpen: () => isOpen, close: () => request.destroy() }
}

const adding = (messageId: string) => ({
  ...{ event: 'USER_ADD', messageId, properties: { userListAdd: [{ EMAIL: `${messageId}@example.com` }] } },
})

test('a page is told of calls as they come and as they get further, of the pipeline, and of clearing', async () => {
  const page = listen(stack.url)
  await waitFor(() => expect(page.events.map(({ name }) => name)).toEqual(['pipeline']))
  await the.send(adding('first'))
  await waitFor(() => expect(page.calls().at(-1)?.steps[0]?.state).toBe('sent'))
  const states = page.calls().map(({ id, steps }) => ({ id, state: steps[0]?.state }))
  expect(new Set(states.map(({ id }) => id)).size).toBe(1)
  await waitFor(() => {
    const last = page.events.findLast(({ name }) => name === 'pipeline')?.data as { pipeline: PipelineState }
    expect(last.pipeline.audiences[0]).toMatchObject({ members: 1 })
    expect(last.pipeline.requests).toMatchObject({ total: 1, lastMinute: 1 })
    expect(last.pipeline.graphCalls).toMatchObject({ total: 1, failed: 0 })
    expect(last.pipeline.register).toEqual({ words: 1, receipts: 1 })
  })
  await the.post('/_local/console/clear')
  await waitFor(() => expect(page.events.at(-1)?.data).toEqual({ cleared: true }))
})

test('a page that comes back gets what it missed, and one of another run starts anew', async () => {
  const page = listen(stack.url)
  await the.send(adding('seen'))
  await waitFor(() => expect(page.calls().at(-1)?.steps[0]?.state).toBe('sent'))
  const { id = '' } = page.events.at(-1) ?? {}
  page.close()
  await the.send(adding('missed'))
  const back = listen(stack.url, id)
  await waitFor(() => expect(back.calls().map(({ messageId }) => messageId)).toContain('missed'))
  expect(back.calls().map(({ messageId }) => messageId)).not.toContain('seen')
  const stranger = listen(stack.url, 'another-run-0')
  await waitFor(() => expect(stranger.events.map(({ name }) => name)).toContain('pipeline'))
  expect(stranger.calls().map(({ messageId }) => messageId)).not.toContain('seen')
})

const call = (id: number): CallRecord => ({
  ...{ id, receivedAt: 0, type: 'track', name: 'x'.repeat(5_000), verdict: 'accepted', status: 200 },
  ...{ users: { add: 0, remove: 0 }, leftOut: [], leftOutCount: 0, steps: [] },
})

test('a page that does not read is cut off, and the others go on', async () => {
  let version = 0
  const stream = createStream({
    ring: { since: () => ({ calls: Array.from({ length: 100 }, (_, id) => call(id)), version: (version += 1) }) },
    version: () => version,
    pipeline: () => Promise.resolve({ now: version } as PipelineState),
    run: 'run',
  })
  const gateway = await startGateway({
    ...{ port: 0, gatewayResponses: [], now: Date.now, invoke: () => Promise.reject(new Error('none')) },
    own: { 'GET /_local/console/stream': () => ({ stream: (response) => stream.open(response, undefined) }) },
  })
  onTestFinished(async () => {
    stream.close()
    await gateway.close(1)
  })
  const reader = listen(gateway.url)
  const slow = await new Promise<IncomingMessage>((resolve) => {
    httpRequest(`${gateway.url}/_local/console/stream`, resolve).end()
  })
  let end = ''
  slow.pause().once('error', () => (end = 'cut off'))
  await waitFor(() => expect(reader.events.length).toBeGreaterThan(12))
  slow.resume()
  await waitFor(() => expect(end).toBe('cut off'))
  const before = reader.events.length
  await waitFor(() => expect(reader.events.length).toBeGreaterThan(before + 2))
  expect(reader.isOpen()).toBe(true)
})
