import { Analytics as CustomerIo } from '@customerio/cdp-analytics-node'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import LegacyAnalytics from 'analytics-node'
import { describe, expect, test } from 'vitest'
import { eventsOf } from './recording-proxy.ts'
import { sent } from './sent.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'
import { shopper } from './shopper.ts'

const service = serviceOfFile()

type Callback = (error?: unknown) => void
type Identify = { userId: string; traits?: object; context?: object }
type Track = { userId: string; event: string; properties?: object; context?: object }

/** What all of these SDKs have. Their types differ in what a trait may be. */
type Client = {
  identify: (call: Identify, callback: Callback) => unknown
  track: (call: Track, callback: Callback) => unknown
}

// Each call is sent at once: they would wait ten seconds for more.
const rudder = () => ({ dataPlaneUrl: service().proxy.url, flushAt: 1, logLevel: 'none' })
const segment = () => ({ writeKey: SERVER_KEY, host: service().proxy.url, maxEventsInBatch: 1 })

describe.each<[name: string, connect: () => Client]>([
  ['@rudderstack/rudder-sdk-node', () => new RudderAnalytics(SERVER_KEY, rudder()) as unknown as Client],
  ['@segment/analytics-node', () => new Analytics(segment())],
  ['analytics-node', () => new LegacyAnalytics(SERVER_KEY, { host: service().proxy.url, flushAt: 1 })],
  ['@customerio/cdp-analytics-node', () => new CustomerIo(segment())],
])('%s', (_, connect) => {
  test('identify takes a person into an audience of the tool, and out of it', async () => {
    const client = connect()
    const { key, becomes } = service().personAudience()
    const [ann, bob] = [shopper(1), shopper(2)]
    const identify = ({ userId, traits }: typeof ann, isMember: boolean) =>
      sent((callback) => client.identify({ userId, traits: { ...traits, [key]: isMember } }, callback))
    await identify(ann, true)
    await identify(bob, true)
    await becomes([ann.member, bob.member])
    await identify(ann, false)
    await becomes([bob.member])
    expect(callsOf('identify')).toHaveLength(3)
  })

  test('an order takes the person whom it is about into an audience, wherever it says who that is', async () => {
    const client = connect()
    const { ordered, cancelled, becomes } = service().personAudience()
    const [ann, bob, cleo] = [shopper(3), shopper(4), shopper(5)]
    const track = (call: Track) => sent((callback) => client.track(call, callback))
    const order = { order_id: 'o-1', revenue: 20, products: [{ sku: 'tea', price: 20 }] }
    await track({ userId: ann.userId, event: ordered, properties: { ...order, ...ann.traits } })
    await track({ userId: bob.userId, event: ordered, properties: order, context: { traits: bob.traits } })
    const customer = { ...order, customer: { id: cleo.userId }, ...cleo.traits }
    await track({ userId: 'guest@example.com', event: ordered, properties: customer })
    await becomes([ann.member, bob.member, cleo.member])
    await track({ userId: bob.userId, event: cancelled, context: { traits: { email: bob.traits.email } } })
    await becomes([ann.member, cleo.member])
    expect(callsOf('track')).toHaveLength(4)
  })
})

const callsOf = (type: string) =>
  service()
    .proxy.requests.flatMap(eventsOf)
    .filter((event) => event.type === type)
