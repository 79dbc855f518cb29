import { expect, test } from 'vitest'
import { connect, track, trackBig } from './big-tracks.ts'
import { people } from './people.ts'
import { eventsOf, jsonOf } from './recording-proxy.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'

const service = serviceOfFile()

test('10,000 users with e-mail and phone in each list pass in one request', async () => {
  const client = connect(service(), { flushAt: 1 })
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
  const client = connect(service())
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

test('what the gateway cannot pass is told to the SDK as a 413, which it does not try again', async () => {
  const client = connect(service())
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
