import { beforeAll, expect, test } from 'vitest'
import { people } from '../people.ts'
import { jsonOf } from '../recording-proxy.ts'
import { WEB_KEY } from '../service.ts'
import { trackInPage } from './segment-page.ts'
import { openShop } from './shop.ts'
import type { Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop('segment-analytics-next-1.70')
  return () => shop.close()
})

test('an event whose write key is in the body alone arrives, without a preflight', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  const users = people(1, 2, ['EMAIL', 'FN'])
  await trackInPage(shop, event, users)
  await becomes(users)
  const { requests } = shop.service.proxy
  expect(requests.map(({ method, path, status }) => [method, path, status])).toEqual([['POST', '/v1/t', 200]])
  expect(requests[0]?.headers.authorization).toBeUndefined()
  expect(requests.map((request) => jsonOf(request).writeKey)).toEqual([WEB_KEY])
})
