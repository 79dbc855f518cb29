import { describe, expect, it } from 'vitest'
import { createReport } from '../../functions/consumer/report.ts'
import { noJournal } from '../support/no-journal.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import { decodeMessage, packMessages } from '../../lib/track/message.ts'
import { createEventReader } from '../../lib/track/selection.ts'
import { FAULTS, FAULT_NAMES } from '../../lib/emulator/meta/faults.ts'
import {
  AUDIENCE,
  HTML_400,
  NOON,
  OTHER_AUDIENCE,
  TOKEN,
  aBatch,
  aChange,
  aDestination,
  graphFailure,
  refused,
  rowsIn,
  settingsOf,
  sha256,
  taken,
} from '../graph-api/builders.ts'
import { aConsumer, aRecord, hashOf, messagesOf, user } from './consumer-support.ts'
import { isLong } from '../support/long.ts'

const names = (count: number, prefix = 'user') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
const emails = (members: Record<string, string>[]) => members.map(({ EMAIL }) => EMAIL).sort()
const hashes = (...users: string[]) => users.map(hashOf).sort()
const HOUR = 3_600_000
const AUDIENCES = Array.from({ length: 6 }, (_, index) => `2384644060280060${index}`)

describe('the users of one invocation', () => {
  it('cost one request for each audience and direction, whatever messages they came in', async () => {
    const settings = settingsOf({ name: 'main', events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } })
    const consumer = await aConsumer({ settings })
    const messages = names(200).flatMap(
      (name) => messagesOf([{ add: [user(name)], remove: [user(`not-${name}`)] }]).track,
    )
    expect(await consumer.handle(messages)).toEqual([])
    const requests = await consumer.requests()
    expect(requests.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      `DELETE /v26.0/${AUDIENCE}/users`,
      `DELETE /v26.0/${OTHER_AUDIENCE}/users`,
      `POST /v26.0/${AUDIENCE}/users`,
      `POST /v26.0/${OTHER_AUDIENCE}/users`,
    ])
    expect(await consumer.members()).toHaveLength(200)
  })

  it('share the requests of an audience, whatever other audiences their calls are about', async () => {
    const memberships = Object.fromEntries(AUDIENCES.map((audience, index) => [`key_${index}`, audience]))
    const settings = settingsOf({ name: 'main', memberships })
    const consumer = await aConsumer({ settings, emulator: { audiences: AUDIENCES } })
    const [source] = settings.sources
    const reader = createEventReader(settings, source ?? { name: 'server', signed: false, mayErase: false })
    // Person n is in audience k where bit k of n is set, so no two people have the same audiences.
    const calls = Array.from({ length: 2 ** AUDIENCES.length }, (_, person) => ({
      type: 'identify',
      traits: {
        email: user(`user-${person}`).EMAIL,
        ...Object.fromEntries(AUDIENCES.map((_, bit) => [`key_${bit}`, Boolean(person & (1 << bit))])),
      },
    }))
    const about = { routeType: undefined, receivedAt: NOON, newId: () => 'm' }
    const { track, removal } = packMessages('server', NOON, reader.read({ batch: calls }, about).lists)
    await consumer.handle([...removal, ...track])
    expect(await consumer.requests()).toHaveLength(2 * AUDIENCES.length)
    for (const [bit, audience] of AUDIENCES.entries())
      expect(emails(await consumer.members(audience))).toEqual(
        hashes(...calls.flatMap((_, person) => (person & (1 << bit) ? [`user-${person}`] : []))),
      )
  })

  it('are sent once, however often they come', async () => {
    const consumer = await aConsumer()
    await consumer.handle(names(5).flatMap(() => messagesOf([{ add: [user('jane'), user('jane')] }]).track))
    expect((await consumer.requests()).map(({ body }) => body.payload.data)).toEqual([[[hashOf('jane')]]])
  })

  it('are split at the number of users that the destination takes', async () => {
    const consumer = await aConsumer({ settings: settingsOf({ name: 'main', maxUserCount: 100 }) })
    await consumer.handle(messagesOf([{ add: names(250).map(user) }]).track)
    expect((await consumer.requests()).map(({ body }) => body.payload.data.length)).toEqual([100, 100, 50])
  })

  it('without an EXTERN_ID go in a request of their own that has no such column', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EXTERN_ID', 'EMAIL'] })
    const consumer = await aConsumer({ settings })
    await consumer.handle(messagesOf([{ add: [user('jane'), { ...user('john'), EXTERN_ID: '7' }] }]).track)
    expect((await consumer.requests()).map(({ body }) => body.payload)).toEqual([
      { schema: ['EXTERN_ID', 'EMAIL'], data: [['7', hashOf('john')]] },
      { schema: ['EMAIL'], data: [[hashOf('jane')]] },
    ])
    expect(await consumer.members()).toHaveLength(2)
  })

  it('end as the last event about them says, in whatever order the messages come', async () => {
    const consumer = await aConsumer()
    const { track } = messagesOf([
      { remove: [user('stays')], at: NOON - 3000 },
      { add: [user('goes')], at: NOON - 3000 },
      { add: [user('tie')], remove: [user('tie')], at: NOON - 2000 },
    ])
    const later = messagesOf([
      { add: [user('stays')], at: NOON - 1000 },
      { remove: [user('goes')], at: NOON - 1000 },
    ]).track
    await consumer.handle([...later, ...track])
    expect(emails(await consumer.members())).toEqual(hashes('stays'))
  })

  it('that cannot be sent are reported, and their neighbours go on', async () => {
    const consumer = await aConsumer()
    const add = [user('jane'), { EMAIL: '' }, 'no user' as never, { PHONE: '1' }]
    const [message] = messagesOf([{ add, messageId: 'the-message' }]).track
    await consumer.handle([{ body: message?.body.replace('"no user"', 'null') ?? '', bytes: 0 }])
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
    const dropped = consumer.lines.filter((line) => line.includes('users_dropped'))
    expect(dropped.map((line) => (JSON.parse(line) as [string, { index: number }])[1].index)).toEqual([1, 2, 3])
    expect(dropped.every((line) => line.includes('"list":"userListAdd"') && line.includes('the-message'))).toBe(true)
  })
})

