import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MAX_BODY_BYTES, MAX_BODY_BYTES_WITHOUT_KEY } from '../../lib/track/request.ts'
import { httpEvent, restEvent } from '../support/http-event.ts'
import { NOON, aTrack, anIngest, basic } from '../support/ingest.ts'
import { SEED_EXAMPLE } from '../support/seed-example.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

describe('an accepted request', () => {
  test('the seed’s example becomes one session message for each direction', async () => {
    const ingest = anIngest()
    const { status, body } = await ingest.send({ body: { batch: [SEED_EXAMPLE] } })
    const warnings = [{ index: 0, code: 'time_unknown', count: 1 }]
    expect([status, body]).toMatchObject([200, { success: true, accepted: 1, warnings }])
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
        real: ['main'],
        source: 'server',
        receivedAt: NOON,
        events: [
          { messageId: 'm-1', name: 'USER_ADD', at: NOON - 60_000, add: [{ EMAIL: 'name1@abc.com', FN: 'name1' }] },
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
    expect(body).toMatchObject({
      success: true,
      accepted: 1,
      ignored: [
        { index: 3, code: 'call_type', type: 'identify' },
        { index: 4, code: 'event_unmapped', event: 'Product Viewed', mapped: ['USER_ADD'] },
        { index: 6, code: 'event_unmapped', event: '__proto__' },
        { index: 7, code: 'event_unmapped', event: 'constructor' },
      ],
      rejected: [
        { index: 1, messageId: null, code: 'not_an_object' },
        { index: 2, messageId: '5', code: 'event_name_missing' },
        { index: 5, messageId: 'm-1', code: 'lists_missing' },
      ],
    })
    expect(ingest.trackEvents()).toHaveLength(1)
    expect(ingest.measures).toEqual([
      ['EventsAccepted', 1, { source: 'server' }],
      ['EventsIgnored', 1, { source: 'server', reason: 'call_type' }],
      ['EventsIgnored', 3, { source: 'server', reason: 'event_unmapped' }],
      ['EventsRejected', 1, { source: 'server', reason: 'not_an_object' }],
      ['EventsRejected', 1, { source: 'server', reason: 'event_name_missing' }],
      ['EventsRejected', 1, { source: 'server', reason: 'lists_missing' }],
    ])
  })

  test('each list of an answer has twenty entries at most, and counts by code tell the rest', async () => {
    const ingest = anIngest()
    const many = (count: number, event: unknown) => Array.from({ length: count }, () => event)
    const { body } = await ingest.send({
      body: [...many(25, 0), ...many(30, aTrack({ event: 'user_add' })), ...many(5, {})],
    })
    expect([body.accepted, (body.ignored as unknown[]).length, (body.rejected as unknown[]).length]).toEqual([
      0, 20, 20,
    ])
    expect(body.counts).toEqual({ not_an_object: 25, event_unmapped: 30, event_name_missing: 5 })
  })

  test('what is ignored in a large request with good events is in the log and the metrics, not in the answer', async () => {
    const ingest = anIngest()
    const pages = (count: number) => Array.from({ length: count }, () => ({ type: 'page' }))
    expect((await ingest.send({ body: [aTrack(), ...pages(10)] })).body).toEqual({ success: true, accepted: 1 })
    expect(ingest.logs).toEqual([['info', 'events_ignored', { source: 'server', counts: { call_type: 10 } }]])
    expect(ingest.measures).toContainEqual(['EventsIgnored', 10, { source: 'server', reason: 'call_type' }])
    expect((await ingest.send({ body: [aTrack(), ...pages(9)] })).body.ignored).toHaveLength(9)
    expect((await ingest.send({ body: pages(11) })).body.ignored).toHaveLength(11)
  })

  test('the mapped names that look most alike are told first, twenty at most', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `Event number ${index}`)
    const events = Object.fromEntries([...names, 'User Added'].map((name) => [name, AUDIENCE]))
    const ingest = anIngest({ settings: settingsOf({ destinations: [aDestination({ events })] }) })
    const { body } = await ingest.send({ body: [aTrack({ event: 'user_added' })] })
    const [{ mapped }] = body.ignored as [{ mapped: string[] }]
    expect([mapped[0], mapped.length]).toEqual(['User Added', 20])
  })

  test('anybody has the key of a source for browsers, so its answers hold codes alone', async () => {
    const settings = settingsOf({
      sources: [{ name: 'web', allowedOrigins: ['*'] }],
      destinations: [aDestination({ sources: ['web'] })],
    })
    const ingest = anIngest({ settings, secret: '{"web":"key"}' })
    const body = [
      aTrack({ event: 'user_add' }),
      aTrack({ properties: { userlist: [] } }),
      aTrack({ properties: { userListAdd: [{ emial: 'a' }] } }),
    ]
    expect((await ingest.send({ body })).body).toEqual({
      success: true,
      accepted: 1,
      ignored: [{ index: 0, code: 'event_unmapped' }],
      rejected: [{ index: 1, messageId: 'm-1', code: 'lists_missing' }],
      warnings: [
        { index: 2, code: 'field_unknown', count: 1 },
        { index: 2, code: 'cannot_match', count: 1 },
      ],
    })
  })

  test.each([{ batch: [] }, [], {}, { batch: [{ type: 'page' }] }, { batch: [aTrack({ event: 'Unmapped' })] }])(
    '%j is accepted, and nothing is queued',
    async (body) => {
      const ingest = anIngest()
      expect(await ingest.send({ body })).toMatchObject({ status: 200, body: { success: true, accepted: 0 } })
      expect([ingest.track, ingest.session]).toEqual([[], []])
    },
  )

  test('a request of very many bad events names the first twenty, and the metrics count them all', async () => {
    const ingest = anIngest()
    const { status, body } = await ingest.send({ body: Array.from({ length: 50_000 }, () => 0) })
    expect(status).toBe(200)
    expect(body.rejected).toHaveLength(20)
    expect(ingest.logs).toHaveLength(21)
    expect(ingest.logs.at(-1)).toEqual([
      'warn',
      'event_rejected',
      { source: 'server', counts: { not_an_object: 50_000 } },
    ])
    const rejected = ingest.measures.filter(([name]) => name === 'EventsRejected')
    expect(rejected).toEqual([['EventsRejected', 50_000, { source: 'server', reason: 'not_an_object' }]])
  })

  test('events without messageId get one, and one line says how many came', async () => {
    const ingest = anIngest()
    await ingest.send({ body: [aTrack({ messageId: null }), aTrack(), aTrack({ messageId: undefined })] })
    expect(ingest.trackEvents().map(({ messageId }) => messageId)).toEqual(['new-1', 'm-1', 'new-2'])
    expect(ingest.logs).toEqual([
      ['warn', 'events_warned', { source: 'server', reason: 'message_id_missing', count: 2 }],
    ])
  })

  test('a session that cannot be sent is reported, and its users go without it', async () => {
    const ingest = anIngest()
    await ingest.send({
      body: aTrack({ properties: { userListAdd: [{ EMAIL: 'a' }], sessionIdAdd: 5 } }),
      path: '/v1/track',
    })
    expect(ingest.session).toEqual([])
    expect(ingest.trackEvents()).toMatchObject([{ add: [{ EMAIL: 'a' }] }])
    expect(ingest.logs).toEqual([
      ['warn', 'events_warned', { source: 'server', reason: 'session_incomplete', count: 1 }],
    ])
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
    const users = (list: string) => Array.from({ length: 1100 }, (_, index) => ({ EMAIL: `${list}${index}@abc.com` }))
    const properties = { userListAdd: users('a'), userListDelete: users('r') }
    const batch = Array.from({ length: 20 }, (_, index) => aTrack({ messageId: `m-${index}`, properties }))
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
    ['too large a body', { body: gzipSync(' '.repeat(MAX_BODY_BYTES + 1)) }, 413, 'payload_too_large'],
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

  test.each([
    ['too long', MAX_BODY_BYTES_WITHOUT_KEY + 1, /Authorization header.*-u KEY:/],
    ['too long for any', MAX_BODY_BYTES + 1, /Authorization header.*-u KEY:/],
  ])('a body that is %s is told where the key must stand, if it is not outside of it', async (_, bytes, message) => {
    const text = JSON.stringify({ batch: [aTrack()], writeKey: 'key' })
    for (const body of [text.padEnd(bytes), gzipSync(text.padEnd(bytes))]) {
      const ingest = anIngest()
      const answer = await ingest.send({ headers: {}, body })
      expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
      expect(answer.body.message).toMatch(message)
      expect(ingest.measures).toEqual([['RequestsRefused', 1, { reason: 'payload_too_large_without_key' }]])
    }
    const largest = text.padEnd(MAX_BODY_BYTES_WITHOUT_KEY)
    expect((await anIngest().send({ headers: {}, body: largest })).body).toMatchObject({ accepted: 1 })
  })

  test('each refused request is counted by its reason', async () => {
    const ingest = anIngest()
    await ingest.send({ headers: {}, body: [aTrack()] })
    await ingest.send({ headers: { 'X-Write-Key': 'wrong' }, body: [aTrack()] })
    await ingest.send({ body: 'hello' })
    expect(ingest.measures).toEqual(
      ['key_missing', 'key_unknown', 'invalid_json'].map((reason) => ['RequestsRefused', 1, { reason }]),
    )
  })

  test('a wrong or missing key is answered with how to send one, and in the words that Android’s SDK looks for', async () => {
    for (const headers of [{}, { 'X-Write-Key': 'wrong' }]) {
      const { body } = await anIngest().send({ headers, body: [aTrack()] })
      expect(body.message).toMatch(/invalid write key.*curl -u KEY:/)
    }
  })

  test('the limit of an answer is that of the documents', async () => {
    const { body } = await anIngest().send({ body: ' '.repeat(MAX_BODY_BYTES + 1) })
    expect(body.message).toContain('4.5 MB')
    for (const page of ['cdk/guides/lists-of-users.md', 'lib/README.md', 'cdk/README.md']) {
      const sizes = [...readFileSync(page, 'utf8').matchAll(/(\d\.\d) MB of (?:JSON|decoded)/g)].map(([, size]) => size)
      expect([page, ...new Set(sizes)]).toEqual([page, '4.5'])
    }
  })

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
