import { describe, expect, it } from 'vitest'
import { isLong } from '../support/long.ts'
import type { SendRequest } from '../../lib/graph-api/client.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import type { GraphRequest } from '../../lib/graph-api/request.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import {
  AUDIENCE,
  HTML_400,
  NOON,
  OTHER_AUDIENCE,
  graphFailure,
  manyPeople,
  refused,
  rowsIn,
  settingsOf,
  sha256,
  taken,
} from '../graph-api/builders.ts'
import { aConsumer, aRecord, hashOf, messagesOf, user } from './consumer-support.ts'

const users = (count: number, prefix = 'user') =>
  Array.from({ length: count }, (_, index) => user(`${prefix}-${index}`))
const MINUTE = 60_000

type Consumer = Awaited<ReturnType<typeof aConsumer>>
type Sent = { method: string; audience: string; rows: string[][]; at: number }

/** A consumer whose requests are kept and answered here. Without an answer given, Meta takes the rows. */
async function aConsumerOf(
  answer: (sent: Sent, consumer: Consumer) => GraphFailure | undefined | Promise<GraphFailure | undefined> = () =>
    undefined,
  options: Parameters<typeof aConsumer>[0] = {},
) {
  const sent: Sent[] = []
  const send: SendRequest = async ({ method, path, body }: GraphRequest) => {
    const request = { method, audience: path.split('/')[2] ?? '', rows: rowsIn(body), at: consumer.time.now }
    sent.push(request)
    const failure = await answer(request, consumer)
    return failure ? refused(failure) : taken(request.rows.length)
  }
  const consumer: Consumer = await aConsumer({ ...options, delivery: { ...options.delivery, send } })
  return Object.assign(consumer, { sent })
}

const ofBoth = settingsOf({ name: 'main', events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } })
const change = (name: string, other: string) => messagesOf([{ add: [user(name)], remove: [user(other)] }]).track
const methods = (sent: readonly Sent[], audience = AUDIENCE) =>
  sent.filter((each) => each.audience === audience).map(({ method }) => method)
const waiting = ({ retry }: Consumer) =>
  retry.messages.flatMap(({ entry }) => {
    const rows = decodeRows(entry.body)
    return rows ? [{ ...rows, delaySeconds: entry.delaySeconds ?? 0 }] : []
  })

/** Counts every access to the register from now on. */
function watch(register: Consumer['register']) {
  const accesses: string[] = []
  for (const name of ['take', 'keepForRemovals', 'giveBack', 'letGo', 'append', 'read'] as const) {
    const original = register[name] as (...args: unknown[]) => unknown
    Object.assign(register, {
      [name]: (...args: unknown[]) => {
        accesses.push(name)
        return original(...args)
      },
    })
  }
  return accesses
}

describe('nothing is read, written or sent for an audience', () => {
  const pauses = createPauses(() => NOON)
  pauses.pause({ destination: 'main', audienceId: AUDIENCE }, 'destination', 'graph_190')
  const pace = createPace(() => NOON)
  pace.hold('main', 600)
  const notSet = ({ secrets }: Consumer) => void secrets.set('main', 'not-set')

  it.each([
    ['that is paused', { pauses }, undefined, 180],
    ['that is throttled', { pace }, undefined, 180],
    ['without a token', {}, notSet, 180],
    ['without time', {}, undefined, 80],
  ] as const)('%s', async (_, delivery, arrange, seconds) => {
    const consumer = await aConsumerOf(undefined, { delivery, settings: ofBoth })
    arrange?.(consumer)
    const accesses = watch(consumer.register)
    const records = change('jane', 'john').map(({ body }) => aRecord('track', { id: '1', body }))
    expect(await consumer.invoke(records, seconds)).toEqual([])
    expect([accesses, consumer.sent]).toEqual([[], []])
    expect(waiting(consumer)).toMatchObject([{ audienceIds: [AUDIENCE, OTHER_AUDIENCE], add: [{}], remove: [{}] }])
  })

  it('again and again for thousands of users who are paused for a day: they cost the register nothing', async () => {
    const consumer = await aConsumerOf(() => graphFailure(190))
    await consumer.handle(messagesOf([{ add: [user('first')] }]).track)
    const accesses = watch(consumer.register)
    await consumer.handle(messagesOf([{ add: users(isLong ? 10_000 : 1_000) }]).track)
    expect(accesses).toEqual([])
    await consumer.retryFor(20)
    expect(consumer.register.items.length, 'a probe now and then').toBeLessThanOrEqual(consumer.sent.length)
    expect(consumer.deadLetters.messages).toEqual([])
  })
})

