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

/** The event that nobody may spoil. */
export const INTACT = { ...event, messageId: 'intact', properties: { userListAdd: [{ EMAIL: 'intact@example.com' }] } }

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
  const neighbours = Array.from({ length: 1 + random.below(3) }, () => mutate(event, random, 1 + random.below(4)))
  neighbours.splice(random.below(neighbours.length + 1), 0, INTACT)
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
  const envelope = random.pick([event, [event, event], { batch: [event, event], writeKey: KEYS.server }])
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