describe('several destinations', () => {
  const settings = settingsOf(
    { name: 'first', events: { USER_ADD: AUDIENCE } },
    { name: 'second', events: { USER_ADD: OTHER_AUDIENCE } },
  )

  it('fail apart: what succeeded is not sent again, what failed comes back alone', async () => {
    const consumer = await aConsumer({ settings })
    await consumer.fault({ fault: 'service-unavailable', audience: AUDIENCE, times: 3 })
    expect(await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)).toEqual([])
    expect([await consumer.members(AUDIENCE), await consumer.members(OTHER_AUDIENCE)]).toMatchObject([[], [{}]])
    await consumer.retryFor(1)
    expect(emails(await consumer.members(AUDIENCE))).toEqual(hashes('jane'))
    const toSecond = (await consumer.requests()).filter(({ url }) => url.includes(OTHER_AUDIENCE))
    expect(toSecond).toHaveLength(1)
  })

  it.each([200, 10, 2663])('may refuse one audience with code %i, and another one goes on meanwhile', async (code) => {
    const consumer = await aConsumer({
      settings: settingsOf({ name: 'main', events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } }),
      delivery: {
        send: ({ path, body }) => {
          calls.push(path.split('/')[2] ?? '')
          return Promise.resolve(
            path.includes(OTHER_AUDIENCE) ? taken(rowsIn(body).length) : refused(graphFailure(code)),
          )
        },
      },
    })
    const calls: string[] = []
    for (let minute = 0; minute < 60; minute += 1) {
      await consumer.handle(messagesOf([{ add: [user(`minute-${minute}`)] }], consumer.time.now).track)
      await consumer.retryFor(1 / 60)
    }
    expect(calls.filter((audience) => audience === OTHER_AUDIENCE)).toHaveLength(60)
    expect(calls.filter((audience) => audience === AUDIENCE).length, 'a probe in five minutes').toBeLessThanOrEqual(13)
  })

  it('whose secrets are not set yet are not called, and the users wait for them', async () => {
    const consumer = await aConsumer({ settings })
    consumer.secrets.set('first', 'not-set')
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    expect((await consumer.requests()).map(({ url }) => url)).toEqual([`/v26.0/${OTHER_AUDIENCE}/users`])
    consumer.secrets.set('first', TOKEN)
    await consumer.retryFor(1)
    expect(emails(await consumer.members(AUDIENCE))).toEqual(hashes('jane'))
  })

  it('may fail in a way that the code does not expect, and the others go on', async () => {
    const [first, second] = settings.destinations
    const broken = { ...first }
    Object.defineProperty(broken, 'maxUserCount', {
      get: () => {
        throw new RangeError('A defect')
      },
    })
    const other = await aConsumer({ settings: { ...settings, destinations: [broken, second] as never } })
    expect(await other.handle(messagesOf([{ add: [user('jane')] }]).track)).toEqual([])
    expect(emails(await other.members(OTHER_AUDIENCE))).toEqual(hashes('jane'))
    expect(other.retry.messages).toHaveLength(1)
    expect(other.lines.join()).toContain('"code":"unexpected_error"')
  })
})

