import { beforeAll, beforeEach, expect, test } from 'vitest'
import { people } from '../people.ts'
import { eventsOf, jsonOf } from '../recording-proxy.ts'
import { WEB_KEY } from '../service.ts'
import { trackInPage } from './segment-page.ts'
import { openShop } from './shop.ts'
import type { Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop('@segment/analytics-next')
  return () => shop.close()
})
beforeEach(() => shop.service.proxy.clear())

const users = people(1, 2, ['EMAIL', 'FN'])
const requestsOf = (...methods: string[]) =>
  shop.service.proxy.requests.filter(({ method }) => methods.includes(method))

test('an event arrives from another origin, after a preflight', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  await trackInPage(shop, event, users)
  await becomes(users)
  const { requests } = shop.service.proxy
  expect(requests.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['OPTIONS', '/v1/t', 204],
    ['POST', '/v1/t', 200],
  ])
  expect(requests[0]?.headers['access-control-request-headers']).toBe('authorization')
})

test('it needs no other host for its settings', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  await trackInPage(shop, event, users, { ownSettings: false })
  await becomes(users)
  expect(requestsOf('GET', 'POST').map(({ path, status }) => [path, status])).toEqual([
    [`/v1/projects/${WEB_KEY}/settings`, 200],
    ['/v1/t', 200],
  ])
})

test('a batch arrives', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  await trackInPage(shop, event, users, { batching: true })
  await becomes(users)
  expect(requestsOf('POST').map(({ path, status }) => [path, status])).toEqual([['/v1/b', 200]])
})

test('1,100 users with fifteen fields arrive', async () => {
  const { event, becomes } = shop.service.audience('all')
  await trackInPage(shop, event, people(0, 1_100))
  await becomes(people(0, 1_100))
  expect(requestsOf('POST').map(({ status }) => status)).toEqual([200])
})

test('what was answered 503 is sent again, with a header that the preflight allows', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  shop.service.proxy.answerNext({ status: 503 })
  await trackInPage(shop, event, users)
  await becomes(users)
  const posts = requestsOf('POST')
  expect(posts.map(({ status }) => status)).toEqual([503, 200])
  expect(posts[1]?.headers['x-retry-count']).toBe('1')
  expect(new Set(posts.flatMap(eventsOf).map(({ messageId }) => messageId)).size).toBe(1)
  expect(posts.map((request) => jsonOf(request).writeKey)).toEqual([WEB_KEY, WEB_KEY])
})