describe('the register, when it fails for one audience,', () => {
  it.each(['take', 'read', 'append', 'giveBack'] as const)(
    '(%s) holds back that audience alone, in both directions',
    async (broken) => {
      const consumer = await aConsumerOf(undefined, { settings: ofBoth })
      const { register } = consumer
      register.heads.set(AUDIENCE, { newestAdd: NOON + 1, newestRemove: NOON + 1, lastKey: 1 })
      const original = register[broken] as (...args: unknown[]) => unknown
      Object.assign(register, {
        [broken]: (...args: [unknown]) => {
          const [first] = args
          const id = typeof first === 'string' ? first : (first as { audienceId: string }).audienceId
          if (id === AUDIENCE) throw new Error('unreachable')
          return original(...args)
        },
      })
      expect(await consumer.handle(change('jane', 'john'))).toEqual([])
      expect(methods(consumer.sent, OTHER_AUDIENCE)).toEqual(['DELETE', 'POST'])
      expect(consumer.lines.join()).toContain('register_failed')
      // The head could not be given back, but the rows were sent and written down.
      if (broken === 'giveBack') return
      expect(methods(consumer.sent)).toEqual([])
      expect(waiting(consumer).every(({ audienceIds }) => audienceIds.join() === AUDIENCE)).toBe(true)
      expect(waiting(consumer).flatMap(({ add, remove }) => [...add, ...remove])).toHaveLength(2)
    },
  )
})

it.each([
  ['is busy', { holder: 'another', heldUntil: Infinity }, ['one', 'two']],
  ['rests', { restUntil: NOON + 5 * MINUTE }, ['one', 'two']],
  ['is free', {}, ['one']],
])(
  'users of a paused destination are kept where their audience, which another one feeds too, %s',
  async (_, head, destinations) => {
    const pauses = createPauses(() => NOON)
    pauses.pause({ destination: 'one', audienceId: AUDIENCE }, 'destination', 'graph_190')
    const consumer = await aConsumerOf(undefined, {
      settings: settingsOf({ name: 'one' }, { name: 'two' }),
      delivery: { pauses },
    })
    consumer.register.heads.set(AUDIENCE, head)
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    expect(waiting(consumer).map(({ destination, add }) => [destination, add.length])).toEqual(
      destinations.map((destination) => [destination, 1]),
    )
  },
)

it('what may have been written down although the register failed is looked up by the next turn', async () => {
  const consumer = await aConsumerOf(undefined)
  const { register } = consumer
  const append = register.append
  let fails = true
  register.append = async (item) => {
    await append(item)
    if (fails) throw new Error('unreachable')
  }
  await consumer.handle(messagesOf([{ remove: [user('jane')], at: NOON }]).track)
  expect(consumer.sent).toEqual([])
  fails = false
  await consumer.handle(messagesOf([{ add: [user('jane')], at: NOON - 1_000 }]).track)
  expect(methods(consumer.sent), 'she was removed since').toEqual([])
})

it('a head whose take had no answer holds up an opt-out for no longer than the register takes', async () => {
  const consumer = await aConsumerOf(undefined)
  const { register } = consumer
  const take = register.take
  let lost = 1
  register.take = async (asked) => {
    const before = await take(asked)
    if ((lost -= 1) < 0) return before
    throw new Error('unreachable')
  }
  await consumer.handle(messagesOf([{ remove: [user('jane')] }]).track)
  await consumer.retryFor(0.05)
  expect(methods(consumer.sent)).toEqual(['DELETE'])
})