describe('users who must wait', () => {
  it('wait hashed in the retry queue, each first failure for a minute or a quarter more', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'service-unavailable', times: 3 })
    expect(await consumer.handle(messagesOf([{ add: names(50).map(user) }]).track)).toEqual([])
    const [{ entry } = { entry: undefined }] = consumer.retry.messages
    expect(consumer.retry.messages).toHaveLength(1)
    expect(entry?.delaySeconds).toBeGreaterThanOrEqual(60)
    expect(entry?.delaySeconds).toBeLessThanOrEqual(75)
    expect(entry?.body).not.toContain('example.com')
    expect(decodeRows(entry?.body ?? '')?.add).toHaveLength(50)
    await consumer.retryFor(1)
    expect(await consumer.members()).toHaveLength(50)
    expect(consumer.retry.messages).toEqual([])
  })

  it('longer than SQS delays a message are hidden for the rest of the time when they come', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'rate-limit-80003', regainMinutes: 90 })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    const [message] = consumer.retry.messages
    const total = 900 + (decodeRows(message?.entry.body ?? '')?.thenWait ?? 0)
    expect(message?.entry.delaySeconds).toBe(900)
    expect(total).toBeGreaterThanOrEqual(90 * 60)
    expect(total).toBeLessThanOrEqual(90 * 60 * 1.25 + 1)

    consumer.time.now += 900_000
    expect(await consumer.consume(consumer.retry)).toEqual([message?.id])
    expect(message?.visibleAt).toBe(NOON + total * 1000)
    expect(await consumer.requests()).toHaveLength(1)
    consumer.time.now = NOON + total * 1000
    expect(await consumer.consume(consumer.retry)).toEqual([])
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
  })

  it('of a removal keep nobody waiting who came back since, and take nobody out for good', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL', 'PHONE'], defaultCountry: 'DE' })
    const consumer = await aConsumer({ settings })
    await consumer.fault({ fault: 'service-unavailable', method: 'DELETE', times: 3 })
    const jane = { ...user('jane'), PHONE: '030 1234567' }
    await consumer.handle(
      messagesOf([
        { remove: [jane], at: NOON - 2000 },
        { add: [user('jane')], at: NOON - 1000 },
      ]).track,
    )
    expect(consumer.retry.messages).toHaveLength(1)
    const requests = (await consumer.requests()).map(({ method }) => method)
    expect(requests).toEqual(['DELETE', 'DELETE', 'DELETE', 'POST'])
    expect(await consumer.members()).toEqual([{ EMAIL: hashOf('jane') }])
    await consumer.retryFor(1)
    expect(await consumer.members()).toEqual([{ EMAIL: hashOf('jane') }])
    expect(consumer.retry.messages).toEqual([])
  })

  it('are given up a day after the first failure, when they have failed once more', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'token-expired', probability: 1 })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    await consumer.retryFor(23)
    expect(consumer.deadLetters.messages).toEqual([])
    await consumer.retryFor(5)
    expect(consumer.retry.messages).toEqual([])
    const [{ entry } = { entry: undefined }] = consumer.deadLetters.messages
    expect(entry?.attributes).toMatchObject({
      reason: 'graph_190_463',
      code: '190',
      subCode: '463',
      fbtraceId: expect.stringMatching(/^A/) as string,
      destination: 'main',
      audience: AUDIENCE,
      direction: 'add',
      firstAttempt: new Date(NOON).toISOString(),
    })
    const lastAttempt = Date.parse(entry?.attributes?.lastAttempt ?? '')
    expect(lastAttempt).toBeGreaterThan(NOON + 24 * HOUR)
    expect(lastAttempt).toBeLessThan(NOON + 28 * HOUR)

    await consumer.clearFaults()
    consumer.time.now += 10 * 60_000
    await consumer.retry.send([{ body: entry?.body ?? '', bytes: 0 }])
    await consumer.consume(consumer.retry)
    expect(emails(await consumer.members()), 'a redriven dead letter is delivered').toEqual(hashes('jane'))
  })

  it('are not given up because of a pause that others have met', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'token-expired', times: 1 })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    const [message] = consumer.retry.messages
    const rows = decodeRows(message?.entry.body ?? '')
    consumer.retry.messages = []
    const old = { ...rows, add: rows?.add.map((change) => ({ ...change, firstFailedAt: NOON - 25 * HOUR })) }
    await consumer.retry.send([...packRows(old as never)])
    await consumer.consume(consumer.retry)
    expect(consumer.deadLetters.messages).toEqual([])
    expect(consumer.retry.messages).toHaveLength(1)
    await consumer.retryFor(4)
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
  })

  it.each([
    ['a rate limit', graphFailure(80003)],
    ['no answer', { kind: 'timeout' } as const],
    ['an unavailable Meta', graphFailure(2)],
    ['a page with 400', HTML_400],
  ])(
    'for a token are not given up by %s that is met first when it is mended after 25 hours, nor those who came last',
    async (_, failure) => {
      let broken = true
      let passing = 3
      const consumer = await aConsumer({
        delivery: {
          send: ({ body }) => {
            if (broken) return Promise.resolve(refused(graphFailure(190)))
            passing -= 1
            return Promise.resolve(passing >= 0 ? refused(failure) : taken(rowsIn(body).length))
          },
        },
      })
      // Users who failed with the token, users who were held for it all the time, and users who came last.
      for (const hours of [0, 0, 12, 13]) {
        await consumer.retryFor(hours)
        const users = names(10, `at-${consumer.time.now}-${hours}`).map(user)
        await consumer.handle(messagesOf([{ add: users }], consumer.time.now).track)
      }
      broken = false
      const mendedAt = consumer.time.now
      await consumer.retryFor(10)
      for (const { entry } of consumer.deadLetters.messages) {
        const { reason, firstAttempt = '', lastAttempt = '' } = entry.attributes ?? {}
        expect([reason, Date.parse(lastAttempt) < mendedAt], 'it failed with the token').toEqual(['graph_190', true])
        expect(Date.parse(lastAttempt) - Date.parse(firstAttempt)).toBeGreaterThan(24 * HOUR)
      }
      expect(consumer.retry.messages).toEqual([])
    },
  )

  it('for a token that is broken for a day cost no dead letter and few calls, and all arrive in the end', async () => {
    const consumer = await aConsumer()
    consumer.graph.setAccessTokens(['another-token'])
    const parts = isLong ? 4 : 1
    let total = 0
    for (let hour = 0; hour < 24; hour += 1)
      for (let part = 0; part < parts; part += 1) {
        const users = names(20, `hour-${hour}-${part}`).map(user)
        total += users.length
        await consumer.handle(messagesOf([{ add: users }], consumer.time.now).track)
        await consumer.retryFor(1 / parts)
      }

    const callsWhileBroken = (await consumer.requests()).length
    consumer.secrets.set('main', 'another-token')
    await consumer.retryFor(6)
    expect(await consumer.members()).toHaveLength(total)
    expect(consumer.deadLetters.messages).toEqual([])
    expect(consumer.retry.messages).toEqual([])
    // Twelve probes an hour would be allowed.
    expect(callsWhileBroken).toBeLessThanOrEqual(24 * 12)
    expect((await consumer.requests()).length - callsWhileBroken).toBeLessThanOrEqual(120)
  })

  it('after a rotation of the token do not: the secret is read again at once', async () => {
    const consumer = await aConsumer()
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    consumer.time.now += 60_000
    consumer.graph.setAccessTokens(['the-next-token'])
    consumer.secrets.set('main', 'the-next-token')
    await consumer.handle(messagesOf([{ add: [user('john')] }]).track)
    expect(emails(await consumer.members())).toEqual(hashes('jane', 'john'))
    expect(consumer.retry.messages).toEqual([])
  })
})

