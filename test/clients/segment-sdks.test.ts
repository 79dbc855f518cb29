import { Analytics as CustomerIo } from '@customerio/cdp-analytics-node'
import { Analytics } from '@segment/analytics-node'
import LegacyAnalytics from 'analytics-node'
import { Analytics as Analytics2 } from 'segment-analytics-node-2'
import { expect, test } from 'vitest'
import { EMAIL_FN, people } from './people.ts'
import { eventsOf, jsonOf } from './recording-proxy.ts'
import { sent } from './sent.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'

const service = serviceOfFile()

const statuses = () => service().proxy.requests.map(({ path, status }) => [path, status])

test('@segment/analytics-node adds and removes users in one request', async () => {
  const client = new Analytics({ writeKey: SERVER_KEY, host: service().proxy.url })
  const { event, becomes } = service().audience('EMAIL FN')
  const track = (properties: object) => sent((callback) => client.track({ userId: 'u', event, properties }, callback))
  const first = track({ userListAdd: people(1, 2, EMAIL_FN) })
  await client.flush()
  await first
  await becomes(people(1, 2, EMAIL_FN))
  const second = track({ userListAdd: people(3, 1, EMAIL_FN), userListDelete: people(1, 1, EMAIL_FN) })
  await client.closeAndFlush()
  await second
  await becomes(people(2, 2, EMAIL_FN))
  expect(statuses()).toEqual([
    ['/v1/batch', 200],
    ['/v1/batch', 200],
  ])
})

test('@segment/analytics-node sends 255 users in each list, and refuses 1,100 by itself', async () => {
  const client = new Analytics({ writeKey: SERVER_KEY, host: service().proxy.url })
  const { event, becomes, rowsSent } = service().audience('all')
  const track = (count: number) =>
    sent((callback) => {
      const properties = { userListAdd: people(0, count), userListDelete: people(5_000, count) }
      client.track({ userId: 'u', event, properties }, callback)
    })
  const small = track(255)
  const large = expect(track(1_100)).rejects.toMatchObject({ message: expect.stringContaining('32 KB') as string })
  await client.closeAndFlush()
  await small
  await large
  await becomes(people(0, 255))
  await expect.poll(() => rowsSent('DELETE'), { timeout: 60_000, interval: 1_000 }).toBe(255)
  expect(statuses()).toEqual([['/v1/batch', 200]])
})

test('@segment/analytics-node 2, whose write key is in the body alone, works as well', async () => {
  const client = new Analytics2({ writeKey: SERVER_KEY, host: service().proxy.url })
  const { event, becomes } = service().audience('EMAIL FN')
  const tracked = sent((callback) =>
    client.track({ userId: 'u', event, properties: { userListAdd: people(1, 2, EMAIL_FN) } }, callback),
  )
  await client.closeAndFlush()
  await tracked
  await becomes(people(1, 2, EMAIL_FN))
  expect(statuses()).toEqual([['/v1/batch', 200]])
  const [request] = service().proxy.requests
  expect(request?.headers.authorization).toBeUndefined()
  expect(request && jsonOf(request).writeKey).toBe(SERVER_KEY)
})

test('analytics-node sends 40 tracks of 31 KB in batches of up to half a megabyte, and none is lost', async () => {
  const client = new LegacyAnalytics(SERVER_KEY, { host: service().proxy.url })
  const { event, becomes } = service().audience('EMAIL FN')
  const track = (number: number) =>
    sent((callback) => {
      const userListAdd = people(number * 10, 10, EMAIL_FN)
      client.track({ userId: 'u', event, properties: { userListAdd, filling: 'x'.repeat(30_000) } }, callback)
    })
  const tracked = Promise.all(Array.from({ length: 40 }, (_, number) => track(number)))
  await client.flush()
  await tracked
  await becomes(people(0, 400, EMAIL_FN))
  const { requests } = service().proxy
  expect(requests.map(({ status }) => status)).toEqual(requests.map(() => 200))
  expect(requests.flatMap(eventsOf)).toHaveLength(40)
  expect(Math.max(...requests.map(({ body }) => body.length))).toBeGreaterThan(400_000)
})

test('@customerio/cdp-analytics-node works as well', async () => {
  const client = new CustomerIo({ writeKey: SERVER_KEY, host: service().proxy.url })
  const { event, becomes } = service().audience('EMAIL FN')
  const tracked = sent((callback) =>
    client.track({ userId: 'u', event, properties: { userListAdd: people(1, 2, EMAIL_FN) } }, callback),
  )
  await client.closeAndFlush()
  await tracked
  await becomes(people(1, 2, EMAIL_FN))
  expect(statuses()).toEqual([['/v1/batch', 200]])
})
