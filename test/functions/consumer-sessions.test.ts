import { describe, expect, it } from 'vitest'
import { decodeRows } from '../../lib/retry/message.ts'
import { SESSION_RECEIVES } from '../../lib/session/patience.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, settingsOf, sha256 } from '../graph-api/builders.ts'
import { aConsumer, messagesOf } from './consumer-support.ts'

const users = (prefix: string, count = 10) =>
  Array.from({ length: count }, (_, index) => ({ EMAIL: `${prefix}-${index}@example.com` }))

/** The messages of a session: `count` batches of ten users, the last one flagged. */
function aSession(sessionId: string, { batches = 3, name = 'USER_ADD', direction = 'add', destination = 'main' } = {}) {
  const session = { sessionId, batchSequence: 1, lastBatch: true, maxUsers: 10 }
  return messagesOf([
    {
      name,
      messageId: `message-${sessionId}`,
      [direction]: users(`session-${sessionId}`, 10 * batches),
      destinations: [destination],
      session,
    },
  ]).session
}

/** An event of ten users who are the last batch of session 5, with this number. */
function aSessionAt(receivedAt: number, batchSequence: number) {
  const session = { sessionId: '5', batchSequence, lastBatch: true, maxUsers: 10 }
  const add = users(`at-${receivedAt}`)
  return messagesOf([{ messageId: String(receivedAt), add, destinations: ['main'], session }], receivedAt).session
}

type Session = { session_id: number; batch_seq: number; last_batch_flag: boolean }
type Requests = Awaited<ReturnType<Awaited<ReturnType<typeof aConsumer>>['requests']>>
const sessionsIn = (requests: Requests) =>
  requests.map(({ body }) => (body as unknown as { session?: Session }).session).filter((session) => session)

async function aSessionConsumer() {
  const consumer = await aConsumer({
    settings: settingsOf({ name: 'main', events: { USER_ADD: AUDIENCE, OTHER: OTHER_AUDIENCE } }),
  })
  return Object.assign(consumer, {
    consumeSessions: () => consumer.consume(consumer.session, 10),
    /** Lets time pass, with an invocation whenever the session queue shows something. */
    sessionsFor: async (minutes: number) => {
      const end = consumer.time.now + minutes * 60_000
      while (consumer.session.nextAt() <= end) {
        consumer.time.now = Math.max(consumer.time.now, consumer.session.nextAt())
        await consumer.consume(consumer.session, 10)
      }
      consumer.time.now = Math.max(consumer.time.now, end)
    },
  })
}

