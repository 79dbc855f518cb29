import { describe, expect, it } from 'vitest'
import type { ConsumerDependencies } from '../../functions/consumer/dependencies.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, manyPeople, settingsOf, sha256 } from '../graph-api/builders.ts'
import { memoryRegister } from '../register/memory-register.ts'
import { aConsumer, aRecord, messagesOf, user } from './consumer-support.ts'
import { memorySessions } from './memory-sessions.ts'

const hashesIn = (rows: readonly { cells: readonly unknown[] }[] = []) => rows.map(({ cells }) => cells[0])
const hashes = (...names: string[]) => names.map((name) => sha256(`${name}@example.com`))
const TRIAL = settingsOf({ name: 'main', dryRun: true })

const untouchable = (what: string) => () => Promise.reject(new Error(`A trial run uses the ${what}`))

/** A consumer whose register, tokens, sessions and Graph API fail whoever uses them. */
const aTrialConsumer = (settings = TRIAL) =>
  aConsumer({
    settings,
    dependencies: { register: Object.fromEntries(everyName(memoryRegister(), 'register')) as never },
    uploadSessions: Object.fromEntries(everyName(memorySessions(), 'upload sessions')) as never,
    delivery: { send: untouchable('Graph API'), token: () => ({ get: untouchable('token') }) as never },
  })

function everyName(object: object, what: string) {
  return Object.keys(object).map((name) => [name, untouchable(what)] as const)
}

type Logged = Record<string, unknown>
type Consumer = Awaited<ReturnType<typeof aConsumer>>

/** The log lines of a code, and the measures of a metric. */
const logged = ({ lines }: Pick<Consumer, 'lines'>, code: string) =>
  lines.flatMap((line) => {
    const parsed = JSON.parse(line) as [string, Logged] | Logged
    return Array.isArray(parsed) && parsed[1].code === code ? [parsed[1]] : []
  })
const measured = ({ lines }: Pick<Consumer, 'lines'>, metric: string) =>
  lines.flatMap((line) => {
    const parsed = JSON.parse(line) as Logged
    return parsed.metric === metric ? [parsed] : []
  })

/** The messages of events that were received during a trial run, unless these settings say otherwise. */
const received = (events: Parameters<typeof messagesOf>[0], settings = TRIAL) => messagesOf(events, NOON, settings)

const handlerWith = (consumer: Consumer, more: Partial<ConsumerDependencies>) => consumer.environment({}, more)

function expectNothingLeft({ retry, deadLetters, session, lines }: Consumer) {
  expect([retry.messages, deadLetters.messages, session.messages]).toEqual([[], [], []])
  expect(lines.join()).not.toContain('unexpected_error')
}

