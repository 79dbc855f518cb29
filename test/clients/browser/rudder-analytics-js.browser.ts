import type { RudderAnalytics } from '@rudderstack/analytics-js'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { basic } from '../../support/ingest.ts'
import { people } from '../people.ts'
import { eventsOf } from '../recording-proxy.ts'
import { SERVER_KEY, WEB_KEY } from '../service.ts'
import { openShop } from './shop.ts'
import type { Shop } from './shop.ts'

/** The SDK in the page. */
declare const sdk: { RudderAnalytics: typeof RudderAnalytics }

let shop: Shop
beforeAll(async () => {
  shop = await openShop('@rudderstack/analytics-js/bundled')
  return () => shop.close()
})
beforeEach(() => shop.service.proxy.clear())

const users = people(1, 2, ['EMAIL', 'FN'])
const posts = () => shop.service.proxy.requests.filter(({ method }) => method === 'POST')

type Visit = { event: string; key?: string; host?: string; useBeacon?: boolean; ownSourceConfig?: boolean }

/** What a shop's page does: load, identify, track. */
async function trackInPage({ event, key = WEB_KEY, host, ...options }: Visit) {
  const page = await shop.visit(host === undefined ? {} : { host })
  const load = { useBeacon: false, ownSourceConfig: true, ...options, url: shop.service.proxy.url, key, event, users }
  await page.evaluate(({ url, key, event, users, useBeacon, ownSourceConfig }) => {
    const analytics = new sdk.RudderAnalytics()
    const config = { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } }
    const source = { id: 's', name: 's', writeKey: key, workspaceId: 'w', enabled: true, destinations: [], config }
    analytics.load(key, url, {
      configUrl: url,
      useBeacon,
      beaconQueueOptions: { flushQueueInterval: 500 },
      logLevel: 'NONE',
      ...(ownSourceConfig && { getSourceConfig: () => ({ source: { ...source, connections: [] } }) }),
    })
    analytics.identify('visitor')
    analytics.track(event, { userListAdd: users })
  }, load)
  return page
}

test('identify and track arrive from another origin, after a preflight', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  await trackInPage({ event })
  await becomes(users)
  const answered = () => posts().map(({ path, status }) => `${path} ${status}`)
  await expect.poll(() => answered().sort(), { timeout: 60_000 }).toEqual(['/v1/identify 200', '/v1/track 200'])
  expect(posts()[0]?.headers).toHaveProperty('anonymousid')
  const [preflight] = shop.service.proxy.requests
  expect([preflight?.method, preflight?.status]).toEqual(['OPTIONS', 204])
  expect(preflight?.headers['access-control-request-headers']).toBe('anonymousid,authorization,content-type,sentat')
})

test('it needs no other host for its source configuration', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  await trackInPage({ event, ownSourceConfig: false })
  await becomes(users)
  const asked = shop.service.proxy.requests.filter(({ method }) => method === 'GET')
  expect(asked.map(({ path, status }) => [path.split('?')[0], status])).toEqual([['/sourceConfig/', 200]])
})

test('a beacon carries its key in the address, and needs no preflight', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  await trackInPage({ event, useBeacon: true })
  await becomes(users)
  const { requests } = shop.service.proxy
  expect(requests.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['POST', `/beacon/v1/batch?writeKey=${WEB_KEY}`, 200],
  ])
  expect(requests[0]?.headers['content-type']).toMatch(/^text\/plain/)
  expect(requests[0]?.headers.authorization).toBeUndefined()
})

test('what was answered 503 is sent again, with headers that the preflight allows', async () => {
  const { event, becomes } = shop.service.audience('EMAIL FN')
  shop.service.proxy.answerNext({ status: 503 }, { status: 503 }, { status: 503 })
  await trackInPage({ event })
  await becomes(users)
  const tracks = posts().filter(({ path }) => path === '/v1/track')
  expect(tracks.at(-1)?.status).toBe(200)
  expect(tracks.at(-1)?.headers).toHaveProperty('rsa-retry-attempt')
  expect(new Set(tracks.flatMap(eventsOf).map(({ messageId }) => messageId)).size).toBe(1)
})

test('a page of another origin, or with the key of a server, changes no audience', async () => {
  const { event, becomes, rowsSent } = shop.service.audience('EMAIL FN')
  await trackInPage({ event, host: 'localhost' })
  // No CORS headers: the browser does not even send what it was asked to.
  const ofPage = () => shop.service.proxy.requests.filter(({ headers }) => (headers.origin ?? '').includes('localhost'))
  await expect.poll(() => ofPage().length, { timeout: 60_000 }).toBeGreaterThan(0)
  expect(ofPage().filter(({ method }) => method === 'POST')).toEqual([])
  await trackInPage({ event, key: SERVER_KEY })
  // What pages of tests before had sent may be answered only now.
  const own = () => posts().filter(({ headers }) => headers.authorization === basic(SERVER_KEY))
  await expect.poll(() => own().map(({ status }) => status), { timeout: 60_000 }).toEqual([401, 401])
  await becomes([])
  expect(await rowsSent('POST')).toBe(0)
})