describe('the batches of a session', () => {
  it('reach Meta in order, numbered, the last one flagged', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('9223372036854775807'))
    expect(await consumer.consumeSessions()).toEqual([])
    const sessions = sessionsIn(await consumer.requests())
    expect(sessions.map((session) => [session?.batch_seq, session?.last_batch_flag])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ])
    const answer = await fetch(`${consumer.graph.url}/v26.0/${AUDIENCE}/sessions`, {
      headers: { authorization: 'Bearer EAAB-a-valid-access-token' },
    })
    expect(await answer.json()).toMatchObject({ data: [{ session_id: '9223372036854775807', num_received: '30' }] })
    expect(await consumer.members()).toHaveLength(30)
  })

  it('stop at one that fails: the later ones are not sent and come back with it, and other sessions go on', async () => {
    const consumer = await aSessionConsumer()
    const failing = aSession('5')
    const other = aSession('6', { name: 'OTHER' })
    await consumer.session.send(failing.flatMap((message, index) => [message, other[index] ?? message]))
    await consumer.fault({ fault: 'update-in-progress', audience: AUDIENCE, times: 1 })
    const failed = await consumer.consumeSessions()
    expect(failed).toHaveLength(3)
    expect(await consumer.members(OTHER_AUDIENCE)).toHaveLength(30)
    expect(await consumer.members(AUDIENCE)).toHaveLength(0)
    const visibleAt = new Set(consumer.session.messages.map((message) => message.visibleAt))
    expect(visibleAt.size, 'all of them come back together').toBe(1)
    expect([...visibleAt][0]).toBeGreaterThanOrEqual(NOON + 300_000)
    await consumer.sessionsFor(15)
    expect(await consumer.members(AUDIENCE)).toHaveLength(30)
    const toAudience = (await consumer.requests()).filter(({ url }) => url.includes(AUDIENCE))
    expect(sessionsIn(toAudience).map((session) => session?.batch_seq)).toEqual([1, 1, 2, 3])
  })

  it('wait for a step of the schedule when one fails', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5'))
    await consumer.fault({ fault: 'service-unavailable', times: 3 })
    expect(await consumer.consumeSessions()).toHaveLength(3)
    expect(consumer.session.nextAt()).toBeGreaterThanOrEqual(NOON + 60_000)
    expect(consumer.session.nextAt()).toBeLessThanOrEqual(NOON + 80_000)
  })

  it('do not stop at one that Meta rejects: it goes to the dead letters, and the session goes on', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5'))
    await consumer.fault({ fault: 'data-source-conflict', times: 2 })
    expect(await consumer.consumeSessions()).toEqual([])
    expect(await consumer.members()).toHaveLength(20)
    const [{ entry } = { entry: undefined }] = consumer.deadLetters.messages
    expect(entry?.attributes?.reason).toBe('graph_2650')
    expect(decodeRows(entry?.body ?? '')?.add).toHaveLength(10)
  })

  it('go on without the session when Meta refuses it, as it may when its id is in use for another audience', async () => {
    const consumer = await aSessionConsumer()
    const session = { sessionId: '7', batchSequence: 1, lastBatch: false, maxUsers: 10 }
    await consumer.session.send(messagesOf([{ add: users('x'), destinations: ['main'], session }]).session)
    expect(await consumer.consumeSessions()).toEqual([])
    await consumer.session.send(
      messagesOf([{ name: 'OTHER', messageId: 'other', add: users('y'), destinations: ['main'], session }]).session,
    )
    expect(await consumer.consumeSessions()).toEqual([])
    expect(await consumer.members(OTHER_AUDIENCE)).toHaveLength(10)
    expect(consumer.deadLetters.messages).toEqual([])
    expect(consumer.lines.join()).toContain('session_refused')
  })

  it('leave out whom a removal has overtaken, and nobody else', async () => {
    const consumer = await aSessionConsumer()
    const [first] = users('session-5', 1)
    await consumer.handle(messagesOf([{ remove: [first ?? {}], at: NOON + 1000 }], NOON + 1000).track)
    await consumer.session.send(aSession('5', { batches: 1 }))
    expect(await consumer.consumeSessions()).toEqual([])
    const requests = await consumer.requests()
    expect(requests.map(({ method, body }) => [method, 'session' in body, body.payload.data.length])).toEqual([
      ['DELETE', false, 1],
      ['POST', true, 9],
    ])
    expect(await consumer.members()).toHaveLength(9)
  })

  it('do not stop at a message that is none of ours', async () => {
    const consumer = await aSessionConsumer()
    const [first, second, third] = aSession('5')
    await consumer.session.send([first, { ...second, body: '{' }, third] as never)
    expect(await consumer.consumeSessions()).toEqual([])
    expect(consumer.deadLetters.messages).toMatchObject([{ entry: { body: '{' } }])
    expect(await consumer.members()).toHaveLength(20)
  })

  it('are one request each, whatever the settings have become since they were numbered', async () => {
    const settings = settingsOf({ name: 'main', maxUserCount: 4 })
    const consumer = await aConsumer({ settings })
    await consumer.session.send(aSession('5', { batches: 1 }))
    await consumer.consume(consumer.session)
    expect(sessionsIn(await consumer.requests())).toMatchObject([{ batch_seq: 1, last_batch_flag: true }])
  })
})