describe('dead letters', () => {
  it('take a rejected batch at once, with its reason, and lead back to the audience', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'data-source-conflict' })
    await consumer.handle(messagesOf([{ add: names(3).map(user) }]).track)
    const [{ entry } = { entry: undefined }] = consumer.deadLetters.messages
    expect(entry?.attributes).toMatchObject({ reason: 'graph_2650', code: '2650', direction: 'add' })
    expect(decodeRows(entry?.body ?? '')).toMatchObject({ destination: 'main', audienceIds: [AUDIENCE] })
    await consumer.retry.send([entry as never])
    await consumer.consume(consumer.retry)
    expect(await consumer.members()).toHaveLength(3)
  })

  it.each([['{'], ['[]'], ['{"version":2,"events":[]}'], ['{"version":1,"kind":"rows"}'], ['']])(
    'take the message %j, which is none of ours, at once and alone',
    async (body) => {
      const consumer = await aConsumer()
      const [good] = messagesOf([{ add: [user('jane')] }]).track
      const records = [aRecord('track', { id: 'bad', body }), aRecord('track', { id: 'good', body: good?.body ?? '' })]
      expect(await consumer.invoke(records)).toEqual([])
      expect(consumer.deadLetters.messages).toMatchObject([{ entry: { body, attributes: { reason: 'undecodable' } } }])
      expect(consumer.lines.join()).toContain('message_unusable')
      expect(emails(await consumer.members())).toEqual(hashes('jane'))
    },
  )

  it('take rows of a destination that is gone', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'service-unavailable', times: 3 })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    const body = consumer.retry.messages[0]?.entry.body.replace('"destination":"main"', '"destination":"gone"') ?? ''
    expect(await consumer.invoke([aRecord('retry', { id: 'gone', body })])).toEqual([])
    expect(consumer.deadLetters.messages).toMatchObject([
      { entry: { body, attributes: { reason: 'destination_unknown' } } },
    ])
  })
})

