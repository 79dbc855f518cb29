import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { SECRET_HEADER, SERVER_KEY, SIGNING_SECRET, WEBHOOK_KEY, serviceOfFile } from './service.ts'
import { shopper } from './shopper.ts'

// The code that Segment's platform runs. Its ES modules cannot be loaded by Node.
const require = createRequire(import.meta.url)
const { createTestIntegration, resolveAudienceMembership } = require('@segment/actions-core') as ActionsCore
/** Its name is only a key of Segment's schemas, which a newer fast-uri refuses when it has a blank. */
function destinationOf(slug: string): object {
  const module = require(`@segment/action-destinations/dist/destinations/${slug}`) as { default: object }
  return { ...module.default, name: slug }
}

type SegmentEvent = Record<string, unknown>
type Input = { mapping: object; settings: object; useDefaultMappings: boolean }
type ActionsCore = {
  createTestIntegration: (destination: unknown) => {
    testAction: (action: string, input: { event: SegmentEvent } & Input) => Promise<{ status: number }[]>
    testBatchAction: (action: string, input: { events: SegmentEvent[] } & Input) => Promise<{ status: number }[]>
    createAudience: (input: { settings: object; audienceName: string }) => Promise<unknown>
  }
  /** What Segment's own audience destinations take an event for. */
  resolveAudienceMembership: (event: SegmentEvent) => boolean | undefined
}

const service = serviceOfFile()

const input = () => ({
  mapping: { url: `${service().proxy.url}/v1/webhook`, headers: { [SECRET_HEADER]: WEBHOOK_KEY } },
  settings: { sharedSecret: SIGNING_SECRET },
  useDefaultMappings: true,
})
const statuses = () => service().proxy.requests.map(({ status }) => status)

/** What Engage adds to a call about a computation of its own. */
const personas = (computation_key: string, computation_class = 'audience') => ({
  ...{ computation_class, computation_key, computation_id: 'aud_1', namespace: 'spa_1', space_id: 'spa_1' },
  external_audience_id: 'as-the-webhook-named-it',
})

/** What Engage sends of an audience whose calls are identify calls: a trait, and the traits chosen for the destination. */
function identified(number: number, key: string, isMember: boolean): SegmentEvent {
  const { userId, traits } = shopper(number)
  return {
    ...{ type: 'identify', userId, traits: { ...traits, [key]: isMember }, properties: undefined, event: undefined },
    context: { personas: personas(key) },
  }
}

/** What it sends of an audience whose calls are track calls. */
function tracked(number: number, key: string, isMember: boolean): SegmentEvent {
  const { userId, traits } = shopper(number)
  const event = isMember ? 'Audience Entered' : 'Audience Exited'
  const properties = { audience_key: key, [key]: isMember, ...traits }
  return { type: 'track', event, userId, properties, traits: undefined, context: { personas: personas(key) } }
}

describe.each(['webhook', 'webhook-audiences'])('the destination %s', (slug) => {
  const send = (event: SegmentEvent) =>
    createTestIntegration(destinationOf(slug)).testAction('send', { event, ...input() })

  test.each([
    ['identify calls', identified],
    ['Audience Entered and Audience Exited', tracked],
  ])('takes people into an audience of Engage, and out of it, by %s', async (_, call) => {
    const { key, becomes } = service().personAudience()
    await send(call(1, key, true))
    await send(call(2, key, true))
    await becomes([shopper(1).member, shopper(2).member])
    await send(call(1, key, false))
    await becomes([shopper(2).member])
    expect(statuses()).toEqual([200, 200, 200])
    expect([call(1, key, true), call(1, key, false)].map((event) => resolveAudienceMembership(event))).toEqual([
      true,
      false,
    ])
  })

  test('takes a signed batch of them', async () => {
    const { key, becomes } = service().personAudience()
    const events = [identified(3, key, true), tracked(4, key, true), identified(5, key, true), tracked(6, key, false)]
    await createTestIntegration(destinationOf(slug)).testBatchAction('send', { events, ...input() })
    await becomes([3, 4, 5].map((number) => shopper(number).member))
    expect(statuses()).toEqual([200])
  })
})

test('a step of a journey takes a person into its audience, whether it says true or nothing', async () => {
  const { key, becomes } = service().personAudience()
  const context = { personas: personas(key, 'journey_step') }
  const send = createTestIntegration(destinationOf('webhook'))
  await send.testAction('send', { event: { ...tracked(1, key, true), event: 'Step 1', context }, ...input() })
  const { userId, traits } = shopper(2)
  await send.testAction('send', { event: { event: 'Step 2', userId, properties: traits, context }, ...input() })
  await becomes([shopper(1).member, shopper(2).member])
})

test('extra fields of Webhook Audiences spoil its own signature, so such an event is refused', async () => {
  const { key, becomes } = service().personAudience()
  const context = { personas: { ...personas(key), audience_settings: { extras: '{"team":"crm"}' } } }
  const event = { ...identified(1, key, true), context }
  const sending = createTestIntegration(destinationOf('webhook-audiences')).testAction('send', { event, ...input() })
  await expect(sending).rejects.toMatchObject({ response: { status: 401 } })
  await becomes([])
})

test('Webhook Audiences gets no externalId here when an audience is connected, so it needs an endpoint of its own', async () => {
  const settings = { createAudienceUrl: `${service().proxy.url}/v1/webhook?writeKey=${SERVER_KEY}` }
  const creating = createTestIntegration(destinationOf('webhook-audiences')).createAudience({
    settings,
    audienceName: 'high_value',
  })
  await expect(creating).rejects.toMatchObject({ code: 'INVALID_RESPONSE' })
  expect(statuses()).toEqual([200])
})