describe('a batch that comes after the end of its session, which Meta answers and throws away, goes on without it', () => {
  it('when it was received 95 minutes after the first', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 2 }).slice(0, 1))
    await consumer.consumeSessions()
    consumer.time.now += 95 * 60_000
    await consumer.session.send(aSessionAt(consumer.time.now, 2))
    expect(await consumer.consumeSessions()).toEqual([])
    expect(await consumer.members()).toHaveLength(20)
    expect(sessionsIn(await consumer.requests())).toHaveLength(1)
    expect(consumer.lines.join()).toContain('session_ended')
  })

  it('when it had to wait until then', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 2 }).slice(0, 1))
    await consumer.consumeSessions()
    consumer.time.now += 80 * 60_000
    await consumer.session.send(aSessionAt(consumer.time.now, 2))
    await consumer.fault({ fault: 'service-unavailable', times: 12 })
    await consumer.sessionsFor(60)
    await consumer.retryFor(1)
    expect(await consumer.members()).toHaveLength(20)
  })

  it('when the last batch of the session was sent, as by who uses one session id again and again', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 2 }).slice(0, 1))
    await consumer.consumeSessions()
    for (const at of [1, 2].map((minutes) => NOON + minutes * 60_000)) {
      consumer.time.now = at
      await consumer.session.send(aSessionAt(at, 10))
      expect(await consumer.consumeSessions()).toEqual([])
    }
    expect(await consumer.members()).toHaveLength(30)
    expect(sessionsIn(await consumer.requests())).toMatchObject([{ batch_seq: 1 }, { batch_seq: 10 }])
    expect(consumer.lines.filter((line) => line.includes('session_ended'))).toHaveLength(1)
  })

  it('unless it is batch 1, which begins the session anew', async () => {
    const consumer = await aSessionConsumer()
    for (const at of [0, 1].map((minutes) => NOON + minutes * 60_000)) {
      consumer.time.now = at
      await consumer.session.send(aSessionAt(at, 1))
      await consumer.consumeSessions()
    }
    expect(await consumer.members()).toHaveLength(20)
    expect(sessionsIn(await consumer.requests())).toHaveLength(2)
  })

  it('but not when it is the last batch itself that is sent again', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 1 }))
    await consumer.fault({ fault: 'service-unavailable', times: 3 })
    await consumer.sessionsFor(10)
    expect(sessionsIn(await consumer.requests())).toHaveLength(4)
    expect(await consumer.members()).toHaveLength(10)
    expect(consumer.lines.join()).not.toContain('session_ended')
  })

  it('and so does every batch while it cannot be known what has ended', async () => {
    const down = () => Promise.reject(new Error('down'))
    const consumer = await aConsumer({ uploadSessions: { read: down, write: down } })
    await consumer.session.send(aSession('5', { batches: 2 }))
    expect(await consumer.consume(consumer.session)).toEqual([])
    expect(await consumer.members()).toHaveLength(20)
    expect(sessionsIn(await consumer.requests())).toEqual([])
    expect(consumer.lines.join()).toContain('"reason":"session_unknown"')
    expect(consumer.lines.join()).toContain('register_failed')
    expect(consumer.lines.join(), 'nobody knows that it has').not.toContain('session_ended')
  })
})

describe('a session whose first batch is not sent', () => {
  it('because its users were all overtaken never begins: the others go on without it, and all of them arrive', async () => {
    const consumer = await aSessionConsumer()
    const first = users('session-5', 10)
    await consumer.handle(messagesOf([{ remove: first, at: NOON + 1000 }], NOON + 1000).track)
    await consumer.session.send(aSession('5'))
    expect(await consumer.consumeSessions()).toEqual([])
    expect(sessionsIn(await consumer.requests())).toEqual([])
    const members = new Set((await consumer.members()).map(({ EMAIL }) => EMAIL))
    expect(members).toEqual(
      new Set(
        users('session-5', 30)
          .slice(10)
          .map(({ EMAIL }) => sha256(EMAIL)),
      ),
    )
    expect(consumer.lines.filter((line) => line.includes('session_not_begun'))).toHaveLength(2)
    expect(consumer.lines.join()).toContain('users_overtaken')
  })

  it.each([
    ['audience', { name: 'OTHER' }],
    ['direction', { direction: 'remove' }],
  ])('goes without it from its second, though a session of the same id is open for another %s', async (_, other) => {
    const consumer = await aSessionConsumer()
    const [first] = aSession('5')
    const [, second] = aSession('5', other)
    await consumer.session.send([first] as never)
    await consumer.consumeSessions()
    await consumer.session.send([second] as never)
    expect(await consumer.consumeSessions()).toEqual([])
    expect(sessionsIn(await consumer.requests())).toHaveLength(1)
    expect(consumer.lines.join()).toContain('session_not_begun')
  })

  it('because it never came goes without it from its second', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSessionAt(NOON, 10))
    expect(await consumer.consumeSessions()).toEqual([])
    expect(await consumer.members()).toHaveLength(10)
    expect(sessionsIn(await consumer.requests())).toEqual([])
    expect(consumer.lines.join()).toContain('session_not_begun')
  })
})

