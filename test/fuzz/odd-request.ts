import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { basic } from '../support/ingest.ts'
import type { HttpRequest } from '../support/http-event.ts'
import { oddBytes, oddlyCompressed } from './odd-bytes.ts'
import { mutate, toOddJson } from './odd-json.ts'
import type { Random } from './random.ts'

/** A request, and whether its one good event must be stored whatever surrounds it. */
type OddRequest = HttpRequest & { mustStore: boolean }

export const KEYS = { server: 'server-key', web: 'web-key', hooks: { writeKey: 'hooks-key', signingSecret: 'secret' } }

const event = {
  type: 'track',
  event: 'USER_ADD',
  userId: 'u',
  messageId: 'm-1',
  originalTimestamp: '2026-11-23T11:59:59.000Z',
  sentAt: '2026-11-23T12:00:00.000Z',
  properties: {
    userListAdd: [
      { EMAIL: 'ann@example.com', FN: 'Ann', PHONE: '+4915112345678', COUNTRY: 'de' },
      { Email: 'b@example.com' },
    ],
    userListDelete: [{ EMAIL: 'bob@example.com', EXTERN_ID: 7 }],
    sessionIdAdd: '123',
    sessionIdDelete: 456,
    batchSequence: 1,
    lastBatchFlag: true,
    estimatedNumTotal: 3,
  },
  context: { library: { name: 'fuzz', version: '1' } },
  integrations: { All: true },
}

const times = { messageId: 'm-2', originalTimestamp: event.originalTimestamp, sentAt: event.sentAt }
const personas = { computation_class: 'audience', computation_key: 'high_value', external_audience_id: 'a' }
const address = { city: 'Berlin', postalCode: '10115', country: 'de' }
const device = { advertisingId: '6D92078A-8246-4BA4-AE5B-76104861E7DC', adTrackingEnabled: true }
const consent = { categoryPreferences: { advertising: true, analytics: false } }
const consentManagement = { allowedConsentIds: ['advertising'], deniedConsentIds: ['__proto__'], allowedConsents: {} }
const traits = { email: 'ann@example.com', firstName: 'Ann', phone: '+4915112345678', birthday: '1984-07-09', address }

/** Calls about one person, of each kind, and an audience list. */
const CALLS = [
  {
    ...{ ...times, type: 'track', event: 'Order Completed', userId: 'u', context: { traits, device, consent } },
    properties: { order_id: 'o-1', customers: [{ mail: 'ann@example.com' }], a: { a: { a: {} } } },
  },
  {
    ...times,
    type: 'identify',
    userId: 'u',
    traits: { ...traits, high_value: true },
    context: { personas, consentManagement },
  },
  {
    ...{ ...times, type: 'track', event: 'Audience Exited', context: { personas } },
    properties: { audience_key: 'high_value', high_value: false, ...traits },
  },
  {
    ...{ ...times, type: 'record', action: 'insert', recordId: '3', identifiers: { EMAIL: 'ann@example.com' } },
    ...{ fields: { FN: 'Ann', DOBY: 1984, consent: false } },
    context: { externalId: [{ type: 'FB_CUSTOM_AUDIENCE-23846440602800003', identifierType: 'EMAIL' }] },
  },
  { ...times, type: 'audiencelist', properties: { listData: { add: [{ EMAIL: 'ann@example.com' }], remove: [] } } },
]

const EVENTS = [event, ...CALLS]

/** The event that nobody may spoil. */
export const INTACT = { ...event, messageId: 'intact', properties: { userListAdd: [{ EMAIL: 'intact@example.com' }] } }

const intact = { messageId: 'intact', originalTimestamp: event.originalTimestamp, sentAt: event.sentAt }
const intactTraits = { email: 'intact@example.com' }

/** It, and its like about one person. */
const ALL_INTACT = [
  INTACT,
  { ...intact, type: 'track', event: 'Order Completed', traits: intactTraits },
  { ...intact, type: 'identify', traits: { ...intactTraits, high_value: false } },
  { ...intact, type: 'record', action: 'delete', fields: { Email: 'intact@example.com' } },
]

