import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { EMAIL_FN, people } from './people.ts'
import type { RecordedRequest } from './recording-proxy.ts'
import { SECRET_HEADER, SIGNING_SECRET, WEBHOOK_KEY, serviceOfFile } from './service.ts'

// The code that Segment's platform runs for a webhook destination. Its ES modules cannot be loaded by Node.
const require = createRequire(import.meta.url)
const { createTestIntegration, createTestEvent } = require('@segment/actions-core') as ActionsCore
const { default: webhook } = require('@segment/action-destinations/dist/destinations/webhook') as { default: unknown }

type SegmentEvent = Record<string, unknown>
type ActionsCore = {
  createTestEvent: (event: SegmentEvent) => SegmentEvent
  createTestIntegration: (destination: unknown) => {
    testAction: (action: string, input: { event: SegmentEvent } & Input) => Promise<{ status: number }[]>
    testBatchAction: (action: string, input: { events: SegmentEvent[] } & Input) => Promise<{ status: number }[]>
  }
}
type Input = { mapping: object; settings: object; useDefaultMappings: boolean }

const service = serviceOfFile()

const input = (headers: object = { [SECRET_HEADER]: WEBHOOK_KEY }, sharedSecret = SIGNING_SECRET) => ({
  mapping: { url: `${service().proxy.url}/v1/webhook`, headers },
  settings: { sharedSecret },
  useDefaultMappings: true,
})
const trackOf = (event: string, number: number) =>
  createTestEvent({ event, properties: { userListAdd: people(number, 1, EMAIL_FN) } })
const statuses = () => service().proxy.requests.map(({ status }) => status)

const replay = async ({ path, headers, body }: RecordedRequest, changes: { headers?: object; body?: string }) => {
  const { 'content-length': _, connection: __, host: ___, ...rest } = { ...headers, ...changes.headers }
  const request = { method: 'POST', headers: rest as Record<string, string>, body: changes.body ?? body.toString() }
  return (await fetch(`${service().proxy.url}${path}`, request)).status
}

test('a signed event of a Segment webhook destination arrives', async () => {
  const { event, becomes } = service().audience('EMAIL FN')
  const responses = await createTestIntegration(webhook).testAction('send', { event: trackOf(event, 1), ...input() })
  expect(responses.map(({ status }) => status)).toEqual([200])
  await becomes(people(1, 1, EMAIL_FN))
  expect(statuses()).toEqual([200])
})

test('an event with another signature, without one, or without the secret header is refused', async () => {
  const { event } = service().audience('EMAIL FN')
  const send = (...options: Parameters<typeof input>) =>
    createTestIntegration(webhook).testAction('send', { event: trackOf(event, 1), ...input(...options) })
  await expect(send(undefined, 'another secret')).rejects.toMatchObject({ response: { status: 401 } })
  await expect(send(undefined, '')).rejects.toMatchObject({ response: { status: 401 } })
  await expect(send({})).rejects.toMatchObject({ response: { status: 401 } })
  expect(statuses()).toEqual([401, 401, 401])
})

test('a signed batch arrives; its signature covers the first event only, so the others rest on the secret header', async () => {
  const { event, becomes } = service().audience('EMAIL FN')
  const events = [1, 2, 3].map((number) => trackOf(event, number))
  await createTestIntegration(webhook).testBatchAction('send', { events, ...input() })
  await becomes(people(1, 3, EMAIL_FN))
  const [batch] = service().proxy.requests
  if (!batch) throw new Error('nothing was sent')
  expect(JSON.parse(batch.body.toString())).toHaveLength(3)

  const first = batch.body.toString().replace('person1@', 'person4@')
  const second = batch.body.toString().replace('person2@', 'person5@')
  expect(await replay(batch, { body: first })).toBe(401)
  expect(await replay(batch, { body: second, headers: { [SECRET_HEADER]: 'wrong' } })).toBe(401)
  expect(await replay(batch, { body: second })).toBe(200)
  await becomes(people(1, 3, EMAIL_FN).concat(people(5, 1, ['EMAIL']).map((p) => ({ ...p, FN: 'ann' }))))
})