describe('a session that others keep waiting', () => {
  const busy = { holder: 'another', heldUntil: Infinity }

  it('looks again after ten seconds, then twenty, and in the end every minute, without a step of the schedule', async () => {
    const consumer = await aSessionConsumer()
    consumer.register.heads.set(AUDIENCE, busy)
    await consumer.session.send(aSession('5', { batches: 1 }))
    const waits: number[] = []
    for (let receives = 1; receives <= 9; receives += 1) {
      expect(await consumer.consumeSessions()).toHaveLength(1)
      waits.push((consumer.session.nextAt() - consumer.time.now) / 1000)
      consumer.time.now = consumer.session.nextAt()
    }
    waits.forEach((wait, index) => {
      const step = Math.min(60, 10 * (index + 1))
      expect(wait).toBeGreaterThanOrEqual(step)
      // Rows that find the audience busy wait for 10 to 30 s.
      expect(wait).toBeLessThanOrEqual(Math.max(step, 30) * 1.25 + 1)
    })
    const said = consumer.lines.filter((line) => line.includes('users_waiting') && line.includes('audience_busy'))
    expect(said, 'each wait is in the log').toHaveLength(9)
    expect(consumer.lines.join(), 'and measured').toContain('"metric":"OldestUndeliveredAge","value":0')
    consumer.register.heads.delete(AUDIENCE)
    expect(await consumer.consumeSessions()).toEqual([])
    expect(sessionsIn(await consumer.requests())).toMatchObject([{ batch_seq: 1, last_batch_flag: true }])
  })

  it('in one audience while another refuses it waits for the one that takes longer', async () => {
    const settings = settingsOf({ name: 'main', events: { USER_ADD: [OTHER_AUDIENCE, AUDIENCE] } })
    const consumer = await aConsumer({ settings })
    consumer.register.heads.set(AUDIENCE, busy)
    await consumer.session.send(aSession('5', { batches: 1 }))
    await consumer.fault({ fault: 'update-in-progress', audience: OTHER_AUDIENCE, times: 1 })
    expect(await consumer.consume(consumer.session)).toHaveLength(1)
    expect(consumer.session.nextAt()).toBeGreaterThanOrEqual(NOON + 300_000)
  })

  it('that SQS cannot hide is said in the log', async () => {
    const consumer = await aSessionConsumer()
    consumer.register.heads.set(AUDIENCE, busy)
    await consumer.session.send(aSession('5', { batches: 1 }))
    const hideInSessionQueue = () => Promise.resolve({ ok: false as const, reason: 'ReceiptHandleIsInvalid' })
    await consumer.invoke(consumer.session.receive(10), 180, consumer.environment({}, { hideInSessionQueue }))
    expect(consumer.lines.join()).toContain('message_not_hidden')
  })

  it('never waits beyond the hour after which it goes on without being one', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 1 }))
    await consumer.fault({ fault: 'rate-limit-80003', regainMinutes: 55 })
    consumer.time.now = NOON + 50 * 60_000
    expect(await consumer.consumeSessions()).toHaveLength(1)
    expect(consumer.session.nextAt()).toBeGreaterThan(consumer.time.now)
    expect(consumer.session.nextAt()).toBeLessThanOrEqual(NOON + 60 * 60_000)
    await consumer.sessionsFor(10)
    expect(consumer.session.messages).toEqual([])
    await consumer.retryFor(3)
    expect(await consumer.members()).toHaveLength(10)
  })
})