it('a table that writes too slowly for anything to be sent ends the turn with all rows stored', async () => {
  const consumer = await aConsumerOf(undefined)
  const { register, time } = consumer
  const append = register.append
  let appended = 0
  register.append = async (item) => {
    appended += 1
    await time.sleep(60_000)
    return append(item)
  }
  // The adds fill two items of the log.
  const [adds, removals] = isLong ? [30_000, 30_000] : [27_000, 100]
  await consumer.handle(messagesOf([{ add: users(adds), remove: users(removals, 'gone') }]).track)
  expect(appended).toBeLessThanOrEqual(2)
  expect(consumer.sent).toEqual([])
  const rows = waiting(consumer).flatMap(({ add, remove }) => [...add, ...remove])
  expect(rows).toHaveLength(adds + removals)
  expect(rows.filter(({ isWrittenDown }) => isWrittenDown)).toEqual([])
})

describe('an audience that others serve', () => {
  it('keeps rows waiting for 10 to 30 s, without an attempt and without a step of the schedule', async () => {
    const consumer = await aConsumerOf()
    consumer.register.heads.set(AUDIENCE, { holder: 'another', heldUntil: Infinity })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    for (let time = 0; time < 20; time += 1) {
      const [{ delaySeconds, add } = { delaySeconds: 0, add: [] }] = waiting(consumer)
      expect(delaySeconds).toBeGreaterThanOrEqual(10)
      expect(delaySeconds).toBeLessThanOrEqual(30 * 1.25 + 1)
      expect(add[0]).not.toHaveProperty('firstFailedAt')
      consumer.time.now = consumer.retry.nextAt()
      await consumer.consume(consumer.retry)
    }
    expect(consumer.sent).toEqual([])
    consumer.register.heads.delete(AUDIENCE)
    await consumer.retryFor(1)
    expect(consumer.sent).toHaveLength(1)
  })
})

describe('the head', () => {
  it.each([
    ['success', undefined],
    ['a failure', graphFailure(2)],
    ['a rejection', graphFailure(2650)],
    ['a timeout', { kind: 'timeout' }],
  ] as const)('is given back after %s', async (_, failure) => {
    const consumer = await aConsumerOf(() => failure)
    await consumer.handle(change('jane', 'john'))
    const { holder, newestAdd, newestRemove, lastKey } = consumer.register.heads.get(AUDIENCE) ?? {}
    expect([holder, newestAdd, newestRemove]).toEqual([undefined, NOON, NOON])
    expect(lastKey).toBeGreaterThanOrEqual(NOON)
  })

  it('is given back after something unexpected, with the word that nothing is known and the audience must rest', async () => {
    const consumer = await aConsumerOf(() => {
      throw new RangeError('a defect')
    })
    await consumer.handle(change('jane', 'john'))
    const { holder, newestAdd, newestRemove, restUntil } = consumer.register.heads.get(AUDIENCE) ?? {}
    const notKnown = Number.MAX_SAFE_INTEGER
    expect([holder, newestAdd, newestRemove]).toEqual([undefined, notKnown, notKnown])
    expect(restUntil).toBe(consumer.time.now + 5 * MINUTE)
  })

  it('that a crashed holder never gave back has the log looked up by the next one', async () => {
    const consumer = await aConsumerOf()
    await consumer.handle(messagesOf([{ remove: [user('jane')], at: NOON }]).track)
    // The head as a consumer leaves it that took it, wrote down the removal, and was killed.
    const { lastKey = 0 } = consumer.register.heads.get(AUDIENCE) ?? {}
    consumer.register.heads.set(AUDIENCE, { holder: 'killed', heldUntil: NOON + 8 * MINUTE, lastKey })
    consumer.time.now = NOON + 9 * MINUTE
    await consumer.handle(messagesOf([{ add: [user('jane')], at: NOON - MINUTE }], consumer.time.now).track)
    expect(methods(consumer.sent)).toEqual(['DELETE'])
  })

  it('is shared by all destinations that feed the audience, and so is the order', async () => {
    const settings = settingsOf({ name: 'one' }, { name: 'two' })
    const consumer = await aConsumerOf(undefined, { settings })
    const accesses = watch(consumer.register)
    const of = (destination: string, event: object) =>
      messagesOf([{ ...event, destinations: [destination] }], consumer.time.now).track
    await consumer.handle([
      ...of('one', { remove: [user('jane')], at: NOON - 5 }),
      ...of('two', { add: [user('jane'), user('john')], at: NOON - 10 }),
    ])
    expect(accesses.filter((access) => access === 'take')).toHaveLength(1)
    expect(consumer.sent.map(({ method, rows }) => [method, rows.length])).toEqual([
      ['DELETE', 1],
      ['POST', 1],
    ])
    await consumer.handle(of('two', { add: [user('jane')], at: NOON - 7 }))
    expect(consumer.sent, 'between invocations as well').toHaveLength(2)
  })
})

