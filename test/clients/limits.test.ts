import { randomBytes } from 'node:crypto'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { expect, test } from 'vitest'
import { people } from './people.ts'
import { eventsOf, jsonOf } from './recording-proxy.ts'
import { sent } from './sent.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'
import type { Audience } from './service.ts'

const service = serviceOfFile()

type Properties = NonNullable<Parameters<RudderAnalytics['track']>[0]['properties']>

function connect(options = {}): RudderAnalytics {
  const errorHandler = () => undefined
  return new RudderAnalytics(SERVER_KEY, {
    dataPlaneUrl: service().proxy.url,
    logLevel: 'none',
    errorHandler,
    ...options,
  })
}

const track = (client: RudderAnalytics, { event }: Audience, properties: Properties) =>
  sent((callback) => client.track({ userId: 'u', event, properties }, callback))

/** Tracks of 1,100 users to add and 1,100 to remove, fifteen fields each: 618 kB of JSON. */
const trackBig = (client: RudderAnalytics, audience: Audience, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const first = index * 1_100
    return track(client, audience, { userListAdd: people(first, 1_100), userListDelete: people(50_000 + first, 1_100) })
  })

test('1,100 users with fifteen fields in each list pass in one request', async () => {
  const client = connect({ flushAt: 1 })
  const audience = service().audience('all')
  await track(client, audience, { userListAdd: people(0, 1_100) })
  await audience.becomes(people(0, 1_100))
  await track(client, audience, { userListAdd: people(1_100, 1_100), userListDelete: people(0, 1_100) })
  await audience.becomes(people(1_100, 1_100))
  expect(service().proxy.requests.map(({ status }) => status)).toEqual([200, 200])
})

test('10,000 users with e-mail and phone in each list pass in one request', async () => {
  const client = connect({ flushAt: 1 })
  const audience = service().audience('EMAIL PHONE')
  const first = people(0, 10_000, ['EMAIL', 'PHONE'])
  const second = people(10_000, 10_000, ['EMAIL', 'PHONE'])
  await track(client, audience, { userListAdd: first })
  await audience.becomes(first)
  await track(client, audience, { userListAdd: second, userListDelete: first })
  await audience.becomes(second)
  expect(service().proxy.requests.map(({ status }) => status)).toEqual([200, 200])
})

test('eight big tracks, which the SDK sends as one and seven, pass and none is lost', async () => {
  const client = connect()
  const audience = service().audience('all')
  const tracked = Promise.all(trackBig(client, audience, 8))
  await client.flush()
  await tracked
  await audience.becomes(people(0, 8 * 1_100))
  await expect.poll(() => audience.rowsSent('DELETE'), { timeout: 120_000, interval: 1_000 }).toBe(8 * 1_100)
  const { requests } = service().proxy
  expect(requests.map((request) => [eventsOf(request).length, request.status])).toEqual([
    [1, 200],
    [7, 200],
  ])
  const decoded = requests.map((request) => JSON.stringify(jsonOf(request)).length)
  expect(decoded[1]).toBeGreaterThan(4_000_000)
})

test('what the gateway cannot pass is told to the SDK as a 413, which it does not try again', async () => {
  const client = connect()
  const audience = service().audience('all')
  const tracked = Promise.allSettled(trackBig(client, audience, 12))
  await client.flush().catch(() => undefined)
  const results = (await tracked).map(({ status }) => status)
  expect(service().proxy.requests.map((request) => [eventsOf(request).length, request.status])).toEqual([
    [1, 200],
    [11, 413],
  ])
  expect(results).toEqual(['fulfilled', ...Array.from({ length: 11 }, () => 'rejected')])
})

test.each([
  ['11 MB', 11_000_000, 413],
  ['5 MB, which the function would get as more than 6', 5_000_000, 413],
  ['4.5 MB, the limit', 4_500_000, 200],
  ['4.6 MB, which the gateway would pass', 4_600_000, 413],
])('a body of %s is answered with a code and, when it is too large, with the limit', async (_, length, status) => {
  const empty = JSON.stringify({ batch: [], filling: '' })
  const body = JSON.stringify({
    batch: [],
    filling: randomBytes(length / 2)
      .toString('hex')
      .slice(empty.length),
  })
  const authorization = `Basic ${Buffer.from(`${SERVER_KEY}:`).toString('base64')}`
  const answer = await fetch(`${service().proxy.url}/v1/batch`, { method: 'POST', headers: { authorization }, body })
  expect(answer.status).toBe(status)
  const json: unknown = await answer.json()
  if (status === 413)
    expect(json).toEqual({
      success: false,
      code: 'payload_too_large',
      message: expect.stringContaining('at most 4.5 MB of JSON') as string,
    })
})

test('half a million things that are no events are taken in the time and memory that the function has, more are not', async () => {
  const send = (count: number) =>
    fetch(`${service().proxy.url}/v1/batch?writeKey=${SERVER_KEY}`, {
      method: 'POST',
      body: `[${Array.from({ length: count }, () => '0').join()}]`,
    })
  const taken = await send(500_000)
  expect(taken.status).toBe(200)
  const { rejected, counts } = (await taken.json()) as { rejected: unknown[]; counts: object }
  expect([rejected.length, counts]).toEqual([20, { not_an_object: 500_000 }])
  expect((await send(2_000_000)).status).toBe(413)
})
