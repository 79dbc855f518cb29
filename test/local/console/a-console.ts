import { request as httpRequest } from 'node:http'
import { expect, vi } from 'vitest'
import type { CallRecord, ConsoleState } from '../../../lib/local/console/feed.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'
import type { LocalStatus } from '../../../lib/local/status.ts'

/** No test is about time: a busy machine only takes longer. */
export const PATIENCE = { timeout: 150_000, interval: 100 }

/** What a test does with the console of a stack, over HTTP alone. */
export function aConsole(stack: Pick<LocalStack, 'url' | 'graphUrl'>) {
  const { url, graphUrl } = stack
  const get = async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T
  const post = async (path: string, body: unknown = {}) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const state = () => get<ConsoleState>('/_local/console')
  /** The newest call with this name, when it is as it should be. */
  const call = (name: string, check: (call: CallRecord) => void) =>
    vi.waitFor(async () => {
      const found = (await state()).calls.find((each) => each.name === name)
      if (!found) throw new Error(`no call ${name}`)
      check(found)
      return found
    }, PATIENCE)
  /** Until all that was sent has been dealt with. The state of the console may be older than the calls. */
  const settled = () =>
    vi.waitFor(async () => {
      const { queues } = await get<LocalStatus>('/_local/status')
      const left = queues.map(({ visible, inFlight, delayed }) => visible + inFlight + delayed)
      expect(left).toEqual(queues.map(() => 0))
    }, PATIENCE)
  const send = async (event: object, key = 'local-write-key') => {
    const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`
    const answer = await fetch(`${url}/v1/batch`, {
      ...{ method: 'POST', headers: { authorization, 'content-type': 'application/json' } },
      body: JSON.stringify(event),
    })
    return answer.status
  }
  const fault = async (body: object) => expect((await post('/_local/console/faults', body)).status).toBe(200)
  return { url, graphUrl, get, post, state, call, settled, send, fault }
}

/** The answer to a request with any headers: fetch does not let a program set Host and Origin. */
export function ask(
  address: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(address, { method, headers }, (response) => {
      const { statusCode = 0, headers: given } = response
      const isStream = given['content-type'] === 'text/event-stream'
      if (isStream) response.destroy()
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.once('error', reject)
      response.once('close', () => resolve({ status: statusCode, headers: given, text }))
    })
      .on('error', reject)
      .end()
  })
}
