import type { HtEventsBrowser } from '@ht-sdks/events-sdk-js-browser'
import type { RudderAnalytics } from '@rudderstack/analytics-js'
import type { AnalyticsBrowser } from '@segment/analytics-next'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { SERVER_KEY, WEB_KEY } from '../service.ts'
import { shopper } from '../shopper.ts'
import { openShop } from './shop.ts'
import type { Shop } from './shop.ts'

/** What all of these SDKs have. */
type Analytics = {
  identify: (userId: string, traits: object) => unknown
  track: (event: string, properties: object) => unknown
}

/** The SDK in the page, and what the page has made of it. */
declare const sdk: {
  AnalyticsBrowser: typeof AnalyticsBrowser
  HtEventsBrowser: typeof HtEventsBrowser
  RudderAnalytics: typeof RudderAnalytics
}
declare global {
  var analytics: Analytics
}

type Given = { url: string; key: string }

function loadSegment(page: Page, given: Given): Promise<void> {
  return page.evaluate(({ url, key }) => {
    const segment = { apiHost: `${url.replace('http://', '')}/v1`, protocol: 'http' as const }
    const cdnSettings = { integrations: { 'Segment.io': { apiKey: key } } }
    const options = { integrations: { 'Segment.io': segment } }
    globalThis.analytics = sdk.AnalyticsBrowser.load({ writeKey: key, cdnURL: url, cdnSettings }, options)
  }, given)
}

function loadHightouch(page: Page, given: Given): Promise<void> {
  return page.evaluate(({ url, key }) => {
    const options = { apiHost: url.replace('http://', ''), protocol: 'http' as const }
    globalThis.analytics = sdk.HtEventsBrowser.load({ writeKey: key }, options)
  }, given)
}

function loadRudder(page: Page, given: Given): Promise<void> {
  return page.evaluate(({ url, key }) => {
    const analytics = new sdk.RudderAnalytics()
    const config = { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } }
    const source = { id: 's', name: 's', writeKey: key, workspaceId: 'w', enabled: true, destinations: [], config }
    const getSourceConfig = () => ({ source: { ...source, connections: [] } })
    analytics.load(key, url, { configUrl: url, logLevel: 'NONE', getSourceConfig })
    globalThis.analytics = analytics as Analytics
  }, given)
}

describe.each([
  ['@segment/analytics-next', loadSegment],
  ['@rudderstack/analytics-js/bundled', loadRudder],
  ['@ht-sdks/events-sdk-js-browser', loadHightouch],
])('%s', (module, load) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop(module)
    return () => shop.close()
  })

  async function open(key = WEB_KEY) {
    shop.service.proxy.clear()
    const page = await shop.visit()
    await load(page, { url: shop.service.proxy.url, key })
    return {
      identify: (userId: string, traits: object) =>
        page.evaluate(([id, given]) => void globalThis.analytics.identify(id, given), [userId, traits] as const),
      track: (event: string, properties: object) =>
        page.evaluate(([name, given]) => void globalThis.analytics.track(name, given), [event, properties] as const),
    }
  }
  const posts = () => shop.service.proxy.requests.filter(({ method }) => method === 'POST')

  test('identify takes a visitor into an audience of the tool, and out of it', async () => {
    const { identify } = await open()
    const { key, becomes } = shop.service.personAudience()
    const { userId, traits, member } = shopper(1)
    await identify(userId, { ...traits, [key]: true })
    await becomes([member])
    await identify(userId, { ...traits, [key]: false })
    await becomes([])
    expect(posts().map(({ status }) => status)).toEqual([200, 200])
  })

  test('an order takes the visitor into an audience, and a cancellation out of it', async () => {
    const { identify, track } = await open()
    const { ordered, cancelled, becomes } = shop.service.personAudience()
    const { userId, traits, member } = shopper(2)
    await identify(userId, traits)
    await track(ordered, { order_id: 'o-1', revenue: 20, ...traits })
    await becomes([member])
    await track(cancelled, { order_id: 'o-1', email: traits.email })
    await becomes([])
    expect(posts().map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('neither does anything with the key of a server', async () => {
    const { identify, track } = await open(SERVER_KEY)
    const { key, ordered, becomes, rowsSent } = shop.service.personAudience()
    const { userId, traits } = shopper(3)
    await identify(userId, { ...traits, [key]: true })
    await track(ordered, traits)
    await expect.poll(() => posts().map(({ status }) => status), { timeout: 60_000 }).toContain(401)
    await expect.poll(() => posts().length, { timeout: 60_000 }).toBeGreaterThan(1)
    expect(new Set(posts().map(({ status }) => status))).toEqual(new Set([401]))
    await becomes([])
    expect(await rowsSent('POST')).toBe(0)
  })
})

test('RudderStack’s SDK tells of every visitor what identify has told it, so an order need not', async () => {
  const shop = await openShop('@rudderstack/analytics-js/bundled')
  try {
    const page = await shop.visit()
    await loadRudder(page, { url: shop.service.proxy.url, key: WEB_KEY })
    const { ordered, becomes } = shop.service.personAudience()
    const { userId, traits, member } = shopper(4)
    await page.evaluate(
      ([id, given, event]) => {
        globalThis.analytics.identify(id, given)
        globalThis.analytics.track(event, { order_id: 'o-1' })
      },
      [userId, traits, ordered] as const,
    )
    await becomes([member])
  } finally {
    await shop.close()
  }
})