describe('a trial run', () => {
  it('counts by audience and direction what would be sent, and sends, reads and writes nothing', async () => {
    const events = { USER_ADD: [AUDIENCE, OTHER_AUDIENCE], OTHER: AUDIENCE }
    const consumer = await aTrialConsumer(settingsOf({ name: 'main', dryRun: true, events }))
    const { track } = received([
      { add: [user('jane'), user('john')], remove: [user('bob')] },
      { name: 'OTHER', add: [user('mary')] },
    ])
    expect(await consumer.handle(track)).toEqual([])
    const common = { code: 'users_would_be_sent', destination: 'main' }
    const lines = logged(consumer, 'users_would_be_sent')
    const sums = Map.groupBy(lines, ({ audienceId, direction }) => `${String(direction)} ${String(audienceId)}`)
    expect(lines).toContainEqual({ ...common, audienceId: OTHER_AUDIENCE, direction: 'add', count: 2 })
    expect(
      Object.fromEntries(
        [...sums].map(([key, same]) => [key, same.reduce((sum, { count }) => sum + Number(count), 0)]),
      ),
    ).toEqual({
      [`remove ${AUDIENCE}`]: 1,
      [`add ${AUDIENCE}`]: 3,
      [`remove ${OTHER_AUDIENCE}`]: 1,
      [`add ${OTHER_AUDIENCE}`]: 2,
    })
    expectNothingLeft(consumer)
  })

  it('counts in a metric that no real delivery adds to', async () => {
    const consumer = await aTrialConsumer()
    await consumer.handle(received([{ add: [user('jane')], remove: [user('bob')] }]).track)
    const common = { metric: 'UsersWouldBeSent', value: 1, destination: 'main', dryRun: 'true' }
    expect(measured(consumer, 'UsersWouldBeSent')).toEqual([
      { ...common, direction: 'remove' },
      { ...common, direction: 'add' },
    ])
    expect(measured(consumer, 'UsersSent')).toEqual([])
  })

  it('counts the numbers that a real destination sends of the same messages, which are merged and compared', async () => {
    const requests = [
      [
        { add: [user('twice'), user('twice'), user('goes'), { EMAIL: 'no e-mail' }], at: NOON - 2000 },
        { remove: [user('stays'), user('out')], at: NOON - 2000 },
      ],
      [
        { add: [user('twice'), user('stays')], at: NOON - 1000 },
        { remove: [user('goes'), user('tie')], add: [user('tie')], at: NOON - 1000 },
      ],
    ]
    const [trial, real] = [await aTrialConsumer(), await aConsumer()]
    await trial.handle(requests.flatMap((events) => received(events).track))
    await real.handle(requests.flatMap((events) => messagesOf(events).track))
    const counts = (consumer: Consumer, metric: string) =>
      measured(consumer, metric).map(({ direction, value }) => [direction, value])
    expect(counts(trial, 'UsersWouldBeSent')).toEqual([
      ['remove', 3],
      ['add', 2],
    ])
    expect(counts(trial, 'UsersWouldBeSent')).toEqual(counts(real, 'UsersSent'))
    for (const code of ['users_overtaken', 'users_dropped']) expect(logged(trial, code)).toEqual(logged(real, code))
  })

  it('counts the batches of a session in whatever order they come, and keeps none of them waiting', async () => {
    const consumer = await aTrialConsumer()
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }
    const add = Array.from({ length: 25 }, (_, index) => user(`user-${index}`))
    await consumer.session.send(received([{ add, destinations: ['main'], session }]).session.reverse())
    expect(await consumer.consume(consumer.session)).toEqual([])
    expect(logged(consumer, 'users_would_be_sent').map(({ count }) => count)).toEqual([5, 10, 10])
    expect(logged(consumer, 'session_not_sent')).toEqual([])
    expectNothingLeft(consumer)
  })
})

it('the rows of one message for many destinations are made in portions that memory can hold', async () => {
  const names = Array.from({ length: 26 }, (_, index) => `trial-${index}`)
  const settings = settingsOf(...names.map((name) => ({ name, dryRun: true })))
  const consumer = await aTrialConsumer(settings)
  /** The number of destinations that have been counted when a portion is stored. */
  const counted: number[] = []
  const sendToDeadLetters = () => {
    counted.push(new Set(logged(consumer, 'users_would_be_sent').map(({ destination }) => destination)).size)
    return Promise.resolve({ ok: true as const })
  }
  const EMAIL = sha256('ann@example.com')
  const { track } = received([{ add: Array.from({ length: 10_000 }, () => ({ EMAIL })) }], settings)
  const records = track.map(({ body }) => aRecord('track', { id: 'm-1', body }))
  expect(await consumer.invoke(records, 180, handlerWith(consumer, { sendToDeadLetters }))).toEqual([])
  expect([records.length, counted]).toEqual([1, [25, 26]])
})

describe('a real destination', () => {
  const real = { name: 'real' }
  const both = settingsOf(real, { name: 'trial', dryRun: true })

  it('sends to its audience exactly what it sends without a trial run on the same audience', async () => {
    const events = [
      received([{ add: [user('jane'), user('john')], remove: [user('bob')], at: NOON - 1000 }], both),
      received([{ add: [user('bob')], remove: [user('jane')], at: NOON }], both),
      received([{ remove: [user('bob')], at: NOON - 500 }], both),
    ]
    const consumers = [await aConsumer({ settings: settingsOf(real) }), await aConsumer({ settings: both })] as const
    for (const consumer of consumers) {
      consumer.secrets.set('trial', 'not-set')
      for (const { track } of events) expect(await consumer.handle(track)).toEqual([])
    }
    const [alone, beside] = await Promise.all(
      consumers.map(async ({ requests, register }) => ({
        requests: (await requests()).map(({ method, url, body }) => ({ method, url, body })),
        register: [register.items, register.heads],
      })),
    )
    expect(alone?.requests.length).toBeGreaterThan(3)
    expect(beside).toEqual(alone)
    expect(measured(consumers[1], 'UsersWouldBeSent').length).toBeGreaterThan(3)
    expectNothingLeft(consumers[1])
  })

  it('serves its audiences side by side, however many rows a trial run has at hand', async () => {
    const register = memoryRegister()
    const audiences = Array.from({ length: 6 }, (_, index) => String(BigInt(AUDIENCE) + BigInt(index)))
    const busy = { now: 0, most: 0 }
    const { take } = register
    register.take = async (wanted) => {
      busy.most = Math.max(busy.most, (busy.now += 1))
      await new Promise(setImmediate)
      busy.now -= 1
      return take(wanted)
    }
    const settings = settingsOf(
      { name: 'real', events: { USER_ADD: audiences } },
      { name: 'trial', dryRun: true, events: { IMPORT: AUDIENCE } },
    )
    const consumer = await aConsumer({
      settings,
      emulator: { audiences },
      dependencies: { register },
    })
    const add = Array.from({ length: 40_001 }, (_, index) => user(`user-${index}`))
    await consumer.handle(received([{ name: 'IMPORT', add }, { add: [user('jane')] }], settings).track)
    expect(measured(consumer, 'UsersWouldBeSent').map(({ value }) => value)).toEqual([40_001])
    expect(busy.most).toBe(audiences.length)
  })
})

