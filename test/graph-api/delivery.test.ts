import { describe, expect, it } from 'vitest'
import { createTokenSource } from '../../lib/aws/access-token.ts'
import { createSecret } from '../../lib/aws/secret.ts'
import type { GraphAnswer, SendRequest } from '../../lib/graph-api/client.ts'
import { seededRandom } from '../../lib/local/graph-api/seeded-random.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import {
  aBatch,
  aChange,
  aClock,
  aDelivery,
  aDestination,
  AUDIENCE,
  changesOf,
  graphFailure,
  manyPeople,
  NO_USAGE,
  NOON,
  OTHER_AUDIENCE,
  people,
  refused,
  rowsIn,
  sha256,
  taken,
} from './builders.ts'

/** Gives one answer after the other, the last one again and again. */
function answering(...answers: [GraphAnswer, ...GraphAnswer[]]) {
  const last = answers.at(-1) ?? answers[0]
  const requests: { rows: number; token: string; timeoutMs: number }[] = []
  const send: SendRequest = ({ body }, { accessToken }, timeoutMs) => {
    requests.push({ rows: rowsIn(body).length, token: accessToken, timeoutMs })
    return Promise.resolve(answers[requests.length - 1] ?? last)
  }
  return { send, requests }
}

/** A secret whose text may change, and how often it was read. */
function aSecret(clock: () => number, text: string) {
  const state = { text, reads: 0 }
  const client = {
    send: () => {
      state.reads += 1
      return Promise.resolve({ SecretString: state.text })
    },
  }
  const secret = createSecret({ client: client as never, secretId: 'main', lifetimeMs: 300_000, clock })
  return Object.assign(state, { source: createTokenSource(secret) })
}

describe('a short failure', () => {
  it.each([
    ['code 1', graphFailure(1)],
    ['code 2', graphFailure(2)],
    ['a reset connection', { kind: 'network', reason: 'ECONNRESET' } as const],
    ['an empty 502', { kind: 'unreadable', status: 502, html: false } as const],
  ])('such as %s is repeated within seconds', async (_, failure) => {
    const meta = answering(refused(failure), refused(failure), taken(1))
    const { inTime, time } = aDelivery(meta)
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered', received: { numReceived: 1 } }])
    expect(time.slept).toEqual([500, 1000])
  })

  it('is repeated twice and then waits, with what is known of it', async () => {
    const meta = answering(refused(graphFailure(2)))
    const outcomes = await aDelivery(meta).inTime(aBatch(people('a')))
    expect(outcomes).toMatchObject([{ kind: 'waiting', reason: 'graph_2', tried: true, failure: { code: 2 } }])
    expect(meta.requests).toHaveLength(3)
  })

  it('is never repeated so late that the invocation would end under way', async () => {
    const meta = answering(refused(graphFailure(2)))
    const { inTime, time } = aDelivery({ ...meta, random: () => 1 })
    const outcomes = await inTime(aBatch(people('a')), 5.9)
    expect(meta.requests).toHaveLength(1)
    expect(time.slept).toEqual([])
    expect(outcomes, 'the failure is not forgotten').toMatchObject([
      { kind: 'waiting', reason: 'graph_2', tried: true },
    ])
  })
})