describe('a queue that cannot be reached', () => {
  it.each([
    ['retry', 'service-unavailable', { times: 3 }],
    ['deadLetters', 'invalid-parameter', {}],
  ] as const)('(%s) brings the messages back, so that nothing is lost', async (queue, fault, more) => {
    const consumer = await aConsumer()
    consumer[queue].isBroken = true
    await consumer.fault({ fault, ...more })
    const { track } = messagesOf([{ add: [user('jane')] }])
    expect(await consumer.handle(track)).toEqual(['track-0'])
    expect(consumer.lines.join()).toContain('store_failed')
    consumer[queue].isBroken = false
    expect(await consumer.handle(track)).toEqual([])
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
  })
})

describe('the same message', () => {
  const events = [
    { remove: [user('jane')], at: NOON - 2000 },
    { add: [user('jane'), user('john')], at: NOON - 1000 },
    { remove: [user('john')], at: NOON - 500 },
  ]

  it('delivered again after success changes nothing', async () => {
    const consumer = await aConsumer()
    const { track } = messagesOf(events)
    for (let time = 0; time < 3; time += 1) await consumer.handle(track)
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
  })

  it('delivered twice at the same time, to two environments, changes nothing in the end', async () => {
    const consumer = await aConsumer()
    const records = messagesOf(events).track.map(({ body }) => aRecord('track', { id: '1', body }))
    await Promise.all([consumer.invoke(records), consumer.invoke(records, 180, consumer.environment())])
    await consumer.retryFor(3)
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
    expect(consumer.retry.messages).toEqual([])
  })
})