describe('users without an EXTERN_ID', () => {
  const settings = settingsOf({ name: 'main', userSchema: ['EXTERN_ID', 'EMAIL'] })
  const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }
  const add = [{ EXTERN_ID: '7', EMAIL: 'a@example.com' }, { EMAIL: 'b@example.com' }]
  const messages = messagesOf([{ add, destinations: ['main'], session }]).session

  it('are sent outside of the session', async () => {
    const consumer = await aConsumer({ settings })
    await consumer.session.send(messages)
    expect(await consumer.consume(consumer.session)).toEqual([])
    const requests = await consumer.requests()
    expect(requests.map(({ body }) => body.payload.schema)).toEqual([['EXTERN_ID', 'EMAIL'], ['EMAIL']])
    expect(sessionsIn(requests)).toHaveLength(1)
  })

  it('do not make a session go on that waits', async () => {
    const consumer = await aConsumer({ settings })
    await consumer.session.send(messages)
    await consumer.fault({ fault: 'service-unavailable', identifier: '7', times: 3 })
    expect(await consumer.consume(consumer.session)).toHaveLength(1)
    expect(consumer.retry.messages).toEqual([])
  })

  it('who must wait do not hold up the session', async () => {
    const consumer = await aConsumer({ settings })
    await consumer.session.send(messages)
    await consumer.fault({ fault: 'service-unavailable', identifier: sha256('b@example.com'), times: 3 })
    expect(await consumer.consume(consumer.session)).toEqual([])
    expect(consumer.retry.messages).toHaveLength(1)
    await consumer.retryFor(1)
    expect(await consumer.members()).toHaveLength(2)
  })
})

