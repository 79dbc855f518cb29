import type { AnalyticsBrowser } from '@segment/analytics-next'
import type { Person } from '../people.ts'
import { WEB_KEY } from '../service.ts'
import type { Shop } from './shop.ts'

/** The SDK in the page. */
declare const sdk: { AnalyticsBrowser: typeof AnalyticsBrowser }

type Options = {
  /** Send many events in one request. */
  batching?: boolean
  /** The page brings the settings that the SDK would else ask its host for. */
  ownSettings?: boolean
}

/** What a shop's page with Segment's SDK does: load, track. Resolves when the SDK has sent the event or given it up. */
export async function trackInPage(
  shop: Shop,
  event: string,
  users: readonly Person[],
  { batching = false, ownSettings = true }: Options = {},
): Promise<void> {
  const page = await shop.visit()
  const given = { url: shop.service.proxy.url, key: WEB_KEY, event, users, batching, ownSettings }
  await page.evaluate(async ({ url, key, event, users, batching, ownSettings }) => {
    const segment = {
      apiHost: `${url.replace('http://', '')}/v1`,
      protocol: 'http' as const,
      ...(batching && { deliveryStrategy: { strategy: 'batching' as const, config: { size: 1, timeout: 100 } } }),
    }
    const analytics = sdk.AnalyticsBrowser.load(
      {
        writeKey: key,
        cdnURL: url,
        ...(ownSettings && { cdnSettings: { integrations: { 'Segment.io': { apiKey: key } } } }),
      },
      { integrations: { 'Segment.io': segment } },
    )
    await analytics.track(event, { userListAdd: users })
  }, given)
}