describe('the deadline', () => {
  it('bounds each request, which has a minute at most', async () => {
    const meta = answering(taken(1))
    const { inTime } = aDelivery(meta)
    await inTime(aBatch(people('a')), 165)
    await inTime(aBatch(people('a')), 20)
    expect(meta.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([60_000, 20_000])
  })

  it('leaves rows waiting, untried, when less than five seconds are left', async () => {
    const meta = answering(taken(1))
    expect(await aDelivery(meta).inTime(aBatch(people('a')), 4)).toEqual([
      { kind: 'waiting', changes: people('a'), reason: 'out_of_time', waitSeconds: 0 },
    ])
    expect(meta.requests).toEqual([])
  })

  it('leaves time for a half of a batch that Meta is too slow for, so that it gets smaller with every invocation', async () => {
    const time = aClock()
    const send: SendRequest = ({ body }, _, timeoutMs) => {
      const needed = 28_000 * rowsIn(body).length
      time.now += Math.min(needed, timeoutMs)
      return Promise.resolve(needed <= timeoutMs ? taken(1) : refused({ kind: 'timeout' }))
    }
    const outcomes = await aDelivery({ send, clock: time.clock }).inTime(aBatch(people('a', 'b', 'c', 'd')))
    expect(changesOf(outcomes, 'delivered')).toEqual(people('a', 'b'))
    expect(outcomes).toMatchObject([{ kind: 'delivered' }, { kind: 'waiting', changes: people('c', 'd') }])
  })

  it('lets every row have its turn in the end when Meta hangs on one, and the one counts as tried', async () => {
    const time = aClock()
    const random = seededRandom(1)
    const poison = sha256('a')
    const send: SendRequest = ({ body }, _, timeoutMs) => {
      if (!rowsIn(body).some(([cell]) => cell === poison)) return Promise.resolve(taken(1))
      time.now += timeoutMs
      return Promise.resolve(refused({ kind: 'timeout' }))
    }
    let waiting = people('a', 'b', 'c')
    for (let invocation = 0; invocation < 20 && waiting.length > 1; invocation += 1) {
      const outcomes = await aDelivery({ send, clock: time.clock, random }).inTime(aBatch(waiting))
      for (const outcome of outcomes) if (outcome.kind === 'waiting') expect(outcome.tried).toBe(true)
      waiting = changesOf(outcomes, 'waiting')
    }
    expect(waiting).toEqual(people('a'))
  })

  it('that cuts a request off is no reason to reject its row', async () => {
    const time = aClock()
    const poison = sha256('a')
    const send: SendRequest = ({ body }, _, timeoutMs) => {
      if (!rowsIn(body).some(([cell]) => cell === poison)) return Promise.resolve(taken(1))
      time.now += timeoutMs
      return Promise.resolve(refused({ kind: 'timeout' }))
    }
    const { inTime } = aDelivery({ send, clock: time.clock })
    const outcomes = await inTime(aBatch(people('b', 'a')), 165)
    expect(changesOf(outcomes, 'rejected')).toEqual([])
    expect(changesOf(outcomes, 'waiting')).toContainEqual(people('a')[0])
  })
})

describe('the access token', () => {
  it('is read again once when Meta refuses it, and the request is repeated with the new one', async () => {
    const time = aClock()
    const secret = aSecret(time.clock, 'old-token')
    const meta = answering(refused(graphFailure(190, 463)), taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock, token: () => secret.source })
    await secret.source.get()
    secret.text = 'new-token'
    time.now += 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
    expect(meta.requests.map(({ token }) => token)).toEqual(['old-token', 'new-token'])
    expect(secret.reads).toBe(2)
  })

  it('that is still the same is not tried again, and everything for the destination waits without a call', async () => {
    const meta = answering(refused(graphFailure(190, 463)))
    const { inTime } = aDelivery(meta)
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'waiting', reason: 'graph_190_463', tried: true }])
    expect(await inTime(aBatch(people('b'), { audienceId: OTHER_AUDIENCE }))).toEqual([
      { kind: 'waiting', changes: people('b'), reason: 'graph_190_463', waitSeconds: 0 },
    ])
    expect(meta.requests).toHaveLength(1)
  })

  it('is not asked for again when there is no time left for the request', async () => {
    const time = aClock()
    const secret = aSecret(time.clock, 'old-token')
    await secret.source.get()
    secret.text = 'new-token'
    const requests: number[] = []
    const send: SendRequest = (_, __, timeoutMs) => {
      requests.push(timeoutMs)
      time.now += 15_000
      return Promise.resolve(refused(graphFailure(190)))
    }
    await aDelivery({ send, clock: time.clock, token: () => secret.source }).inTime(aBatch(people('a')), 18)
    expect(requests).toEqual([18_000])
  })

  it('costs one read of the secret however many ask for it', async () => {
    const time = aClock()
    const secret = aSecret(time.clock, 'a-token')
    const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, token: () => secret.source })
    await Promise.all(Array.from({ length: 50 }, () => inTime(aBatch(people('a')))))
    await inTime(aBatch(people('a')))
    expect(secret.reads).toBe(1)
  })

  it.each([
    ['not-set', 'token_not_set'],
    ['{"accessToken":"not-set"}', 'token_not_set'],
    ['', 'token_not_set'],
    ['{"accessToken":', 'token_unreadable'],
  ])('%s leads to no call at all: the rows wait', async (text, reason) => {
    const time = aClock()
    const meta = answering(taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock, token: () => aSecret(time.clock, text).source })
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'waiting', reason, tried: true }])
    expect(meta.requests).toEqual([])
  })
})