describe('what Meta counts as invalid', () => {
  it('is a metric and lines with Meta’s reasons and the places of the rows, and never the rows', () => {
    const lines: string[] = []
    const report = createReport(
      (level, code, fields) => void lines.push(JSON.stringify({ level, code, ...fields })),
      (metric, value) => void lines.push(JSON.stringify({ metric, value })),
      noJournal,
    )
    const schema = ['EXTERN_ID', 'EMAIL'] as const
    const destination = aDestination({ userSchema: schema })
    const changes = ['a', 'b', 'c', 'd'].map((name) => aChange(schema, ['', sha256(name)]))
    const received = {
      numReceived: 3,
      numInvalid: 4,
      invalidSamples: {
        [JSON.stringify([sha256('b')])]: 'invalid hash',
        [JSON.stringify([sha256('d')])]: `invalid hash ${sha256('d')}`,
      },
    }
    const usage = { adAccounts: [], appPercent: undefined, accountPercent: undefined }
    report.call(aBatch(changes, { destination, omit: 'EXTERN_ID' }), { ok: true, usage, received }, 5)
    const text = lines.join('\n')
    expect(text).toContain('{"metric":"UsersInvalid","value":5}')
    expect(text).toContain('"count":1,"positions":[1],"reason":"invalid hash"')
    expect(text).toContain('"count":1,"positions":[3],"reason":"other"')
    expect(text).toContain('"count":2,"reason":"not_said"')
    expect(text).toContain('"count":1,"reason":"not_received"')
    for (const name of ['a', 'b', 'c', 'd']) expect(text).not.toContain(sha256(name))

    const quoting = { numReceived: 1, numInvalid: 1, invalidSamples: { '["Smith",""]': 'unknown external id smith' } }
    const smith = aBatch([aChange(schema, ['Smith', ''])], { destination })
    report.call(smith, { ok: true, usage, received: quoting }, 5)
    expect(lines.join().toLowerCase()).not.toContain('smith')
  })
})