describe('a request without an answer', () => {
  const to = (audience: string, failure: GraphFailure) => (sent: Sent) =>
    sent.audience === audience ? failure : undefined

  it.each([
    ['a timeout', { kind: 'timeout' }],
    ['a reset connection', { kind: 'network', reason: 'ECONNRESET' }],
    ['a page with 502', { kind: 'unreadable', status: 502, html: true }],
  ] as const)('(%s) lets its audience rest for five minutes, and no other', async (_, failure) => {
    const consumer = await aConsumerOf(to(AUDIENCE, failure), { settings: ofBoth })
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    const before = consumer.sent.length
    const brokenOffAt = consumer.time.now
    expect(consumer.register.heads.get(AUDIENCE)?.restUntil).toBe(brokenOffAt + 5 * MINUTE)
    consumer.time.now = brokenOffAt + 5 * MINUTE - 1_000
    await consumer.handle(change('john', 'mary'))
    expect(methods(consumer.sent.slice(before))).toEqual([])
    expect(methods(consumer.sent.slice(before), OTHER_AUDIENCE)).toEqual(['DELETE', 'POST'])
    expect(consumer.lines.join()).toContain('audience_resting')
    consumer.time.now = brokenOffAt + 5 * MINUTE
    await consumer.handle(change('john', 'mary'))
    expect(methods(consumer.sent.slice(before))[0]).toBe('DELETE')
  })

  it.each([
    ['a refused connection', { kind: 'network', reason: 'ECONNREFUSED' }],
    ['an unknown host', { kind: 'network', reason: 'ENOTFOUND' }],
    ['a certificate', { kind: 'network', reason: 'CERT_HAS_EXPIRED' }],
    ['code 1', graphFailure(1)],
    ['code 2', graphFailure(2)],
  ] as const)('(not so %s) is the only reason to rest', async (_, failure) => {
    const consumer = await aConsumerOf(to(AUDIENCE, failure))
    await consumer.handle(messagesOf([{ add: [user('jane')] }]).track)
    expect(consumer.register.heads.get(AUDIENCE)?.restUntil).toBe(0)
  })

  it('to remove holds back the adds of the turn, which Meta could take before it', async () => {
    const consumer = await aConsumerOf(({ method }) => (method === 'DELETE' ? { kind: 'timeout' } : undefined))
    await consumer.handle(change('jane', 'john'))
    expect(methods(consumer.sent)).toEqual(['DELETE'])
    expect(waiting(consumer)).toMatchObject([{ add: [{}], remove: [{}] }])
    expect(waiting(consumer)[0]?.add[0], 'nothing was tried for them').not.toHaveProperty('firstFailedAt')
  })
})

