import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MAX_DECODED_BYTES } from '../../lib/track/request.ts'
import { httpEvent, restEvent } from '../support/http-event.ts'
import { NOON, aTrack, anIngest, basic } from '../support/ingest.ts'
import { SEED_EXAMPLE } from '../support/seed-example.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

describe('an accepted request', () => {
  test('the seed’s example becomes one session message for each direction', async () => {
    const ingest = anIngest()
    const { status, body } = await ingest.send({ body: { batch: [SEED_EXAMPLE] } })
    expect([status, body]).toEqual([200, { success: true, accepted: 1 }])
    const common = { messageId: 'seed', name: 'USER_ADD', at: NOON, destinations: ['main'] }
    expect(ingest.track).toEqual([])
    expect(ingest.sessionEvents()).toEqual([
      {
        ...common,
        session: { sessionId: '123', batchSequence: 10, lastBatch: true },
        add: [
          { EMAIL: 'name1@abc.com', FN: 'name1' },
          { EMAIL: 'name2@abc.com', FN: 'name2' },
        ],
      },
      {
        ...common,
        session: { sessionId: '456', batchSequence: 10, lastBatch: true },
        remove: [
          { EMAIL: 'name3@abc.com', FN: 'name3' },
          { EMAIL: 'name4@abc.com', FN: 'name4' },
        ],
      },
    ])
  })

  test('what rudder-sdk-node sends, gzip as a form, is on the track queue with its source and times', async () => {
    const ingest = anIngest()
    const envelope = {
      batch: [aTrack({ originalTimestamp: '2026-11-23T11:59:00.000Z', channel: 'server', _metadata: {} })],
      sentAt: '2026-11-23T11:59:30.000Z',
    }
    const headers = {
      Authorization: basic('key'),
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Encoding': 'gzip',
    }
    const { status } = await ingest.send({ headers, body: gzipSync(JSON.stringify(envelope)) })
    expect(status).toBe(200)
    expect(ingest.track.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      {
        version: 1,
        source: 'server',
        receivedAt: NOON,
        events: [
          { messageId: 'm-1', name: 'USER_ADD', at: NOON - 30_000, add: [{ EMAIL: 'name1@abc.com', FN: 'name1' }] },
        ],
      },
    ])
  })

  test.each([
    ['a single route', { path: '/v1/track', body: aTrack({ type: undefined }) }],
    ['a webhook’s object', { path: '/v1/webhook', body: aTrack() }],
    ['a webhook’s array', { path: '/v1/webhook', method: 'PUT', body: [aTrack()] }],
    ['a batch below a prefix', { path: '/prod/ingest/v1/batch/', body: { batch: [aTrack()] } }],
    ['a Jitsu call', { path: '/api/s/track', body: aTrack() }],
  ])('%s puts its users on the queue', async (_, request) => {
    const ingest = anIngest()
    expect((await ingest.send(request)).body).toEqual({ success: true, accepted: 1 })
    expect(ingest.trackEvents()).toHaveLength(1)
  })

  test('an HTTP API’s event is as good as a REST API’s', async () => {
    const ingest = anIngest()
    const headers = { Authorization: basic('key') }
    const answers = [
      await ingest.invoke(httpEvent({ headers, body: { batch: [aTrack()] } })),
      await ingest.invoke(httpEvent({ headers, body: { batch: [aTrack()] }, encoding: 'text' })),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(ingest.trackEvents()).toHaveLength(2)
  })

  test('any mix of events is exactly 200, with what was rejected', async () => {
    const ingest = anIngest()
    const batch = [
      aTrack(),
      7,
      aTrack({ event: '', messageId: 5 }),
      { type: 'identify' },
      aTrack({ event: 'Product Viewed', properties: {} }),
      aTrack({ properties: null }),
      aTrack({ event: '__proto__' }),
      aTrack({ event: 'constructor' }),
    ]
    const { status, headers, body } = await ingest.send({ body: { batch } })
    expect([status, headers['Content-Type']]).toEqual([200, 'application/json'])
    expect(body).toEqual({
      success: true,
      accepted: 1,
      rejected: [
        { index: 1, messageId: null, code: 'not_an_object' },
        { index: 2, messageId: '5', code: 'event_name_missing' },
        { index: 5, messageId: 'm-1', code: 'lists_missing' },
      ],
    })
    expect(ingest.trackEvents()).toHaveLength(1)
    expect(ingest.measures).toEqual([
      ['EventsAccepted', 1, { source: 'server' }],
      ['EventsIgnored', 4, { source: 'server' }],
      ['EventsRejected', 1, { source: 'server', reason: 'not_an_object' }],
      ['EventsRejected', 1, { source: 'server', reason: 'event_name_missing' }],
      ['EventsRejected', 1, { source: 'server', reason: 'lists_missing' }],
    ])
  })

  test.each([{ batch: [] }, {}, [], { batch: [{ type: 'page' }] }, { batch: [aTrack({ event: 'Unmapped' })] }])(
    '%j is accepted, and nothing is queued',
    async (body) => {
      const ingest = anIngest()
      expect(await ingest.send({ body })).toMatchObject({ status: 200, body: { success: true, accepted: 0 } })
      expect([ingest.track, ingest.session]).toEqual([[], []])
    },
  )

  test('a request of very many bad events names the first hundred, and the metrics count them all', async () => {
    const ingest = anIngest()
    const { status, body } = await ingest.send({ body: Array.from({ length: 50_000 }, () => 0) })
    expect(status).toBe(200)
    expect(body.rejected).toHaveLength(100)
    expect(ingest.logs).toHaveLength(100)
    const rejected = ingest.measures.filter(([name]) => name === 'EventsRejected')
    expect(rejected).toEqual([['EventsRejected', 50_000, { source: 'server', reason: 'not_an_object' }]])
  })

  test('events without messageId get one, and one line says how many came', async () => {
    const ingest = anIngest()
    await ingest.send({ body: [aTrack({ messageId: null }), aTrack(), aTrack({ messageId: undefined })] })
    expect(ingest.trackEvents().map(({ messageId }) => messageId)).toEqual(['new-1', 'm-1', 'new-2'])
    expect(ingest.logs).toEqual([['warn', 'message_id_missing', { source: 'server', count: 2 }]])
  })

  test('a session that cannot be sent is reported, and its users go without it', async () => {
    const ingest = anIngest()
    await ingest.send({
      body: aTrack({ properties: { userListAdd: [{ EMAIL: 'a' }], sessionIdAdd: 5 } }),
      path: '/v1/track',
    })
    expect(ingest.session).toEqual([])
    expect(ingest.trackEvents()).toMatchObject([{ add: [{ EMAIL: 'a' }] }])
    expect(ingest.logs).toEqual([['warn', 'session_not_sent', { messageId: 'm-1', reason: 'session_incomplete' }]])
  })

  test('a source feeds its own destinations only', async () => {
    const settings = settingsOf({
      sources: [{ name: 'server' }, { name: 'other' }],
      destinations: [
        aDestination({ sources: ['server'] }),
        aDestination({ name: 'second', sources: ['other'], events: { OTHER: OTHER_AUDIENCE } }),
      ],
    })
    const ingest = anIngest({ settings, secret: '{"server":"key","other":"other-key"}' })
    const body = [aTrack(), aTrack({ event: 'OTHER' })]
    await ingest.send({ body, headers: { 'X-Write-Key': 'other-key' } })
    expect(ingest.trackEvents().map(({ name }) => name)).toEqual(['OTHER'])
  })

  test('1,100 users in each list of twenty events are queued, every one of them', async () => {
    const ingest = anIngest()
    const users = (list: string) =>
      Array.from({ length: 1100 }, (_, index) => ({ EMAIL: `${list}${String(index)}@abc.com` }))
    const properties = { userListAdd: users('a'), userListDelete: users('r') }
    const batch = Array.from({ length: 20 }, (_, index) => aTrack({ messageId: `m-${String(index)}`, properties }))
    expect((await ingest.send({ body: { batch } })).body).toEqual({ success: true, accepted: 20 })
    const counted = ingest.trackEvents().reduce((sum, { add = [], remove = [] }) => sum + add.length + remove.length, 0)
    expect(counted).toBe(20 * 2200)
  })

  test('an event that is nested deeper than the stack does not fail its request', async () => {
    const ingest = anIngest()
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    const event = JSON.stringify(aTrack({ properties: { userListAdd: ['DEEP'], sessionIdAdd: 'DEEP' } }))
    const body = `[${event.replace('["DEEP"]', `[{"EMAIL":${deep},"FN":"f"}]`).replace('"DEEP"', deep)}]`
    expect((await ingest.send({ body })).status).toBe(200)
    expect(ingest.trackEvents()).toMatchObject([{ add: [{ EMAIL: {}, FN: 'f' }] }])
  })
})