describe('tokens and personal data', () => {
  it('are in no log line, metric or attribute, whatever Meta answers', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL', 'EXTERN_ID', 'FN'] })
    const consumer = await aConsumer({ settings })
    const canary = { EMAIL: 'canary@example.com', EXTERN_ID: 'canary-7', FN: 'Canaria' }
    for (const fault of FAULT_NAMES) {
      await consumer.clearFaults()
      const delayed = fault === 'slow-answer' ? { delayMs: 10 } : {}
      const hangs = 'connection' in FAULTS[fault] && FAULTS[fault].connection === 'hang'
      consumer.hang(hangs ? 1 : 0)
      if (!hangs) await consumer.fault({ fault, ...delayed, times: 5 })
      await consumer.handle(messagesOf([{ add: [canary, {}], remove: [{ ...canary, EXTERN_ID: 'canary-8' }] }]).track)
      consumer.time.now += 2 * HOUR
    }
    const attributes = [...consumer.retry.messages, ...consumer.deadLetters.messages].map(
      ({ entry }) => entry.attributes,
    )
    const text = consumer.lines.join('\n') + JSON.stringify(attributes)
    expect(text).toContain('destination_paused')
    for (const secret of [TOKEN, 'canary', 'Canaria', ...['canary@example.com', 'canaria'].map(sha256)])
      expect(text.toLowerCase()).not.toContain(secret.toLowerCase())
  })

  it('leave the errors their code, sub-code, trace, audience and destination', async () => {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'audience-blocked' })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    const line = consumer.lines.find((text) => text.includes('destination_paused')) ?? ''
    expect(JSON.parse(line)).toMatchObject([
      expect.any(String),
      {
        destination: 'main',
        audienceId: AUDIENCE,
        graphCode: 100,
        graphSubCode: 1713230,
        fbtraceId: expect.stringMatching(/^A/) as string,
        reason: 'graph_100_1713230',
        advice: expect.stringContaining('blocked') as string,
      },
    ])
  })
})

describe('users whose event was renamed or unmapped since it was queued', () => {
  const reasons = (consumer: Awaited<ReturnType<typeof aConsumer>>) =>
    consumer.deadLetters.messages.map(({ entry }) => entry.attributes?.reason)

  it('go to the dead letters, and their neighbours on', async () => {
    const consumer = await aConsumer()
    const messages = messagesOf([{ add: [user('jane')], name: 'RENAMED' }, { add: [user('john')] }]).track
    expect(messages).toHaveLength(1)
    expect(await consumer.handle(messages)).toEqual([])
    expect(emails(await consumer.members())).toEqual(hashes('john'))
    expect(reasons(consumer)).toEqual(['event_unmapped'])
    const [{ entry } = { entry: undefined }] = consumer.deadLetters.messages
    expect(decodeMessage(entry?.body ?? '')?.events).toMatchObject([{ name: 'RENAMED', add: [user('jane')] }])
  })

  it('for one of two destinations reach the other, and go to the dead letters for the one that is gone', async () => {
    const consumer = await aConsumer()
    await consumer.handle(messagesOf([{ add: [user('jane')], destinations: ['main', 'gone'] }]).track)
    expect(emails(await consumer.members())).toEqual(hashes('jane'))
    const [{ entry } = { entry: undefined }] = consumer.deadLetters.messages
    expect(decodeMessage(entry?.body ?? '')?.events).toMatchObject([{ destinations: ['gone'] }])
  })

  it('go to the dead letters from a session too', async () => {
    const consumer = await aConsumer()
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }
    await consumer.session.send(messagesOf([{ add: [user('jane')], destinations: ['gone'], session }]).session)
    expect(await consumer.consume(consumer.session)).toEqual([])
    expect(reasons(consumer)).toEqual(['event_unmapped'])
  })

  it('reach the audience when the event is mapped again and they are redriven', async () => {
    const consumer = await aConsumer({ settings: settingsOf({ name: 'main', events: { OTHER: AUDIENCE } }) })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    const again = await aConsumer()
    await again.retry.send(consumer.deadLetters.messages.map(({ entry }) => entry))
    await again.consume(again.retry)
    expect(emails(await again.members())).toEqual(hashes('jane'))
  })
})