describe('what came before the trial run began', () => {
  /** A consumer whose rows wait for Meta while somebody switches the trial run on. */
  async function aSwitchedConsumer() {
    const consumer = await aConsumer()
    await consumer.fault({ fault: 'rate-limit-80003', regainMinutes: 90, times: 9 })
    await consumer.handle(messagesOf([{ add: [user('jane'), user('john')], remove: [user('bob')] }]).track)
    await consumer.clearFaults()
    const [{ entry } = { entry: { body: '' } }] = consumer.retry.messages
    expect([decodeRows(entry.body)?.add.length, decodeRows(entry.body)?.remove.length]).toEqual([2, 1])
    return Object.assign(consumer, { waiting: entry.body, requestsBefore: (await consumer.requests()).length })
  }

  it('and waits in the retry queue becomes dead letters with the reason, and is not sent', async () => {
    const consumer = await aSwitchedConsumer()
    const trial = handlerWith(consumer, { settings: TRIAL })
    const records = [aRecord('retry', { id: 'retry-1', body: consumer.waiting })]
    expect(await consumer.invoke(records, 180, trial)).toEqual([])
    const letters = consumer.deadLetters.messages.map(({ entry }) => entry)
    const about = { reason: 'dry_run', destination: 'main', audience: AUDIENCE }
    expect(letters.map(({ attributes }) => attributes)).toMatchObject([
      { ...about, direction: 'remove' },
      { ...about, direction: 'add' },
    ])
    const [removal, adds] = letters.map(({ body }) => decodeRows(body))
    expect([hashesIn(removal?.remove), hashesIn(adds?.add)]).toEqual([hashes('bob'), hashes('jane', 'john')])
    expect(
      logged(consumer, 'users_given_up').map(({ reason, direction, count }) => [reason, direction, count]),
    ).toEqual([
      ['dry_run', 'remove', 1],
      ['dry_run', 'add', 2],
    ])
    expect(logged(consumer, 'users_would_be_sent')).toEqual([])
    expect(await consumer.requests()).toHaveLength(consumer.requestsBefore)
  })

  it('goes there in portions that memory can hold, counted for each of its audiences', async () => {
    const consumer = await aConsumer()
    const portions: number[] = []
    const sendToDeadLetters = (letters: Iterable<unknown>) => {
      portions.push([...letters].length)
      return Promise.resolve({ ok: true as const })
    }
    const rows = (audiences: number, count: number) => {
      const audienceIds = Array.from({ length: audiences }, (_, index) => String(index))
      return packRows({ destination: 'main', audienceIds, schema: ['EMAIL'], add: manyPeople(count), remove: [] })
    }
    const records = [...rows(250, 1_000), ...rows(1, 1)].map(({ body }, index) =>
      aRecord('retry', { id: String(index), body }),
    )
    const trial = handlerWith(consumer, { settings: TRIAL, sendToDeadLetters })
    expect(await consumer.invoke(records, 180, trial)).toEqual([])
    expect(portions).toEqual([250, 1])
  })

  it('returns to the dead letters when it is redriven during the trial run, and is sent when it is redriven after', async () => {
    const consumer = await aSwitchedConsumer()
    const trial = handlerWith(consumer, { settings: TRIAL })
    await consumer.invoke([aRecord('retry', { id: 'retry-1', body: consumer.waiting })], 180, trial)
    const redrive = () => {
      const bodies = consumer.deadLetters.messages.splice(0).map(({ entry }) => entry.body)
      return bodies.map((body, index) => aRecord('retry', { id: `redriven-${index}`, body }))
    }
    await consumer.invoke(redrive(), 180, trial)
    expect(consumer.deadLetters.messages.map(({ entry }) => entry.attributes?.reason)).toEqual(['dry_run', 'dry_run'])
    consumer.time.now += 2 * 3_600_000
    await consumer.invoke(redrive())
    expect((await consumer.members()).map(({ EMAIL }) => EMAIL).sort()).toEqual(hashes('jane', 'john').sort())
    expect(consumer.deadLetters.messages).toEqual([])
  })

  const trialSince = { name: 'trial', events: { USER_ADD: AUDIENCE } }
  const always = { name: 'real', events: { USER_ADD: OTHER_AUDIENCE } }
  const before = settingsOf(always, trialSince)
  const during = settingsOf(always, { ...trialSince, dryRun: true })
  const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }

  it.each([
    ['an add', [{ add: [user('jane')] }], before],
    ['an add that an older version received', [{ add: [user('jane')] }], undefined],
    ['a removal', [{ remove: [user('jane')] }], before],
    ['a batch of a session', [{ add: [user('jane')], destinations: ['trial'], session }], before],
  ])('and waits in its queue as %s goes to the dead letters, and is sent after it', async (_, events, settings) => {
    const consumer = await aConsumer({ settings: during })
    const { track, session: batches } = messagesOf(events, NOON, settings)
    const queue = batches.length > 0 ? 'session.fifo' : 'track'
    const recordOf = (body = '') => aRecord(queue, { id: 'm-1', body })
    expect(await consumer.invoke([...track, ...batches].map(({ body }) => recordOf(body)))).toEqual([])
    expect(logged(consumer, 'users_would_be_sent')).toEqual([])
    const [letter, ...others] = consumer.deadLetters.messages.splice(0)
    expect([letter?.entry.attributes, others]).toEqual([{ reason: 'dry_run' }, []])
    expect(decodeMessage(letter?.entry.body ?? '')?.events).toMatchObject([{ destinations: ['trial'] }])

    const redriven = [recordOf(letter?.entry.body)]
    await consumer.invoke(redriven)
    expect(consumer.deadLetters.messages).toMatchObject([{ entry: { attributes: { reason: 'dry_run' } } }])
    expect((await consumer.requests()).filter(({ url }) => url.includes(`/${AUDIENCE}/`))).toEqual([])
    expect(await consumer.invoke(redriven, 180, handlerWith(consumer, { settings: before }))).toEqual([])
    expect((await consumer.requests()).map(({ url }) => url.split('?')[0])).toContain(`/v26.0/${AUDIENCE}/users`)
  })

  it('is sent for the destinations without a trial run at once', async () => {
    const consumer = await aConsumer({ settings: during })
    await consumer.handle(received([{ add: [user('jane')] }], before).track)
    expect(await consumer.members(OTHER_AUDIENCE)).toHaveLength(1)
    expect(await consumer.members(AUDIENCE)).toEqual([])
  })
})