describe('a pause', () => {
  it('of an audience holds back no other audience, and ends with the first success', async () => {
    const time = aClock()
    const blocked = refused(graphFailure(100, 1713230))
    const meta = answering(blocked, taken(1), taken(1), taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock })
    await inTime(aBatch(people('a')))
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'waiting', reason: 'graph_100_1713230' }])
    expect(await inTime(aBatch(people('a'), { audienceId: OTHER_AUDIENCE }))).toMatchObject([{ kind: 'delivered' }])
    time.now += 5 * 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
  })

  it('is probed by one request in five minutes, however many wait', async () => {
    const time = aClock()
    const meta = answering(refused(graphFailure(190)))
    const { inTime } = aDelivery({ ...meta, clock: time.clock })
    for (let minute = 0; minute < 60; minute += 1) {
      await Promise.all([inTime(aBatch(people('a'))), inTime(aBatch(people('b'), { audienceId: OTHER_AUDIENCE }))])
      time.now += 60_000
    }
    expect(meta.requests.length).toBeLessThanOrEqual(13)
  })

  it('that sets in while a batch is being divided stops its other parts', async () => {
    const html = refused({ kind: 'unreadable', status: 400, html: true })
    const meta = answering(html, html, refused(graphFailure(190)))
    const outcomes = await aDelivery(meta).inTime(aBatch(manyPeople(100)))
    expect(changesOf(outcomes, 'waiting')).toHaveLength(100)
    expect(meta.requests).toHaveLength(3)
  })
})

describe('a rate limit', () => {
  it('that tells its wait in the header makes the rows wait that long', async () => {
    const usage = { ...NO_USAGE, adAccounts: [{ id: '1', percent: 100, regainSeconds: 17 * 60 }] }
    const meta = answering({ ...refused(graphFailure(80003, 2446079)), usage })
    const { inTime } = aDelivery(meta)
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'waiting', waitSeconds: 1020, tried: true }])
    expect(await inTime(aBatch(people('b')))).toMatchObject([{ kind: 'waiting', reason: 'usage_limit' }])
    expect(meta.requests).toHaveLength(1)
  })

  it('that tells nothing holds the destination for five minutes', async () => {
    const time = aClock()
    const meta = answering(refused(graphFailure(613, 1487742)), taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock })
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'waiting', waitSeconds: 300 }])
    expect(await inTime(aBatch(people('b')))).toMatchObject([{ kind: 'waiting', waitSeconds: 300 }])
    time.now += 300_000
    expect(await inTime(aBatch(people('b')))).toMatchObject([{ kind: 'delivered' }])
    expect(meta.requests).toHaveLength(2)
  })

  it('that ends within seconds is waited for', async () => {
    const time = aClock()
    const pace = createPace(time.clock)
    pace.hold('main', 3)
    const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, sleep: time.sleep, pace })
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
    expect(time.slept).toEqual([3000])
  })

  it('in the midst of dividing a batch stops its other parts', async () => {
    const html = refused({ kind: 'unreadable', status: 400, html: true })
    const meta = answering(html, html, refused(graphFailure(2650, 1870145)))
    const outcomes = await aDelivery(meta).inTime(aBatch(manyPeople(100)))
    expect(outcomes).toMatchObject([{ waitSeconds: 300 }, { waitSeconds: 300 }])
    expect(meta.requests).toHaveLength(3)
  })
})

it('a removal that would make the audience too small lets adds to it go on', async () => {
  const send: SendRequest = ({ method }) =>
    Promise.resolve(method === 'DELETE' ? refused(graphFailure(200, 1870047)) : taken(1))
  const { inTime } = aDelivery({ send })
  expect(await inTime(aBatch(people('a'), { direction: 'remove' }))).toMatchObject([
    { kind: 'waiting', waitSeconds: 3600 },
  ])
  expect(await inTime(aBatch(people('b')))).toMatchObject([{ kind: 'delivered' }])
})

it('an error that never passes rejects the batch at once', async () => {
  const meta = answering(refused(graphFailure(100)))
  expect(await aDelivery(meta).inTime(aBatch(people('a', 'b')))).toMatchObject([
    { kind: 'rejected', reason: 'graph_100', failure: { fbtraceId: 'Atrace' } },
  ])
  expect(meta.requests).toHaveLength(1)
})

it('an unknown code is repeated for an hour and then rejected', async () => {
  const meta = answering(refused(graphFailure(4711)))
  const fresh = aChange(['EMAIL'], [sha256('fresh')])
  const old = { ...aChange(['EMAIL'], [sha256('old')]), firstFailedAt: NOON - 3_700_000 }
  expect(await aDelivery(meta).inTime(aBatch([fresh, old]))).toMatchObject([
    { kind: 'rejected', changes: [old], reason: 'graph_4711' },
    { kind: 'waiting', changes: [fresh], reason: 'graph_4711' },
  ])
})

it('the failure of one destination pauses no other', async () => {
  const time = aClock()
  const pauses = createPauses(time.clock)
  pauses.pause({ destination: 'main', audienceId: AUDIENCE }, 'destination', 'graph_190')
  const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, pauses })
  const other = aDestination({ name: 'other' })
  expect(await inTime(aBatch(people('a'), { destination: other }))).toMatchObject([{ kind: 'delivered' }])
  expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'waiting', reason: 'graph_190' }])
})
