import { expect, test } from 'vitest'
import { anIngest } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

/** Destinations that want the person of the same event, each by a path of its own. */
const settings = settingsOf({
  destinations: Array.from({ length: 10 }, (_, index) => {
    const audiences = String(23_846_440_602_800_500 + index)
    return aDestination({
      ...{ name: `main${index}`, userFields: { EMAIL: [`properties.email${index}`, 'properties.email'] } },
      events: { 'Order Completed': { audiences, action: 'add' } },
    })
  }),
})
const orders = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ type: 'track', event: 'Order Completed', messageId: `m-${index}` },
    properties: { email: `person-${index}@example.com` },
  }))

test('2,500 orders, as many as an SDK sends at once, are accepted for ten destinations that look in ten places', async () => {
  const ingest = anIngest({ settings })
  const { status, body } = await ingest.send({ body: { batch: orders(2_500) } })
  expect([status, body.accepted]).toEqual([200, 2_500])
  expect(ingest.trackEvents()).toHaveLength(25_000)
})

test('a request with more people than the memory holds is refused as too large, before anything is stored', async () => {
  const ingest = anIngest({ settings })
  const { status, body } = await ingest.send({ body: { batch: orders(30_000) } })
  expect([status, body.code]).toEqual([413, 'payload_too_large'])
  expect(body.message).toContain('send fewer calls')
  expect([ingest.track, ingest.removal, ingest.session]).toEqual([[], [], []])
  expect(ingest.measures).toContainEqual(['RequestsRefused', 1, { reason: 'too_many_people' }])
})

test('so is one whose people have long arrays in place of texts', async () => {
  const email = Array.from({ length: 100 }, () => 'x'.repeat(19))
  const batch = orders(1_000).map((order) => ({ ...order, properties: { email } }))
  expect((await anIngest({ settings }).send({ body: { batch } })).status).toBe(413)
})

test('so is one with more people who deny', async () => {
  const destinations = settings.destinations.map(({ name, userFields }) =>
    aDestination({ name, userFields, consent: { categories: ['advertising'], onDenial: 'remove' } }),
  )
  const ingest = anIngest({ settings: settingsOf({ destinations }) })
  const context = { consentManagement: { deniedConsentIds: ['advertising'] } }
  const denials = (count: number) => orders(count).map((order) => ({ ...order, context }))
  expect((await ingest.send({ body: { batch: denials(2_500) } })).body.accepted).toBe(2_500)
  expect(ingest.trackEvents()).toHaveLength(25_000)
  expect((await ingest.send({ body: { batch: denials(18_000) } })).status).toBe(413)
})

test('so is one with more users of lists who deny, each in an event of its own, for many destinations', async () => {
  const destinations = Array.from({ length: 30 }, (_, index) => {
    const events = { USER_ADD: String(23_846_440_602_800_500 + index) }
    const consent = { categories: ['advertising'], onDenial: 'remove' }
    return aDestination({ name: `destination-${index}`, events, consent })
  })
  const ingest = anIngest({ settings: settingsOf({ destinations }) })
  const denials = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...{ type: 'track', event: 'USER_ADD', messageId: `m-${index}` },
      properties: { userListAdd: [{ EMAIL: `person-${index}@example.com`, consent: false }] },
    }))
  expect((await ingest.send({ body: { batch: denials(2_500) } })).body.accepted).toBe(2_500)
  expect((await ingest.send({ body: { batch: denials(20_000) } })).status).toBe(413)
})