const PATHS = [
  ...[
    '/v1/batch',
    '/v1/track',
    '/v1/t',
    '/v1/import/',
    '/b',
    '/batch',
    '/beacon/v1/batch',
    '/v1/webhook',
    '/api/s/track',
  ],
  ...[
    '/',
    '',
    '//',
    '/v1/identify',
    '/v1/record',
    '/v1/audiencelist',
    '/v1/m',
    '/v1/%74rack',
    '/v1/track/..',
    '/v1/\uD800',
    '/__proto__',
    '/v1/constructor',
  ],
  ...[
    '/api/s/__proto__',
    '/health',
    '/v1/projects/%ZZ/settings',
    '/sourceConfig',
    `${'/'.repeat(9_000)}x`,
    '/v1/batch?x',
  ],
]

/** Any request: a good one with some of its parts replaced by odd ones. */
export function oddRequest(random: Random): OddRequest {
  return random.once(2) ? spoiltNeighbours(random) : anythingAtAll(random)
}

/** A good request whose one good event stands among mutated ones: it must be stored. */
function spoiltNeighbours(random: Random): OddRequest {
  const neighbours: unknown[] = Array.from({ length: 1 + random.below(3) }, () =>
    mutate(random.pick(EVENTS), random, 1 + random.below(4)),
  )
  neighbours.splice(random.below(neighbours.length + 1), 0, random.pick(ALL_INTACT))
  const body = toOddJson({ batch: neighbours, sentAt: mutate(event.sentAt, random, random.below(2)) }, random)
  const bytes = Buffer.from(body)
  return {
    path: random.pick(['/v1/batch', '/v1/import', '/v1/b', '/b', '/v1/webhook']),
    headers: { Authorization: basic(KEYS.server) },
    ...(random.once(4) ? { body: gzipSync(bytes) } : { body: bytes, encoding: random.pick(['base64', 'text']) }),
    mustStore: true,
  }
}

function anythingAtAll(random: Random): OddRequest {
  const [one, other] = [random.pick(EVENTS), random.pick(EVENTS)]
  const envelope = random.pick([one, [one, other], { batch: [one, other], writeKey: KEYS.server }])
  const text = toOddJson(mutate(envelope, random, random.below(6)), random)
  const bytes = random.once(3) ? oddBytes(text, random) : Buffer.from(text)
  const body = random.once(3) ? oddlyCompressed(bytes, random) : bytes
  return {
    method: random.once(20) ? random.pick(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'post', '']) : 'POST',
    path: random.once(3) ? random.pick(PATHS) : '/v1/batch',
    headers: oddHeaders(random, body),
    ...(random.once(5) && { query: random.pick(QUERIES) }),
    ...(random.once(50) ? {} : { body }),
    encoding: random.pick(['base64', 'text']),
    mustStore: false,
  }
}

const QUERIES: Record<string, string>[] = [
  { writeKey: KEYS.server },
  { writeKey: '' },
  { writeKey: 'x'.repeat(5_000) },
  { writekey: KEYS.server, p: '%', constructor: 'x' },
  JSON.parse('{"__proto__":"x","toString":"y"}') as Record<string, string>,
]

function oddHeaders(random: Random, body: Buffer): Record<string, string> {
  const signed = createHmac('sha1', KEYS.hooks.signingSecret).update(body).digest('hex')
  const all: Record<string, string>[] = [
    { Authorization: basic(KEYS.server) },
    { authorization: basic(KEYS.web), Origin: 'https://shop.example' },
    { AUTHORIZATION: basic(KEYS.hooks.writeKey), 'X-Signature': signed },
    {
      Authorization: basic(KEYS.hooks.writeKey),
      'x-signature': random.pick(['', 'zz', signed.slice(2), 'ä'.repeat(40)]),
    },
    {
      Authorization: random.pick([
        '',
        'Basic',
        'Basic ',
        'Basic !!!',
        'Bearer x',
        `Basic ${' '.repeat(9_000)}`,
        'basic\tx',
      ]),
    },
    { 'X-Write-Key': random.pick([KEYS.server, `${KEYS.server}:x`, '', ':', '__proto__']) },
    { Origin: random.pick(['null', '*', '', 'https://evil.example', '__proto__']) },
    { 'Content-Encoding': random.pick(['gzip', 'br', 'identity', 'x'.repeat(1_000)]), 'Content-Type': 'text/\u0000' },
    { constructor: 'x', 'content-length': '-1', Host: '', '': '' },
    {},
  ]
  return random.once(2) ? { Authorization: basic(KEYS.server) } : { ...random.pick(all), ...random.pick(all) }
}