describe('an invocation', () => {
  const audiences = Array.from({ length: 12 }, (_, index) => String(23846440602800582n + BigInt(index)))
  const settings = settingsOf({ name: 'main', events: { USER_ADD: audiences } })
  const messages = messagesOf([{ add: [user('jane')], remove: [user('john')] }]).track

  it('ends in time although Meta answers nothing, and nobody is lost', async () => {
    const consumer = await aConsumer({ settings, emulator: { audiences } })
    const { time } = consumer
    const begun: number[] = []
    const slow = consumer.environment({
      send: async (_, __, timeoutMs) => {
        begun.push(time.now)
        await time.sleep(timeoutMs)
        return refused({ kind: 'timeout' })
      },
    })
    const records = messages.map(({ body }) => aRecord('track', { id: '1', body }))
    expect(await consumer.invoke(records, 180, slow)).toEqual([])
    expect(Math.max(...begun), 'a minute for the request, and 25 s for storing').toBeLessThanOrEqual(NOON + 95_000)
    const waiting = consumer.retry.messages.flatMap(({ entry }) => {
      const rows = decodeRows(entry.body)
      return (rows?.audienceIds ?? []).flatMap(() => [...(rows?.add ?? []), ...(rows?.remove ?? [])])
    })
    expect(waiting).toHaveLength(2 * audiences.length)
  })

  it.each([
    ['all audiences at once where a few users are for them, so that none waits for the head of another', 1, 12],
    ['four audiences at once where they fill their requests, so that their bodies fit into memory', 3_500, 4],
  ])('serves %s', async (_, users, atOnce) => {
    let underWay = 0
    const most: number[] = []
    const consumer = await aConsumer({
      settings,
      delivery: {
        send: async ({ body }) => {
          most.push((underWay += 1))
          await new Promise((resolve) => setImmediate(resolve))
          underWay -= 1
          return taken(rowsIn(body).length)
        },
      },
    })
    await consumer.handle(
      messagesOf([{ add: Array.from({ length: users }, (_, index) => user(`jane-${index}`)) }]).track,
    )
    expect(most).toHaveLength(audiences.length)
    expect(Math.max(...most)).toBe(atOnce)
  })

  it('serves the audiences of its destinations in turn, so that none waits for all those of another', async () => {
    const order: string[] = []
    const [quick = '', ...slow] = audiences
    const consumer = await aConsumer({
      settings: settingsOf(
        { name: 'slow', events: { USER_ADD: slow } },
        { name: 'quick', events: { USER_ADD: quick } },
      ),
      delivery: {
        send: ({ path, body }) => {
          order.push(path.split('/')[2] ?? '')
          return Promise.resolve(taken(rowsIn(body).length))
        },
      },
    })
    await consumer.handle(messagesOf([{ add: names(3_500).map(user) }]).track)
    expect(order).toHaveLength(audiences.length)
    expect(order.indexOf(quick)).toBeLessThan(4)
  })

  it('serves and stores what fills its memory, users or what is wrong with them, before it reads on', async () => {
    const consumer = await aConsumer()
    const many = messagesOf([{ add: Array.from({ length: 250_000 }, () => ({})) }]).track
    await consumer.handle([...many, ...messagesOf([{ add: [{}, user('jane')] }]).track])
    const counted = consumer.lines.filter((line) => line.includes('"metric":"UsersDropped"'))
    expect(counted.map((line) => (JSON.parse(line) as { value: number }).value)).toEqual([250_000, 1])
    expect(await consumer.members()).toHaveLength(1)
  })

  it('serves audiences with removals before those without, whatever the order they came in', async () => {
    const order: string[] = []
    const [left = '', ...joined] = audiences
    const consumer = await aConsumer({
      settings: settingsOf({ name: 'main', events: { USER_ADD: joined, LEFT: left } }),
      delivery: {
        send: ({ path, body }) => {
          order.push(path.split('/')[2] ?? '')
          return Promise.resolve(taken(rowsIn(body).length))
        },
      },
    })
    const [adds, removals] = [{ add: names(4_000).map(user) }, { name: 'LEFT', remove: [user('john')] }]
    await consumer.handle([adds, removals].flatMap((event) => messagesOf([event]).track))
    expect(order).toHaveLength(audiences.length)
    expect(order[0]).toBe(left)
  })
})