describe('what comes after the trial run', () => {
  it('is sent, and nothing of what was received before, however late that comes', async () => {
    const consumer = await aConsumer()
    const trial = handlerWith(consumer, { settings: TRIAL })
    const late = received([{ add: [user('left'), user('stayed')], at: NOON - 2000 }]).track
    const inTime = received([{ remove: [user('left')], at: NOON - 1000 }]).track
    await consumer.invoke(
      inTime.map(({ body }) => aRecord('removal', { id: 'in-time', body })),
      180,
      trial,
    )
    await consumer.handle([
      ...messagesOf([{ add: [user('after')] }], NOON, settingsOf({ name: 'main' })).track,
      ...late,
    ])
    await consumer.retryFor(24)
    expect((await consumer.members()).map(({ EMAIL }) => EMAIL)).toEqual(hashes('after'))
    expect(logged(consumer, 'users_would_be_sent').map(({ direction, count }) => [direction, count])).toEqual([
      ['remove', 1],
      ['add', 2],
    ])
    expectNothingLeft(consumer)
  })

  it('is counted from the first event on where a destination begins with a trial run', async () => {
    const consumer = await aConsumer({ settings: settingsOf({ name: 'other' }, { name: 'new', dryRun: true }) })
    await consumer.handle(received([{ add: [user('jane')] }], settingsOf({ name: 'other' })).track)
    expect(logged(consumer, 'users_would_be_sent')).toMatchObject([{ destination: 'new', count: 1 }])
    expectNothingLeft(consumer)
  })
})
