import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { SCHEMA_FIELD_NAMES } from '../lib/config/schema-field.ts'
import { createLog } from '../lib/log.ts'
import { createMetrics } from '../lib/metrics.ts'
import { capture } from './support/captured-output.ts'
import type { HttpRequest } from './support/http-event.ts'
import { aTrack, anIngest, basic } from './support/ingest.ts'
import { AUDIENCE, aDestination, settingsOf } from './support/settings.ts'

/** A value that only the queue may see. */
const canary = (place: string) => `canary ${place} jane@example.com`

const settings = settingsOf({
  sources: [
    { name: 'server', secretHeader: 'X-Secret' },
    { name: 'hook', signed: true },
  ],
  destinations: [
    aDestination({
      userSchema: ['EMAIL', 'FN', 'PHONE', 'CT', 'EXTERN_ID'],
      events: { USER_ADD: AUDIENCE, 'Order Completed': { audiences: AUDIENCE, action: 'remove' } },
      memberships: { high_value: AUDIENCE },
      sourceAudience: { server: AUDIENCE },
      userFields: { EXTERN_ID: ['userId'] },
    }),
    aDestination({
      ...{ name: 'asks', events: { USER_ADD: AUDIENCE, 'Order Completed': { audiences: AUDIENCE, action: 'add' } } },
      ...{ userSchema: ['EMAIL', 'FN', 'PHONE', 'CT', 'EXTERN_ID'], userFields: { EXTERN_ID: ['userId'] } },
      consent: { categories: ['advertising', 'analytics'], onDenial: 'remove' },
    }),
  ],
})
const secret = '{"server":"key","hook":{"writeKey":"hook-key","signingSecret":"shh"}}'

const headers = {
  Authorization: basic('key'),
  'User-Agent': canary('agent'),
  Cookie: canary('cookie'),
  Referer: canary('referer'),
  AnonymousId: canary('anonymous'),
  'X-Forwarded-For': canary('address'),
}
const user = Object.fromEntries([...SCHEMA_FIELD_NAMES, 'other', canary('key')].map((name) => [name, canary(name)]))
const properties = {
  userListAdd: [user, canary('no user')],
  userListDelete: [user],
  [canary('property')]: canary('value'),
}
const event = aTrack({
  messageId: canary('messageId'),
  userId: canary('userId'),
  anonymousId: canary('anonymousId'),
  context: { traits: user, ip: canary('ip') },
  timestamp: canary('timestamp'),
  sentAt: canary('sentAt'),
  properties,
})
const withProperties = (changed: object) => ({ ...event, properties: { ...properties, ...changed } })
const session = { sessionIdAdd: canary('session'), batchSequence: canary('sequence'), lastBatchFlag: canary('flag') }

const traits = { email: canary('email'), firstName: canary('name'), [canary('trait')]: canary('value') }
const aboutPerson = {
  ...event,
  event: 'Order Completed',
  traits,
  properties: { [canary('property')]: canary('value') },
}
const identify = { ...event, type: 'identify', event: undefined, traits: { ...traits, high_value: true } }
const record = { ...event, type: 'record', event: undefined, action: 'insert', fields: user, identifiers: user }
const naming = (id: string) => ({ context: { externalId: [{ type: `FB_CUSTOM_AUDIENCE-${id}`, id: canary('id') }] } })

const requests: Record<string, HttpRequest> = {
  'an event about a person': { body: [aboutPerson] },
  'a consent that cannot be read': { body: [{ ...aboutPerson, context: { consent: canary('consent') } }] },
  'a denial': {
    body: [
      {
        ...aboutPerson,
        context: { consent: { categoryPreferences: { advertising: false, [canary('category')]: 1 } } },
      },
    ],
  },
  'users who say their consent': { body: [withProperties({ userListAdd: [{ ...user, consent: canary('consent') }] })] },
  'an event about nobody': { body: [{ ...aboutPerson, traits: { [canary('trait')]: 1 }, context: {} }] },
  'a membership': { body: [identify] },
  'a membership of a key that nobody maps': {
    body: [{ ...identify, event: 'Audience Entered', type: 'track', properties: { audience_key: canary('key') } }],
  },
  'a membership that is neither true nor false': { body: [{ ...identify, traits: { high_value: canary('value') } }] },
  'a record': { body: [record] },
  'a record about nobody': { body: [{ ...record, fields: { [canary('column')]: 1 }, identifiers: canary('text') }] },
  'a record of another action': { body: [{ ...record, action: canary('action') }] },
  'a record for another audience': { body: [{ ...record, ...naming(canary('audience')) }] },
  'a list for the audience of its source': { body: [{ ...event, type: 'audiencelist', event: undefined }] },
  'a good event': { body: { batch: [event], writeKey: canary('body key') } },
  'an event without messageId': { body: [{ ...event, messageId: null }] },
  'an event of another name': { body: [{ ...event, event: canary('name') }] },
  'a call of another type': { body: [{ ...event, type: canary('type') }] },
  'no event': { body: [canary('event'), [canary('array')], null] },
  'an event without name': { body: [{ ...event, event: { name: canary('name') } }] },
  'an event without lists': { body: [{ ...event, properties: { [canary('list key')]: 1 } }] },
  'lists that are none': { body: [withProperties({ userListAdd: canary('list'), userListDelete: { ...user } })] },
  'users by their own keys': {
    body: [withProperties({ listData: { [canary('user')]: user, [canary('users')]: [user] } })],
  },
  'empty lists': { body: [withProperties({ userListAdd: [], userListDelete: [] })] },
  'an unusable session': { body: [withProperties(session)] },
  'an incomplete session': { body: [withProperties({ ...session, sessionIdAdd: 5 })] },
  'one session for both': { body: [withProperties({ ...session, sessionIdDelete: session.sessionIdAdd })] },
  'values of other kinds': {
    body: [withProperties({ userListAdd: [{ EMAIL: [canary('list')], FN: { a: canary('object') } }] })],
  },
  'no JSON': { body: canary('text') },
  'half a JSON': { body: JSON.stringify({ batch: [event] }).slice(0, -5) },
  'JSON text': { body: JSON.stringify(canary('JSON text')) },
  'broken gzip': { body: gzipSync(JSON.stringify(event)).subarray(0, 90) },
  'gzip as text': {
    body: gzipSync(JSON.stringify(event)).toString('utf8'),
    encoding: 'text',
    headers: { ...headers, 'Content-Encoding': 'gzip' },
  },
  'an unknown path': { path: `/${canary('path')}`, body: [event] },
  'a prefix': { path: `/${canary('prefix')}/v1/batch`, body: [event] },
  'another method': { method: 'DELETE', path: `/${canary('path')}` },
  'a query': { query: { [canary('name')]: canary('value'), email: canary('email') }, body: [event] },
  'a wrong Basic key': { headers: { Authorization: basic(canary('user')) }, body: [event] },
  'a wrong query key': { headers: {}, query: { writeKey: canary('query') }, body: [event] },
  'a wrong secret header': { headers: { 'X-Secret': canary('secret') }, body: [event] },
  'a wrong body key': { headers: {}, body: { batch: [event], writeKey: canary('body key') } },
  'no key': { headers: {}, body: [event] },
  'a wrong origin': { headers: { ...headers, Origin: canary('origin') }, body: [event] },
  'a wrong signature': { headers: { 'X-Write-Key': 'hook-key', 'X-Signature': canary('signature') }, body: [event] },
}

