import { createHash } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { startGraphApi } from '../../../lib/emulator/meta/server.ts'

export const TOKEN = 'a-valid-access-token'
export const AUDIENCE = '23846440602800582'
export const OTHER_AUDIENCE = '23848672402580582'
export const NOON = Date.parse('2026-09-15T12:00:00Z')

type Options = Partial<Parameters<typeof startGraphApi>[0]>
export type GraphBody = { error?: Record<string, unknown>; [field: string]: unknown }
export type GraphAnswer = { status: number; headers: Headers; body: GraphBody }

/** SHA-256 as Meta wants it. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** An emulator that lives as long as the test, its clock set by hand, and the ways to talk to it over HTTP. */
export async function aGraphApi(options: Options = {}) {
  const time = { now: NOON }
  const graph = await startGraphApi({
    port: 0,
    audiences: [AUDIENCE, OTHER_AUDIENCE],
    accessTokens: [TOKEN],
    clock: () => time.now,
    ...options,
  })
  onTestFinished(() => graph.close())

  const raw = (path: string, init?: RequestInit) => fetch(graph.url + path, init)
  const call = async (method: string, path: string, init: RequestInit = {}): Promise<GraphAnswer> => {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string> | undefined) }
    const response = await raw(path, { ...init, method, headers })
    return { status: response.status, headers: response.headers, body: (await response.json()) as GraphBody }
  }
  const withJson = (method: string, path: string, body: unknown) =>
    call(method, path, {
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return {
    ...graph,
    time,
    raw,
    call,
    withJson,
    add: (payload: unknown, session?: unknown, audience = AUDIENCE) =>
      withJson('POST', `/v26.0/${audience}/users`, { payload, session }),
    remove: (payload: unknown, session?: unknown, audience = AUDIENCE) =>
      withJson('DELETE', `/v26.0/${audience}/users`, { payload, session }),
    read: (path: string) => call('GET', `/v26.0/${path}`),
    control: (method: string, path: string, body?: unknown) =>
      call(method, `/_emulator/${path}`, body === undefined ? {} : { body: JSON.stringify(body) }),
    members: async (audience = AUDIENCE) =>
      (await call('GET', `/_emulator/audiences/${audience}/members`)).body.members as Record<string, unknown>[],
    requests: async () => (await call('GET', '/_emulator/requests')).body.requests as Record<string, unknown>[],
  }
}
