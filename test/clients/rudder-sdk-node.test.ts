import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import RudderAnalytics2 from 'rudder-sdk-node-2'
import { expect, test } from 'vitest'
import { EMAIL_FN, people } from './people.ts'
import { eventsOf } from './recording-proxy.ts'
import { sent } from './sent.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'

const service = serviceOfFile()

type Options = ConstructorParameters<typeof RudderAnalytics>[1]

function connect(options?: Options, key = SERVER_KEY): RudderAnalytics {
  return new RudderAnalytics(key, { dataPlaneUrl: service().proxy.url, logLevel: 'none', ...options })
}

type Properties = NonNullable<Parameters<RudderAnalytics['track']>[0]['properties']>

const track = (client: Pick<RudderAnalytics, 'track'>, event: string, properties: Properties) =>
  sent((callback) => client.track({ userId: 'u', event, properties }, callback))

test('with its default options it adds and removes users, each track in one request', async () => {
  const client = connect()
  const { event, becomes } = service().audience('EMAIL FN')
  await track(client, event, { userListAdd: people(1, 2, EMAIL_FN) })
  await becomes(people(1, 2, EMAIL_FN))
  const second = track(client, event, {
    userListAdd: people(3, 1, EMAIL_FN),
    userListDelete: people(1, 1, EMAIL_FN),
  })
  // It would wait ten seconds for more of them.
  await Promise.all([client.flush(), second])
  await becomes(people(2, 2, EMAIL_FN))
  const { requests } = service().proxy
  expect(requests.map(({ path, status }) => [path, status])).toEqual([
    ['/v1/batch', 200],
    ['/v1/batch', 200],
  ])
  // The header's name is wrong, but this is what the SDK sends. The service must not believe it.
  expect(requests[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(requests[0]?.headers['content-encoding']).toBe('gzip')
})

test('without compression it works as well', async () => {
  const { event, becomes } = service().audience('EMAIL FN')
  await track(connect({ gzip: false }), event, { userListAdd: people(1, 1, EMAIL_FN) })
  await becomes(people(1, 1, EMAIL_FN))
  expect(service().proxy.requests).toHaveLength(1)
  expect(service().proxy.requests[0]?.headers['content-encoding']).toBeUndefined()
})

test.each([true, false])('version 2 works as well, gzip %s', async (gzip) => {
  const client = new RudderAnalytics2(SERVER_KEY, { dataPlaneUrl: service().proxy.url, logLevel: 'none', gzip })
  const { event, becomes } = service().audience('EMAIL FN')
  await track(client, event, { userListAdd: people(1, 1, EMAIL_FN) })
  await becomes(people(1, 1, EMAIL_FN))
  expect(service().proxy.requests.map(({ status }) => status)).toEqual([200])
})

test('what was answered 503 is sent again under the same messageId, and its users arrive', async () => {
  const { event, becomes } = service().audience('EMAIL FN')
  service().proxy.answerNext({ status: 503 }, { status: 503 })
  await track(connect(), event, { userListAdd: people(1, 2, EMAIL_FN) })
  await becomes(people(1, 2, EMAIL_FN))
  const { requests } = service().proxy
  expect(requests.map(({ status }) => status)).toEqual([503, 503, 200])
  const ids = new Set(requests.flatMap(eventsOf).map(({ messageId }) => messageId))
  expect(ids.size).toBe(1)
})

test('Retry-After of a 429 is waited for', async () => {
  const { event, becomes } = service().audience('EMAIL FN')
  service().proxy.answerNext({ status: 429, headers: { 'retry-after': '2' } })
  await track(connect(), event, { userListAdd: people(1, 1, EMAIL_FN) })
  await becomes(people(1, 1, EMAIL_FN))
  const [refused, taken] = service().proxy.requests
  expect([refused?.status, taken?.status, service().proxy.requests.length]).toEqual([429, 200, 2])
  expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(1_990)
})

test('a wrong write key is told to the callback and not tried again', async () => {
  const errors: unknown[] = []
  const client = connect({ errorHandler: (error) => errors.push(error) }, 'wrong')
  const { event } = service().audience('EMAIL FN')
  await expect(track(client, event, { userListAdd: people(1, 1, EMAIL_FN) })).rejects.toThrow('401')
  expect(service().proxy.requests.map(({ status }) => status)).toEqual([401])
  expect(errors).toHaveLength(1)
})

test('without errorHandler a wrong write key ends the process of the client', async () => {
  const script = `
    import RudderAnalytics from '@rudderstack/rudder-sdk-node'
    new RudderAnalytics('wrong', { dataPlaneUrl: '${service().proxy.url}' }).track({ userId: 'u', event: 'E' })
    setInterval(() => undefined, 1000)`
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, stdio: 'ignore' })
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1)
})