function aReportingIngest(options: Parameters<typeof anIngest>[0] = {}) {
  const output = capture()
  const { measure, flush } = createMetrics(new Metrics({ namespace: 'Test', serviceName: 'ingest' }))
  const log = createLog(new Logger({ serviceName: 'ingest' }))
  return { ...anIngest({ settings, secret, log, measure, ...options }), flush, output }
}

test.each(Object.keys(requests))('%s leaves nothing of a person in logs and metrics', async (name) => {
  const ingest = aReportingIngest()
  await ingest.send({ headers, ...requests[name] })
  ingest.flush()
  expect(ingest.output.text()).not.toMatch(/canary|jane/i)
})

test('lines and metrics are written all the same, so the above does not succeed by silence', async () => {
  const ingest = aReportingIngest()
  for (const request of Object.values(requests)) await ingest.send({ headers, ...request })
  ingest.flush()
  for (const sign of [
    'event_rejected',
    'events_warned',
    'events_ignored',
    'request_refused',
    'gateway_corrupted_gzip',
    'EventsAccepted',
    'EventsRejected',
  ])
    expect(ingest.output.text()).toContain(sign)
  expect(ingest.trackEvents().length).toBeGreaterThan(0)
  expect(JSON.stringify(ingest.trackEvents())).toContain('canary')
})

const failure = () =>
  Object.assign(new Error(canary('message'), { cause: new Error(canary('cause')) }), {
    name: 'SdkError',
    detail: canary('detail'),
  })

test('an error of Secrets Manager is told by its name alone', async () => {
  const ingest = aReportingIngest({ secret: failure() })
  await ingest.send({ headers, body: [event] })
  expect(ingest.output.text()).toContain('SdkError')
  expect(ingest.output.text()).not.toMatch(/canary|jane/i)
})

test('an unusable write-keys secret is told without its content', async () => {
  for (const text of [
    canary('secret'),
    JSON.stringify([canary('secret')]),
    JSON.stringify({ server: { [canary('key')]: 7, signingSecret: [canary('key')] }, [canary('source')]: 7 }),
  ]) {
    const ingest = aReportingIngest({ secret: text })
    await ingest.send({ headers, body: [event] })
    expect(ingest.output.text()).toContain('write_keys_unreadable')
    expect(ingest.output.text()).not.toMatch(/canary|jane/i)
  }
})

test('a defect of our own is told by its name alone, and SDKs keep their events', async () => {
  const ingest = aReportingIngest({
    measure: () => {
      throw failure()
    },
  })
  expect((await ingest.send({ headers, body: [event] })).status).toBe(503)
  expect(ingest.output.text()).toContain('SdkError')
  expect(ingest.output.text()).not.toMatch(/canary|jane/i)
})

/** The names of its own event that a sender is told, so that people see which event is meant. */
const OWN_NAMES = ['trait', 'column', 'messageId', 'name', 'type', 'key', 'list key', 'property']
/** A call that names nobody is told its keys as paths. */
const PATHS = ['', 'properties.', 'traits.', 'context.traits.', 'fields.', 'identifiers.']

test('no answer repeats a value of a user; names and keys stand in the sender’s own answer alone', async () => {
  for (const request of Object.values(requests)) {
    const { text } = await anIngest({ settings, secret }).send({ headers, ...request })
    const own = OWN_NAMES.flatMap((place) => PATHS.map((path) => JSON.stringify(path + canary(place))))
    const rest = own.reduce((left, name) => left.replaceAll(name, ''), text)
    expect(rest).not.toMatch(/canary|jane/i)
  }
})