describe('a request that is not accepted', () => {
  test.each([
    ['no JSON', { body: 'hello' }, 400, 'invalid_json'],
    ['a JSON number', { body: '7' }, 400, 'invalid_json'],
    ['no body', {}, 400, 'invalid_json'],
    ['broken gzip', { body: Buffer.from([0x1f, 0x8b, 0]) }, 400, 'invalid_json'],
    ['no key', { headers: {}, body: [aTrack()] }, 401, 'unauthorized'],
    ['a wrong key', { headers: { 'X-Write-Key': 'x' }, body: [aTrack()] }, 401, 'unauthorized'],
    ['an unknown path', { path: '/v2/track', body: [aTrack()] }, 404, 'not_found'],
    ['GET', { method: 'GET' }, 404, 'not_found'],
    ['too large a body', { body: gzipSync(' '.repeat(MAX_DECODED_BYTES + 1)) }, 413, 'payload_too_large'],
  ])('%s is answered with a code and a message, as JSON', async (_, request, status, code) => {
    const ingest = anIngest()
    const answer = await ingest.send(request)
    expect([answer.status, answer.headers['Content-Type']]).toEqual([status, 'application/json'])
    expect(answer.body).toEqual({ success: false, code, message: expect.stringMatching(/\w/) as string })
    expect([ingest.track, ingest.session]).toEqual([[], []])
  })

  test.each(['trackStored', 'sessionStored'] as const)(
    'SDKs are told to repeat it when a queue does not take it (%s)',
    async (queue) => {
      const ingest = anIngest()
      ingest.world[queue] = { ok: false, reason: 'ServiceUnavailable' }
      const answer = await ingest.send({ body: [aTrack(), SEED_EXAMPLE] })
      expect([answer.status, answer.headers['Retry-After'], answer.body.code]).toEqual([503, '5', 'unavailable'])
      expect(answer.body.message).toMatch(/repeat/)
      expect(ingest.logs).toEqual([['error', 'request_failed', { source: 'server', reason: 'ServiceUnavailable' }]])
      expect(ingest.measures).toEqual([])
    },
  )

  test('SDKs are told to repeat it when a queue has not answered just before Lambda would end the function', async () => {
    const ingest = anIngest()
    ingest.world.trackStored = new Promise<never>(() => undefined)
    const event = restEvent({ headers: { Authorization: basic('key') }, body: [aTrack()] })
    const answer = await ingest.invoke(event, { getRemainingTimeInMillis: () => 201 })
    expect([answer.status, answer.headers['Retry-After'], answer.body.code]).toEqual([503, '5', 'unavailable'])
    expect(ingest.logs).toEqual([['error', 'unexpected_error', { reason: 'TimeoutError' }]])
  })

  test('a body that a gateway has corrupted raises the alarm', async () => {
    const ingest = anIngest()
    const body = gzipSync(JSON.stringify([aTrack()])).toString('utf8')
    const headers = { Authorization: basic('key'), 'Content-Encoding': 'gzip' }
    expect((await ingest.send({ headers, body, encoding: 'text' })).status).toBe(400)
    expect(ingest.logs).toContainEqual(['error', 'gateway_corrupted_gzip'])
  })

  test('no answer redirects', async () => {
    const ingest = anIngest()
    const paths = ['/', '', '/v1', '/v1/track/', '/prod', '/v1/batch//', '/index.html']
    for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS'])
      for (const path of paths) expect([200, 204, 400, 404]).toContain((await ingest.send({ method, path })).status)
  })
})