describe('removals', () => {
  it('go before all adds of a turn, however many these are', async () => {
    const consumer = await aConsumerOf(undefined, { settings: settingsOf({ name: 'main', maxUserCount: 10 }) })
    await consumer.handle(messagesOf([{ add: users(30), remove: users(20, 'leaver') }]).track)
    expect(methods(consumer.sent)).toEqual(['DELETE', 'DELETE', 'POST', 'POST', 'POST'])
  })

  it('that would make the audience too small are refused once: those without an EXTERN_ID wait for the same', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EXTERN_ID', 'EMAIL'] })
    const consumer = await aConsumerOf(() => graphFailure(200, 1870047), { settings })
    await consumer.handle(messagesOf([{ remove: [{ EXTERN_ID: '7', ...user('jane') }, user('john')] }]).track)
    expect(consumer.sent).toHaveLength(1)
    expect(waiting(consumer).flatMap(({ remove }) => remove)).toHaveLength(2)
  })

  it('that Meta did not take add nobody again behind them', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL', 'PHONE'], defaultCountry: 'DE' })
    const consumer = await aConsumerOf(({ method }) => (method === 'DELETE' ? graphFailure(2) : undefined), {
      settings,
    })
    await consumer.handle(messagesOf([{ add: [user('jane')], at: NOON }]).track)
    const before = consumer.sent.length
    await consumer.handle(
      messagesOf([{ remove: [{ ...user('jane'), PHONE: '030 1234567' }], at: NOON - MINUTE }]).track,
    )
    expect(new Set(methods(consumer.sent.slice(before)))).toEqual(new Set(['DELETE']))
  })

  it('wait whole when who came back since could not be added behind them', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL', 'PHONE'], defaultCountry: 'DE' })
    let isDown = true
    const consumer = await aConsumerOf(({ method }) => (isDown && method === 'POST' ? graphFailure(2) : undefined), {
      settings,
    })
    const jane = { ...user('jane'), PHONE: '030 1234567' }
    isDown = false
    await consumer.handle(messagesOf([{ add: [user('jane')], at: NOON }]).track)
    isDown = true
    await consumer.handle(messagesOf([{ remove: [jane], at: NOON - MINUTE }]).track)
    expect(waiting(consumer)).toMatchObject([{ add: [], remove: [{ cells: [hashOf('jane'), sha256('49301234567')] }] }])
    isDown = false
    await consumer.retryFor(0.1)
    expect(consumer.sent.slice(-2).map(({ method, rows }) => [method, rows])).toEqual([
      ['DELETE', [['', sha256('49301234567')]]],
      ['POST', [[hashOf('jane'), '']]],
    ])
    expect(waiting(consumer)).toEqual([])
  })
})

it('users of an invocation who have nothing to match by are counted together', async () => {
  const consumer = await aConsumerOf()
  await consumer.handle(messagesOf([{ add: [user('jane'), { EMAIL: ' ' }] }, { add: [{ EMAIL: '' }] }]).track)
  const counts = consumer.lines.filter((line) => line.includes('"metric":"UsersDropped"'))
  expect(counts.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ value: 2, destination: 'main' }])
})

describe('whoever brings removals', () => {
  const REST = 5 * MINUTE
  const add = messagesOf([{ add: [user('jane')] }]).track
  const remove = messagesOf([{ remove: [user('john')] }]).track

  it('keeps the head that others hold from who brings none, and who brings none keeps it from nobody', async () => {
    const consumer = await aConsumerOf()
    const { heads } = consumer.register
    const busy = { holder: 'another', heldUntil: Infinity }
    heads.set(AUDIENCE, busy)
    await consumer.handle(add)
    expect(heads.get(AUDIENCE)).toEqual(busy)
    await consumer.handle(remove)
    const { holder: _, heldUntil: __, ...free } = heads.get(AUDIENCE) ?? {}
    heads.set(AUDIENCE, free)
    await consumer.handle(add)
    expect(methods(consumer.sent)).toEqual([])
    await consumer.handle(remove)
    expect(methods(consumer.sent)).toEqual(['DELETE'])
  })

  it('to an audience at rest has the first turn behind the rest', async () => {
    const consumer = await aConsumerOf()
    consumer.register.heads.set(AUDIENCE, { restUntil: NOON + REST })
    await consumer.handle(remove)
    consumer.time.now = NOON + REST + 1
    await consumer.handle(add)
    expect(methods(consumer.sent)).toEqual([])
    await consumer.retryFor(0.1)
    expect(methods(consumer.sent)).toEqual(['DELETE', 'POST'])
  })

  it('waits for the head no longer than leaves the time of a whole turn', async () => {
    const consumer = await aConsumerOf()
    consumer.register.heads.set(AUDIENCE, { holder: 'another', heldUntil: Infinity })
    await consumer.handle(remove)
    // 180 s, less 30 for the turn, 60 for its last request and 25 to store what is left.
    expect(consumer.time.now - NOON).toBeGreaterThanOrEqual(65_000)
    expect(consumer.time.now - NOON).toBeLessThanOrEqual(66_000)
  })

  it('alone has that turn: after a rest that only adds have found, adds go on at once', async () => {
    const consumer = await aConsumerOf()
    consumer.register.heads.set(AUDIENCE, { restUntil: NOON + REST })
    await consumer.handle(add)
    consumer.time.now = NOON + REST + 1
    await consumer.handle(add)
    expect(methods(consumer.sent)).toEqual(['POST'])
  })
})

