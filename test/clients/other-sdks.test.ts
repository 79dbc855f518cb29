import { jitsuAnalytics } from '@jitsu/js'
import { Analytics as ServiceWorkerAnalytics } from '@rudderstack/analytics-js-service-worker'
import { expect, test } from 'vitest'
import { EMAIL_FN, people } from './people.ts'
import { sent } from './sent.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'

const service = serviceOfFile()

test('@rudderstack/analytics-js-service-worker sends small events and those of 1,100 users in each list', async () => {
  const client = new ServiceWorkerAnalytics(SERVER_KEY, service().proxy.url, { flushAt: 1, logLevel: 'off' })
  const small = service().audience('EMAIL FN')
  await sent((callback) =>
    client.track({ userId: 'u', event: small.event, properties: { userListAdd: people(1, 2, EMAIL_FN) } }, callback),
  )
  await small.becomes(people(1, 2, EMAIL_FN))

  const big = service().audience('all')
  const properties = { userListAdd: people(0, 1_100), userListDelete: people(5_000, 1_100) }
  await sent((callback) => client.track({ userId: 'u', event: big.event, properties }, callback))
  await big.becomes(people(0, 1_100))
  await expect.poll(() => big.rowsSent('DELETE'), { timeout: 60_000, interval: 1_000 }).toBe(1_100)

  const { requests } = service().proxy
  expect(requests.map(({ path, status }) => [path, status])).toEqual([
    ['/v1/batch', 200],
    ['/v1/batch', 200],
  ])
  expect(requests[0]?.headers).toMatchObject({ 'content-type': 'application/json' })
  expect(requests[0]?.headers['content-encoding']).toBeUndefined()
})

test('@jitsu/js, which sends its key in X-Write-Key, works as well', async () => {
  // It takes no key without a secret behind a colon.
  const client = jitsuAnalytics({ host: service().proxy.url, writeKey: `${SERVER_KEY}:secret`, fetch })
  const { event, becomes } = service().audience('EMAIL FN')
  await client.track(event, { userListAdd: people(1, 2, EMAIL_FN) })
  await becomes(people(1, 2, EMAIL_FN))
  expect(service().proxy.requests.map(({ path, status }) => [path, status])).toEqual([['/api/s/track', 200]])
})