describe('what needs no key', () => {
  test('a preflight is 204 without a body, whatever its path', async () => {
    const ingest = anIngest()
    const answer = await ingest.invoke(restEvent({ method: 'OPTIONS', path: '/nothing' }))
    expect([answer.status, answer.text, ingest.world.secretReads]).toEqual([204, '', 0])
  })

  test.each([
    ['GET', '/health'],
    ['POST', '/v1/m'],
    ['POST', '/rsaMetrics'],
  ])('%s %s is 200', async (method, path) => {
    expect(await anIngest().invoke(restEvent({ method, path }))).toMatchObject({ status: 200, body: { success: true } })
  })

  test('Segment’s browser SDKs are told to send with the key that they asked with', async () => {
    const { body } = await anIngest().invoke(restEvent({ method: 'GET', path: '/v1/projects/KEY/settings' }))
    expect(body).toMatchObject({ integrations: { 'Segment.io': { apiKey: 'KEY' } }, source: { writeKey: 'KEY' } })
  })

  test.each(['/v1/projects/any/settings', '/sourceConfig/'])(
    'browser SDKs get their settings from %s',
    async (path) => {
      const { body } = await anIngest().invoke(restEvent({ method: 'GET', path }))
      expect(body).toMatchObject({ integrations: { 'Segment.io': {} }, source: { enabled: true, destinations: [] } })
    },
  )
})

test('the destination’s events are the exact names, case and all', async () => {
  const ingest = anIngest({
    settings: settingsOf({ destinations: [aDestination({ events: { 'User Add ': AUDIENCE } })] }),
  })
  await ingest.send({ body: ['User Add ', 'User Add', 'user add '].map((event) => aTrack({ event })) })
  expect(ingest.trackEvents().map(({ name }) => name)).toEqual(['User Add '])
})