it.each([
  ['half a minute, where it has the time', 180, 4],
  ['the last that it can wait for, where it has less', 100, 2],
])('a turn begins no request after %s, and what is left goes to the retry queue', async (_, seconds, requests) => {
  const consumer = await aConsumerOf(
    (_, { time }) => {
      time.now += 8_000
      return undefined
    },
    { settings: settingsOf({ name: 'main', maxUserCount: 10 }) },
  )
  const [{ body } = { body: '' }] = messagesOf([{ add: users(100) }]).track
  await consumer.invoke([aRecord('track', { id: 'import', body })], seconds)
  expect(consumer.sent).toHaveLength(requests)
  expect(waiting(consumer).flatMap((message) => message.add)).toHaveLength(100 - 10 * requests)
})

describe('a batch that Meta is too slow for', () => {
  const MOST_MS = 60_000
  /** Every row takes its time, and a minute is the end. */
  const taking =
    (msOfRow: number) =>
    async (sent: Sent, { time }: Consumer) => {
      const ms = msOfRow * sent.rows.length
      await time.sleep(Math.min(MOST_MS, ms))
      return ms > MOST_MS ? ({ kind: 'timeout' } as const) : undefined
    }

  it.each([isLong ? 10_000 : 1_000, 40])(
    'comes back half as large until it is small enough: all of %s rows arrive',
    async (count) => {
      const msOfRow = 860_000 / count
      const consumer = await aConsumerOf(taking(msOfRow))
      await consumer.handle(messagesOf([{ add: users(count) }]).track)
      await consumer.retryFor(12)
      expect(consumer.retry.messages).toEqual([])
      expect(consumer.deadLetters.messages).toEqual([])
      const sizes = consumer.sent.map(({ rows }) => rows.length)
      expect(sizes.slice(0, 5)).toEqual([1, 2, 4, 8, 16].map((part) => Math.ceil(count / part)))
      const arrived = consumer.sent
        .filter(({ rows }) => rows.length * msOfRow <= MOST_MS)
        .flatMap(({ rows }) => rows.flat())
      expect(arrived).toHaveLength(count)
      expect(new Set(arrived).size).toBe(count)
    },
  )

  it('grows again with every quick success, twofold where it was very quick', async () => {
    let msOfRow = 86
    const consumer = await aConsumerOf((sent, all) => taking(msOfRow)(sent, all))
    await consumer.handle(messagesOf([{ add: users(10_000) }]).track)
    while (consumer.sent.length < 4) {
      consumer.time.now = consumer.retry.nextAt()
      await consumer.consume(consumer.retry)
    }
    msOfRow = 1
    await consumer.retryFor(1)
    expect(consumer.sent.map(({ rows }) => rows.length)).toEqual([
      ...[10_000, 5_000, 2_500, 1_250],
      ...[625, 1_250, 2_500, 3_000, 2_625],
    ])
  })

  it('has no size of its own any more once it has grown to the largest', async () => {
    const consumer = await aConsumerOf(undefined, { settings: settingsOf({ name: 'main', maxUserCount: 5 }) })
    const [add, remove] = [manyPeople(5), manyPeople(4, 'leaver')]
    const waited = { destination: 'main', audienceIds: [AUDIENCE], waitingSince: NOON, atOnce: 4, add, remove }
    await consumer.retry.send(packRows({ ...waited, schema: ['EMAIL'] }))
    await consumer.consume(consumer.retry)
    expect(consumer.sent.map(({ method, rows }) => [method, rows.length])).toEqual([
      ['DELETE', 4],
      ['POST', 5],
    ])
  })

  it('says how large it may be in the message that waits', async () => {
    const consumer = await aConsumerOf(taking(86))
    await consumer.handle(messagesOf([{ add: users(1_001) }]).track)
    expect(waiting(consumer).map(({ atOnce }) => atOnce)).toEqual([501])
  })
})

