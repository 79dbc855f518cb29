import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { people } from './people.ts'
import { sent } from './sent.ts'
import { SERVER_KEY } from './service.ts'
import type { Audience, Service } from './service.ts'

type Properties = NonNullable<Parameters<RudderAnalytics['track']>[0]['properties']>

export function connect({ proxy }: Service, options = {}): RudderAnalytics {
  const errorHandler = () => undefined
  return new RudderAnalytics(SERVER_KEY, {
    dataPlaneUrl: proxy.url,
    logLevel: 'none',
    errorHandler,
    ...options,
  })
}

export const track = (client: RudderAnalytics, { event }: Audience, properties: Properties) =>
  sent((callback) => client.track({ userId: 'u', event, properties }, callback))

/** Tracks of 1,100 users to add and 1,100 to remove, fifteen fields each: 618 kB of JSON. */
export const trackBig = (client: RudderAnalytics, audience: Audience, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const first = index * 1_100
    return track(client, audience, { userListAdd: people(first, 1_100), userListDelete: people(50_000 + first, 1_100) })
  })
