import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import LegacyAnalytics from 'analytics-node'
import RudderAnalytics2 from 'rudder-sdk-node-2'
import { Analytics as Analytics2 } from 'segment-analytics-node-2'
import { describe, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { people } from './people.ts'
import type { Person } from './people.ts'
import { eventsOf } from './recording-proxy.ts'
import { sent } from './sent.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'
import type { Audience } from './service.ts'

const service = serviceOfFile()

const [ANN, BOB] = people(1, 2, ['EMAIL', 'FN']) as [Person, Person]

type Track = { userId: string; event: string; properties: { userListAdd: Person[] } }

/** Each tracks one event with its own retries, and resolves when it was taken. */
const SDKS: Record<string, (event: Track) => Promise<void>> = {
  'rudder-sdk-node 3': (event) => {
    const client = new RudderAnalytics(SERVER_KEY, { dataPlaneUrl: service().proxy.url, logLevel: 'none' })
    return sent((callback) => client.track(event, callback))
  },
  'rudder-sdk-node 2': (event) => {
    const client = new RudderAnalytics2(SERVER_KEY, { dataPlaneUrl: service().proxy.url, logLevel: 'none' })
    return sent((callback) => client.track(event, callback))
  },
  'analytics-node': (event) => {
    const client = new LegacyAnalytics(SERVER_KEY, { host: service().proxy.url })
    return sent((callback) => client.track(event, callback))
  },
  '@segment/analytics-node 3': async (event) => {
    const client = new Analytics({ writeKey: SERVER_KEY, host: service().proxy.url })
    const taken = sent((callback) => client.track(event, callback))
    await client.closeAndFlush()
    await taken
  },
  '@segment/analytics-node 2': async (event) => {
    const client = new Analytics2({ writeKey: SERVER_KEY, host: service().proxy.url })
    const taken = sent((callback) => client.track(event, callback))
    await client.closeAndFlush()
    await taken
  },
}

/** Another server's event, which is sent once and taken at once. */
async function post(event: string, properties: object): Promise<void> {
  const now = new Date().toISOString()
  const body = JSON.stringify({ event, properties, messageId: now, originalTimestamp: now, sentAt: now })
  const headers = { 'X-Write-Key': SERVER_KEY }
  const { status } = await fetch(`${service().url}/v1/track`, { method: 'POST', headers, body })
  expect(status).toBe(200)
}

// When the last event is there, all events before it have been handled.
async function endsWithoutAnn({ event, becomes }: Audience): Promise<void> {
  await post(event, { userListAdd: [BOB] })
  await becomes([BOB])
}

/** Old versions send as the new ones do: CI sees that they still do. */
const TRIED = Object.keys(SDKS).filter((name) => isLong || !name.endsWith(' 2'))

describe.each(TRIED)('a person whom %s has added stays out when removed', (name) => {
  const add = ({ event }: Audience) => SDKS[name]?.({ userId: 'u', event, properties: { userListAdd: [ANN] } })

  test('while the add is answered 503 twice and tried again', async () => {
    const audience = service().audience('EMAIL FN')
    const removed = Promise.withResolvers<undefined>()
    service().proxy.answerNext({ status: 503, after: removed.promise }, { status: 503 })
    const added = add(audience)
    await expect.poll(() => service().proxy.requests.length).toBe(1)
    await post(audience.event, { userListDelete: [ANN] })
    removed.resolve(undefined)
    await added
    const { requests } = service().proxy
    expect(requests.map(({ status }) => status)).toEqual([503, 503, 200])
    expect(new Set(requests.flatMap(eventsOf).map(({ messageId }) => messageId)).size).toBe(1)
    await endsWithoutAnn(audience)
  })

  test('while the answer to the add is cut off, and it is sent again', async () => {
    const audience = service().audience('EMAIL FN')
    const removed = Promise.withResolvers<undefined>()
    service().proxy.answerNext({ status: 'cut', after: removed.promise })
    const added = add(audience)
    await audience.becomes([ANN])
    await post(audience.event, { userListDelete: [ANN] })
    await audience.becomes([])
    removed.resolve(undefined)
    await added
    expect(service().proxy.requests.map(({ status }) => status)).toEqual([200, 200])
    await endsWithoutAnn(audience)
  })
})