it('twenty audiences with Meta at twenty seconds a request end in time, with everything sent or stored', async () => {
  const audiences = Array.from({ length: 20 }, (_, index) => String(23846440602800582n + BigInt(index)))
  const settings = settingsOf({ name: 'main', events: { USER_ADD: audiences } })
  let isSlow = true
  const consumer = await aConsumerOf(
    async (_, { time }) => {
      if (isSlow) await time.sleep(20_000)
      return undefined
    },
    { settings },
  )
  expect(await consumer.handle(change('jane', 'john'))).toEqual([])
  expect(Math.max(...consumer.sent.map(({ at }) => at))).toBeLessThanOrEqual(NOON + 95_000)
  const sent = consumer.sent.map(({ audience, method }) => `${method} ${audience}`)
  const stored = waiting(consumer).flatMap(({ audienceIds, add, remove }) =>
    audienceIds.flatMap((id) => [...add.map(() => `POST ${id}`), ...remove.map(() => `DELETE ${id}`)]),
  )
  expect([...sent, ...stored].sort()).toEqual(audiences.flatMap((id) => [`DELETE ${id}`, `POST ${id}`]).sort())
  isSlow = false
  await consumer.retryFor(1)
  expect(consumer.sent).toHaveLength(40)
})

describe('what is known of a person', () => {
  it('since a removal puts nobody back behind an older one that comes late', async () => {
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL', 'PHONE'], defaultCountry: 'DE' })
    const consumer = await aConsumerOf(undefined, { settings })
    const phone = { PHONE: '030 1234567' }
    const jane = { ...user('jane'), ...phone }
    await consumer.handle(messagesOf([{ add: [jane], at: NOON - 2 * MINUTE }]).track)
    await consumer.handle(messagesOf([{ remove: [phone], at: NOON - MINUTE }]).track)
    await consumer.handle(
      messagesOf([{ remove: [{ ...user('jane'), PHONE: '030 7654321' }], at: NOON - 3 * MINUTE }]).track,
    )
    expect(methods(consumer.sent)).toEqual(['POST', 'DELETE', 'DELETE'])
  })

  it('in a value-based audience is the newest value, also where an older one comes late', async () => {
    const settings = settingsOf({
      name: 'main',
      userSchema: ['EMAIL', 'LOOKALIKE_VALUE'],
      isValueBasedAudience: true,
    })
    const consumer = await aConsumerOf(undefined, { settings })
    const add = (value: number, at: number) =>
      consumer.handle(messagesOf([{ add: [{ ...user('jane'), LOOKALIKE_VALUE: value }], at }]).track)
    await add(80, NOON)
    await add(50, NOON - MINUTE)
    expect(consumer.sent.map(({ rows }) => rows)).toEqual([[[hashOf('jane'), 80]]])
    await add(90, NOON + MINUTE)
    expect(consumer.sent).toHaveLength(2)
  })

  it('by names and place alone does not depend on a value: a removal stands against an hour-older add', async () => {
    const userSchema = ['FN', 'LN', 'ZIP', 'COUNTRY', 'LOOKALIKE_VALUE']
    const settings = settingsOf({ name: 'main', userSchema, isValueBasedAudience: true })
    const consumer = await aConsumerOf(undefined, { settings })
    const jane = { FN: 'Jane', LN: 'Doe', ZIP: '94035', COUNTRY: 'us' }
    await consumer.handle(messagesOf([{ remove: [{ ...jane, LOOKALIKE_VALUE: 5 }], at: NOON }]).track)
    await consumer.handle(messagesOf([{ add: [{ ...jane, LOOKALIKE_VALUE: 7 }], at: NOON - 60 * MINUTE }]).track)
    expect(methods(consumer.sent)).toEqual(['DELETE'])
  })

  it('and overtaken is counted, and says of whom it was not', async () => {
    const consumer = await aConsumerOf()
    await consumer.handle(messagesOf([{ remove: users(3), at: NOON }]).track)
    await consumer.handle(messagesOf([{ add: users(5), at: NOON - MINUTE }]).track)
    expect(consumer.sent.at(-1)?.rows).toHaveLength(2)
    const lines = consumer.lines.filter((line) => line.includes('users_overtaken'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('"count":3')
  })
})

it('a row too old to be looked up in half a minute waits, and its fresh neighbours go', async () => {
  const consumer = await aConsumerOf()
  const { register, time } = consumer
  register.heads.set(AUDIENCE, { newestAdd: NOON, newestRemove: NOON, lastKey: NOON })
  register.read = async function* (audienceId, direction) {
    for (let minutes = 0; ; minutes += 10) {
      await time.sleep(4_000)
      yield { audienceId, direction, key: NOON - minutes * MINUTE, entries: new Uint8Array() }
    }
  }
  const year = 365 * 24 * 60 * MINUTE
  await consumer.handle(
    messagesOf([
      { add: [user('old')], at: NOON - year },
      { add: [user('fresh')], at: NOON - MINUTE },
    ]).track,
  )
  expect(consumer.sent.map(({ rows }) => rows)).toEqual([[[hashOf('fresh')]]])
  // The read that half a minute has ended takes another four seconds.
  expect(consumer.sent[0]?.at).toBeLessThanOrEqual(NOON + 34_000)
  expect(waiting(consumer)).toMatchObject([{ add: [{ cells: [hashOf('old')] }] }])
  expect(waiting(consumer)[0]?.add[0]).not.toHaveProperty('isWrittenDown')
  expect(consumer.lines.join()).toContain('register_out_of_time')
})

it('a removal of last year, for which more adds are in the log than half a minute reads, holds up none of its neighbours', async () => {
  const consumer = await aConsumerOf()
  const { register, time } = consumer
  register.heads.set(AUDIENCE, { newestAdd: NOON, newestRemove: NOON, lastKey: NOON })
  register.read = async function* (audienceId, direction) {
    for (let minutes = 0; minutes < (direction === 'add' ? Infinity : 100); minutes += 10) {
      await time.sleep(direction === 'add' ? 4_000 : 100)
      yield { audienceId, direction, key: NOON - minutes * MINUTE, entries: new Uint8Array() }
    }
  }
  const year = 365 * 24 * 60 * MINUTE
  await consumer.handle(
    messagesOf([
      { remove: [user('old')], at: NOON - year },
      { remove: [user('fresh')], at: NOON - MINUTE },
      { add: [user('new')], at: NOON - MINUTE },
    ]).track,
  )
  expect(consumer.sent.map(({ rows }) => rows)).toEqual([[[hashOf('fresh')]], [[hashOf('new')]]])
  expect(waiting(consumer)).toMatchObject([{ remove: [{ cells: [hashOf('old')] }] }])
})

it('a turn that has no time left once the log is read writes nothing, and its rows wait without having failed', async () => {
  const consumer = await aConsumerOf()
  const { register, time } = consumer
  register.heads.set(AUDIENCE, { newestRemove: NOON, lastKey: NOON })
  register.read = async function* (audienceId, direction) {
    await time.sleep(20_000)
    yield { audienceId, direction, key: NOON - MINUTE, entries: new Uint8Array() }
  }
  const messages = messagesOf([{ add: [user('jane')], at: NOON - MINUTE }]).track
  await consumer.invoke(
    messages.map(({ body }) => aRecord('track', { id: '1', body })),
    100,
  )
  expect([consumer.sent, register.items]).toEqual([[], []])
  expect(register.heads.get(AUDIENCE), 'nor does the head know of a word').toMatchObject({ newestAdd: -1 })
  expect(waiting(consumer)).toHaveLength(1)
  expect(waiting(consumer)[0]?.add[0]).not.toHaveProperty('firstFailedAt')
  expect(consumer.lines.join()).toContain('out_of_time')
})

it('rows that Meta refuses for a day are written down once', async () => {
  const consumer = await aConsumerOf(() => graphFailure(2))
  await consumer.handle(messagesOf([{ add: users(3), remove: [user('left')] }]).track)
  const { length } = consumer.register.items
  await consumer.retryFor(24)
  expect(consumer.sent.length).toBeGreaterThan(20)
  expect(consumer.register.items).toHaveLength(length)
})

it('a poisonous row rests nobody, and its neighbours are delivered in the same turn', async () => {
  const poison = hashOf('user-3')
  const consumer = await aConsumerOf(({ rows }) => (rows.some(([cell]) => cell === poison) ? HTML_400 : undefined))
  await consumer.handle(messagesOf([{ add: users(8) }]).track)
  expect(waiting(consumer)).toMatchObject([{ add: [{ cells: [poison], singledOut: 'refused' }] }])
  await consumer.handle([
    ...messagesOf([{ add: users(3, 'next') }]).track,
    ...consumer.retry.messages.map(({ entry: { body, bytes } }) => ({ body, bytes })),
  ])
  expect(consumer.deadLetters.messages).toMatchObject([{ entry: { attributes: { reason: 'http_400' } } }])
})