describe('a session that cannot be sent', () => {
  it('for an hour goes on without being one, reported, and nobody is lost', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5'))
    await consumer.fault({ fault: 'policy-blocked', probability: 1 })
    await consumer.sessionsFor(70)
    expect(consumer.session.messages).toEqual([])
    expect(consumer.session.moved).toEqual([])
    expect(consumer.lines.join()).toContain('session_not_sent')
    await consumer.clearFaults()
    await consumer.retryFor(6)
    expect(await consumer.members()).toHaveLength(30)
    const [last] = (await consumer.requests()).slice(-1)
    expect(last?.body).not.toHaveProperty('session')
  })

  it('is not sent as one once Meta may have ended it, since what comes late is answered and thrown away', async () => {
    const consumer = await aSessionConsumer()
    const [first, second] = aSession('5', { batches: 2 })
    await consumer.session.send([first] as never)
    await consumer.consumeSessions()
    consumer.time.now += 100 * 60_000
    await consumer.session.send([second] as never)
    expect(await consumer.consumeSessions()).toEqual([])
    expect(await consumer.members()).toHaveLength(20)
  })

  it('by the last receive leaves its users in the retry queue, and SQS moves nothing', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5'))
    await consumer.fault({ fault: 'service-unavailable', probability: 1 })
    // Deliveries that Lambda throttles are receives too.
    for (let receives = 1; receives < SESSION_RECEIVES; receives += 1) {
      const records = consumer.session.receive(10)
      expect(records).toHaveLength(3)
      for (const { receiptHandle } of records) await consumer.session.hide(receiptHandle, 1)
      consumer.time.now += 1_000
    }
    await consumer.consumeSessions()
    expect(consumer.session.moved).toEqual([])
    expect(consumer.session.messages).toEqual([])
    const waiting = consumer.retry.messages.flatMap(({ entry }) => decodeRows(entry.body)?.add ?? [])
    expect(waiting).toHaveLength(30)
    expect(consumer.lines.join()).toContain('session_receives_used_up')
  })

  it('nor stored waits a while, and does not use up its receives at once', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 1 }))
    await consumer.fault({ fault: 'data-source-conflict', times: 2 })
    consumer.deadLetters.isBroken = true
    const failed = await consumer.consumeSessions()
    expect(failed).toHaveLength(1)
    expect(consumer.session.messages[0]?.visibleAt).toBeGreaterThanOrEqual(NOON + 60_000)
    await consumer.sessionsFor(5)
    expect(await consumer.members()).toHaveLength(10)
  })

  it('because no destination maps its event any more is a dead letter, and other sessions go on', async () => {
    const consumer = await aSessionConsumer()
    const [unmapped] = aSession('5', { name: 'NO_MORE', batches: 1 })
    await consumer.session.send([unmapped, ...aSession('6')] as never)
    expect(await consumer.consumeSessions()).toEqual([])
    expect(consumer.deadLetters.messages.map(({ entry }) => entry.attributes)).toEqual([{ reason: 'event_unmapped' }])
    expect(await consumer.members()).toHaveLength(30)
  })

  it('because it was received an hour ago goes on without the session, though that is still open', async () => {
    const consumer = await aSessionConsumer()
    const [first, second] = aSession('5', { batches: 2 })
    await consumer.session.send([first] as never)
    await consumer.consumeSessions()
    await consumer.session.send([second] as never)
    consumer.time.now += 61 * 60_000
    expect(await consumer.consumeSessions()).toEqual([])
    expect(sessionsIn(await consumer.requests())).toHaveLength(1)
    expect(await consumer.members()).toHaveLength(20)
  })

  it('an hour after its receipt either leaves its users in the retry queue', async () => {
    const consumer = await aSessionConsumer()
    await consumer.session.send(aSession('5', { batches: 1 }))
    await consumer.fault({ fault: 'service-unavailable', times: 3 })
    consumer.time.now += 61 * 60_000
    expect(await consumer.consumeSessions()).toEqual([])
    expect(consumer.retry.messages.flatMap(({ entry }) => decodeRows(entry.body)?.add ?? [])).toHaveLength(10)
  })

  it('because none of its users has anything to match by takes no turn of the audience', async () => {
    const consumer = await aSessionConsumer()
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }
    await consumer.session.send(messagesOf([{ add: [{ EMAIL: ' ' }], destinations: ['main'], session }]).session)
    expect(await consumer.consumeSessions()).toEqual([])
    expect(consumer.register.heads.size).toBe(0)
  })

  it('in its session, since that has ended, leaves its users in the retry queue and holds up nothing', async () => {
    const consumer = await aSessionConsumer()
    const [, second] = aSession('5', { batches: 2 })
    await consumer.session.send([second] as never)
    await consumer.fault({ fault: 'service-unavailable', times: 3 })
    expect(await consumer.consumeSessions()).toEqual([])
    expect(consumer.lines.join()).toContain('session_not_begun')
    await consumer.retryFor(1)
    expect(await consumer.members()).toHaveLength(10)
  })

  it('whole, because one of its users has nothing to match by, has that user counted', async () => {
    const consumer = await aSessionConsumer()
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }
    const add = [...users('good', 2), { EMAIL: ' ' }]
    await consumer.session.send(messagesOf([{ add, destinations: ['main'], session }]).session)
    await consumer.consumeSessions()
    expect(consumer.lines.filter((line) => line.includes('"metric":"UsersDropped"'))).toHaveLength(1)
    expect(await consumer.members()).toHaveLength(2)
  })

  it('because of something unexpected comes back, and other sessions go on', async () => {
    const consumer = await aSessionConsumer()
    const [broken] = aSession('5', { batches: 1 })
    const body = broken?.body.replace('"sessionId":"5"', '"sessionId":"no number"') ?? ''
    await consumer.session.send([{ ...broken, body }, ...aSession('6', { name: 'OTHER' })] as never)
    expect(await consumer.consumeSessions()).toHaveLength(1)
    expect(await consumer.members(OTHER_AUDIENCE)).toHaveLength(30)
    expect(consumer.lines.join()).toContain('unexpected_error')
  })
})
