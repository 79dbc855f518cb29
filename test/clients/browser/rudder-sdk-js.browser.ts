import { beforeAll, beforeEach, expect, test } from 'vitest'
import { people } from '../people.ts'
import { WEB_KEY } from '../service.ts'
import { openShop } from './shop.ts'
import type { Shop } from './shop.ts'

/** The SDK in the page; it has no types for Node's way of finding them. */
declare const sdk: {
  load: (key: string, url: string, options: object) => void
  track: (event: string, properties: object) => void
}

let shop: Shop
beforeAll(async () => {
  shop = await openShop('rudder-sdk-js')
  return () => shop.close()
})
beforeEach(() => shop.service.proxy.clear())

test.each([
  ['by XHR', false, '/v1/track'],
  ['as a beacon', true, `/beacon/v1/batch?writeKey=${WEB_KEY}`],
])('an event of the old SDK arrives %s', async (_, useBeacon, path) => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  const users = people(1, 2, ['EMAIL', 'FN'])
  const page = await shop.visit()
  await page.evaluate(
    ({ url, key, event, users, useBeacon }) => {
      sdk.load(key, url, {
        configUrl: url,
        useBeacon,
        beaconQueueOptions: { flushQueueInterval: 500 },
        logLevel: 'NONE',
      })
      sdk.track(event, { userListAdd: users })
    },
    { url: shop.service.proxy.url, key: WEB_KEY, event, users, useBeacon },
  )
  await becomes(users)
  const posts = shop.service.proxy.requests.filter(({ method }) => method === 'POST')
  expect(posts.map((request) => [request.path, request.status])).toEqual([[path, 200]])
})
