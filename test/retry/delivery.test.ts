import { describe, expect, it } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import { createTokenSource } from '../../lib/aws/token-source.ts'
import { createSecret } from '../../lib/aws/secret.ts'
import type { GraphAnswer, SendRequest } from '../../lib/graph-api/client.ts'
import { obstacleTo } from '../../lib/graph-api/obstacle.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import {
  AUDIENCE,
  HTML_400,
  NOON,
  NO_USAGE,
  OTHER_AUDIENCE,
  aBatch,
  aChange,
  aClock,
  aDelivery,
  aDestination,
  aToken,
  changesOf,
  graphFailure,
  manyPeople,
  people,
  refused,
  rowsIn,
  sha256,
  taken,
} from '../graph-api/builders.ts'

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
    expect(outcomes).toMatchObject([{ kind: 'failed', reason: 'graph_2', patience: 'outage', failure: { code: 2 } }])
    expect(meta.requests).toHaveLength(3)
  })

  it('is repeated in the midst of dividing a batch as well', async () => {
    const html = refused(HTML_400)
    const meta = answering(html, html, html, refused(graphFailure(2)), taken(1))
    expect(changesOf(await aDelivery(meta).inTime(aBatch(manyPeople(100))), 'delivered')).toHaveLength(100)
  })

  it('of a row that is sent alone, beside others that have passed, is repeated twice before it counts', async () => {
    const html = refused(HTML_400)
    const [first, second] = people('a', 'b') as [Change, Change]
    const divided = aDelivery(answering(html, html, html, taken(1), html, html, taken(1)))
    expect(changesOf(await divided.inTime(aBatch([first, second])), 'delivered')).toEqual([first, second])
    const marked = { ...second, singledOut: 'unanswered' as const }
    const singledOut = aDelivery(answering(taken(1), html, html, taken(1)))
    expect(changesOf(await singledOut.inTime(aBatch([first, marked])), 'delivered')).toEqual([first, marked])
  })

  it('that lasts for one request does not stop those behind it, where others have passed', async () => {
    const down = refused(graphFailure(2))
    const { inTime } = aDelivery(answering(taken(1), down, down, down, taken(1)))
    const outcomes = await inTime(aBatch(people('a', 'b', 'c'), { destination: aDestination({ maxUserCount: 1 }) }))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'failed', 'delivered'])
  })

  it('is never repeated after the end that it was given', async () => {
    const meta = answering(refused(graphFailure(2)))
    const { inTime, time } = aDelivery({ ...meta, random: () => 1 })
    const outcomes = await inTime(aBatch(people('a')), 0.9)
    expect(meta.requests).toHaveLength(1)
    expect(time.slept).toEqual([])
    expect(outcomes, 'the failure is not forgotten').toMatchObject([{ kind: 'failed', reason: 'graph_2' }])
  })
})

describe('the end', () => {
  it('is the last moment at which a request begins, and each has a minute from then', async () => {
    const meta = answering(taken(1))
    const { inTime } = aDelivery(meta)
    await inTime(aBatch(people('a')), 165)
    await inTime(aBatch(people('a')), 0)
    expect(meta.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([60_000, 60_000])
  })

  it('has passed for rows for which nothing is tried: they wait', async () => {
    const meta = answering(taken(1))
    expect(await aDelivery(meta).inTime(aBatch(people('a')), -1)).toEqual([
      { kind: 'held', changes: people('a'), reason: 'out_of_time', waitSeconds: 0 },
    ])
    expect(meta.requests).toEqual([])
  })

  it('is not waited for: rows whose turn would come later wait elsewhere', async () => {
    const time = aClock()
    const pace = createPace(time.clock)
    pace.hold('main', 3)
    const meta = answering(taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock, sleep: time.sleep, pace })
    expect(await inTime(aBatch(people('a')), 2)).toMatchObject([{ kind: 'held', reason: 'out_of_time' }])
    expect([meta.requests.length, time.slept]).toEqual([0, []])
  })
})

describe('a batch without an answer', () => {
  const SLOW = { kind: 'timeout' } as const

  it('is not tried again when Meta was too slow for it, comes back half as large, and has not failed: one row may be why', async () => {
    const meta = answering(refused(SLOW))
    expect(await aDelivery(meta).delivered(aBatch(manyPeople(101)))).toMatchObject({
      outcomes: [{ kind: 'held', reason: 'audience_resting' }],
      atOnce: 51,
    })
    expect(meta.requests).toHaveLength(1)
  })

  it('that is a single row has failed, for as long as an outage may last', async () => {
    const { outcomes } = await aDelivery(answering(refused(SLOW))).delivered(aBatch(people('slow')))
    expect(outcomes).toMatchObject([{ kind: 'failed', reason: 'timeout', patience: 'outage' }])
    expect(outcomes[0]?.changes[0]?.singledOut).toBeUndefined()
  })

  it('that is a single row of many is marked where others passed, is sent alone behind others, and then is rejected', async () => {
    const [slow, ...others] = people('slow', 'a') as [Change, ...Change[]]
    const requests: number[] = []
    const send: SendRequest = ({ body }) => {
      requests.push(rowsIn(body).length)
      return Promise.resolve(rowsIn(body).some(([cell]) => cell === slow.cells[0]) ? refused(SLOW) : taken(1))
    }
    const first = await aDelivery({ send }).delivered(aBatch([...others, slow]), 95, 1)
    const marked = { ...slow, singledOut: 'unanswered' as const }
    expect(first.outcomes.at(-1)).toMatchObject({ kind: 'failed', changes: [marked] })
    expect((await aDelivery({ send }).delivered(aBatch([marked, ...others]))).outcomes).toMatchObject([
      { kind: 'delivered', changes: others },
      { kind: 'rejected', reason: 'timeout', changes: [marked] },
    ])
    expect(requests).toEqual([1, 1, 1, 1])
  })

  it.each([
    [16, 'is small enough for each of its rows to be sent alone the next time', 'suspected'],
    [17, 'comes back smaller first', undefined],
  ])('of %i rows, after others have passed, %s', async (count, _, singledOut) => {
    const { delivered } = aDelivery(answering(taken(count), refused(SLOW)))
    const destination = aDestination({ maxUserCount: count })
    const { outcomes } = await delivered(aBatch(manyPeople(2 * count), { destination }))
    const held = changesOf(outcomes, 'held')
    expect(held.map((change) => change.singledOut)).toEqual(Array(count).fill(singledOut))
  })

  it('leaves rows that are all given up when Meta then calls them invalid, though nothing passes beside them', async () => {
    const rows = people('a', 'b', 'c', 'failed').map((change) => ({ ...change, firstFailedAt: NOON - 60_000 }))
    const alone = rows.slice(0, 3).map((change) => ({ ...change, singledOut: 'unanswered' as const }))
    const outcomes = await aDelivery(answering(refused(graphFailure(100)))).inTime(aBatch([...alone, ...rows.slice(3)]))
    expect(changesOf(outcomes, 'rejected')).toEqual(alone)
    expect(changesOf(outcomes, 'failed')).toEqual(rows.slice(3))
  })

  it('comes back behind those that were not sent yet', async () => {
    const rows = manyPeople(60)
    const { inTime } = aDelivery(answering(refused(SLOW)))
    const outcomes = await inTime(aBatch(rows, { destination: aDestination({ maxUserCount: 20 }) }))
    expect(changesOf(outcomes, 'held')).toEqual([...rows.slice(20), ...rows.slice(0, 20)])
  })

  it('of a few rows comes back smaller, and none of them is suspected, where nothing has passed', async () => {
    const { outcomes, atOnce } = await aDelivery(answering(refused(SLOW))).delivered(aBatch(manyPeople(10)))
    expect(atOnce).toBe(5)
    expect(changesOf(outcomes, 'held')).toEqual(manyPeople(10))
  })

  it('leaves rows that are sent alone: those without a failure first, and before the others if all of these have failed', async () => {
    const [hung, suspect, good, failed] = people('hung', 'suspect', 'good', 'failed') as [
      Change,
      Change,
      Change,
      Change,
    ]
    const firstFailedAt = NOON - 60_000
    const alone: Change[] = [
      { ...hung, singledOut: 'unanswered', firstFailedAt },
      { ...suspect, singledOut: 'suspected' },
    ]
    const orderOf = async (changes: readonly Change[]) => {
      const sent: string[] = []
      const send: SendRequest = ({ body }) => {
        sent.push(...rowsIn(body).flat())
        return Promise.resolve(taken(1))
      }
      await aDelivery({ send }).inTime(aBatch(changes))
      return sent
    }
    const cellsOf = (...changes: readonly Change[]) => changes.flatMap(({ cells }) => cells)
    expect(await orderOf([...alone, good])).toEqual(cellsOf(good, suspect, hung))
    expect(await orderOf([...alone, { ...failed, firstFailedAt }])).toEqual(cellsOf(suspect, hung, failed))
  })

  it('of a session is one batch, whatever its size: it has failed and waits in its order', async () => {
    const session = { sessionId: '1', batchSequence: 1, lastBatch: false }
    const { outcomes } = await aDelivery(answering(refused(SLOW))).delivered({ ...aBatch(manyPeople(9)), session })
    expect(outcomes).toMatchObject([{ kind: 'failed', reason: 'timeout' }])
  })

  it('is smaller the next time as well when Meta refused the whole and was too slow for a half', async () => {
    const html = refused(HTML_400)
    const { delivered } = aDelivery(answering(html, html, html, refused(SLOW)))
    expect(await delivered(aBatch(manyPeople(100)))).toMatchObject({ atOnce: 50 })
  })

  it.each([
    ['a timeout', SLOW, true],
    ['a reset connection', { kind: 'network', reason: 'ECONNRESET' } as const, true],
    ['a socket closed by the other side', { kind: 'network', reason: 'UND_ERR_SOCKET' } as const, true],
    ['a page in place of JSON with 502', { kind: 'unreadable', status: 502, html: true } as const, true],
    ['an empty 504', { kind: 'unreadable', status: 504, html: false } as const, true],
    ['a broken TLS record', { kind: 'network', reason: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' } as const, true],
    ['an alert of TLS', { kind: 'network', reason: 'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC' } as const, true],
    ['a host that became unreachable', { kind: 'network', reason: 'EHOSTUNREACH' } as const, true],
    ['a network that became unreachable', { kind: 'network', reason: 'ENETUNREACH' } as const, true],
    ['a refused connection', { kind: 'network', reason: 'ECONNREFUSED' } as const, false],
    ['an unknown host', { kind: 'network', reason: 'ENOTFOUND' } as const, false],
    ['a host that is not known for the moment', { kind: 'network', reason: 'EAI_AGAIN' } as const, false],
    ['a connection that never came about', { kind: 'network', reason: 'UND_ERR_CONNECT_TIMEOUT' } as const, false],
    ['a certificate that has ended', { kind: 'network', reason: 'CERT_HAS_EXPIRED' } as const, false],
    ['one for another host', { kind: 'network', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' } as const, false],
    ['one of an unknown signer', { kind: 'network', reason: 'SELF_SIGNED_CERT_IN_CHAIN' } as const, false],
    ['one without its chain', { kind: 'network', reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } as const, false],
    ['a page with 400', HTML_400, false],
    ['code 1', graphFailure(1), false],
    ['code 2', graphFailure(2), false],
    ['code 100', graphFailure(100), false],
  ])('after %s may take effect late: %s', async (_, failure, mayTakeEffect) => {
    const { delivered, time } = aDelivery(answering(refused(failure)))
    const { unansweredAt } = await delivered(aBatch(people('a')))
    expect(unansweredAt).toBe(mayTakeEffect ? time.now : undefined)
  })

  it('may take effect late although no time was left to repeat it', async () => {
    const { delivered } = aDelivery(answering(refused({ kind: 'network', reason: 'ECONNRESET' })))
    expect(await delivered(aBatch(people('a')), 0)).toMatchObject({
      outcomes: [{ kind: 'failed', reason: 'network' }],
      unansweredAt: NOON,
    })
  })

  it('may take effect late although the same batch had an answer afterwards', async () => {
    const { delivered } = aDelivery(answering(refused({ kind: 'network', reason: 'ECONNRESET' }), taken(1)))
    expect(await delivered(aBatch(people('a')))).toMatchObject({
      outcomes: [{ kind: 'delivered' }],
      unansweredAt: NOON,
    })
  })

  it.each([
    ['was too large or too much for Meta', [HTML_400], 95],
    ['was too large, and no time was left to halve it', [HTML_400], 0.4],
    ['was refused for good', [graphFailure(2650)], 95],
  ])('may take effect late although the same batch %s afterwards', async (_, failures, seconds) => {
    const reset = refused({ kind: 'network', reason: 'ECONNRESET' })
    const { delivered } = aDelivery({ ...answering(reset, ...failures.map(refused)), random: () => 0.4 })
    expect(await delivered(aBatch(people('a', 'b')), seconds)).toMatchObject({ unansweredAt: NOON })
  })

  it('that was too large afterwards comes back half as large after the rest', async () => {
    const reset = refused({ kind: 'network', reason: 'ECONNRESET' })
    const { delivered } = aDelivery(answering(reset, refused(HTML_400)))
    expect(await delivered(aBatch(manyPeople(100)))).toMatchObject({
      outcomes: [{ kind: 'failed', waitSeconds: 300 }],
      atOnce: 50,
    })
  })
})

describe('a failure behind which there is no time to repeat it', () => {
  it('brings a batch that may be too large back half as large', async () => {
    const send = () => {
      time.now += 20_000
      return Promise.resolve(refused(HTML_400))
    }
    const { delivered, time } = aDelivery({ send })
    expect(await delivered(aBatch(people('a', 'b', 'c', 'd')), 10)).toMatchObject({ atOnce: 2 })
  })

  it('leaves the size as it was where some rows of the batch have passed', async () => {
    const [bad, ...good] = manyPeople(200)
    const send: SendRequest = ({ body }) => {
      time.now += 40_000
      const isBad = rowsIn(body).some(([cell]) => cell === bad?.cells[0])
      return Promise.resolve(isBad ? refused(graphFailure(100)) : taken(50))
    }
    const { delivered, time } = aDelivery({ send })
    const changes = [...good.slice(0, 60), ...(bad ? [bad] : []), ...good.slice(60)]
    expect(await delivered(aBatch(changes), 95, 100)).toMatchObject({
      outcomes: [{ kind: 'delivered' }, { kind: 'held', reason: 'out_of_time' }],
      atOnce: 100,
    })
  })

  it('waits as long as its answer says that Meta limits the calls, and so do those behind it', async () => {
    const usage = { ...NO_USAGE, adAccounts: [{ id: '1', percent: 99, regainSeconds: 1_800 }] }
    const meta = answering({ ...refused(graphFailure(2)), usage })
    const { inTime } = aDelivery(meta)
    const outcomes = await inTime(aBatch(people('a', 'b'), { destination: aDestination({ maxUserCount: 1 }) }))
    expect(outcomes).toMatchObject([
      { kind: 'failed', reason: 'graph_2', waitSeconds: 1_800, changes: [{}] },
      { kind: 'held', reason: 'usage_limit', waitSeconds: 1_800, changes: [{}] },
    ])
    expect(meta.requests).toHaveLength(1)
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
    expect(await inTime(aBatch(people('a')))).toMatchObject([
      { kind: 'failed', reason: 'graph_190_463', patience: 'setting', pausedSince: NOON },
    ])
    expect(await inTime(aBatch(people('b'), { audienceId: OTHER_AUDIENCE }))).toEqual([
      { kind: 'held', changes: people('b'), reason: 'graph_190_463', waitSeconds: 0, since: NOON },
    ])
    expect(meta.requests).toHaveLength(1)
  })

  it('that a fresh one could replace is not tried again when no request may begin any more', async () => {
    const time = aClock()
    const secret = aSecret(time.clock, 'old-token')
    await secret.source.get()
    secret.text = 'new-token'
    let requests = 0
    const send: SendRequest = () => {
      requests += 1
      time.now += 15_000
      return Promise.resolve(refused(graphFailure(190)))
    }
    await aDelivery({ send, clock: time.clock, token: () => secret.source }).inTime(aBatch(people('a')), 14)
    expect(requests).toBe(1)
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
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', reason, since: NOON }])
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
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', reason: 'graph_100_1713230' }])
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

  it('is as old as its first refusal, however often it was probed since', async () => {
    const time = aClock()
    const { inTime } = aDelivery({ ...answering(refused(graphFailure(190))), clock: time.clock })
    await inTime(aBatch(people('a')))
    time.now += 5 * 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'failed', pausedSince: NOON }])
    time.now += 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', since: NOON }])
  })

  it('of an audience is not probed again within five minutes when the probe had no answer', async () => {
    const time = aClock()
    const meta = answering(refused(graphFailure(200)), refused({ kind: 'timeout' }), taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock })
    await inTime(aBatch(people('a')))
    time.now += 5 * 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'failed', reason: 'timeout' }])
    time.now += 5 * 60_000 - 1
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', reason: 'graph_200' }])
  })

  it('is probed by a request that is repeated as any other when it fails for a moment', async () => {
    const time = aClock()
    const meta = answering(refused(graphFailure(190)), refused(graphFailure(2)), taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock })
    await inTime(aBatch(people('a')))
    time.now += 5 * 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
  })

  it('of an audience and one of its destination are both waited for', async () => {
    const time = aClock()
    const pauses = createPauses(time.clock)
    const target = { destination: 'main', audienceId: AUDIENCE }
    pauses.pause(target, 'destination', 'graph_190')
    time.now += 60_000
    pauses.pause(target, 'audience', 'graph_200')
    const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, pauses })
    time.now += 4 * 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', reason: 'graph_200' }])
    time.now += 60_000
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
  })

  it('is probed by who sends, and not by who asks whether anything is in the way', async () => {
    const time = aClock()
    const { inTime, dependencies } = aDelivery({
      ...answering(refused(graphFailure(190)), taken(1)),
      clock: time.clock,
    })
    await inTime(aBatch(people('a')))
    const ask = () => obstacleTo({ destination: 'main', audienceId: AUDIENCE }, dependencies)
    expect(await ask()).toMatchObject({ reason: 'graph_190', since: NOON })
    time.now += 5 * 60_000
    expect([await ask(), await ask()]).toEqual([undefined, undefined])
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'delivered' }])
  })

  it('is over although the batch that probes it holds a poisonous row: it is divided as any other', async () => {
    const time = aClock()
    const poison = sha256('a')
    const isOver = { now: false }
    const send: SendRequest = ({ body }) => {
      if (!isOver.now) return Promise.resolve(refused(graphFailure(190)))
      const isPoisonous = rowsIn(body).some(([cell]) => cell === poison)
      return Promise.resolve(isPoisonous ? refused(HTML_400) : taken(1))
    }
    const { inTime } = aDelivery({ send, clock: time.clock })
    const batch = aBatch(people('a', 'b', 'c', 'd'))
    await inTime(batch)
    isOver.now = true
    time.now += 5 * 60_000
    expect(changesOf(await inTime(batch), 'delivered')).toHaveLength(3)
  })

  it('of the destination, which another audience has met, stops a batch of which a part has passed', async () => {
    const time = aClock()
    const pauses = createPauses(time.clock)
    const html = refused(HTML_400)
    const meta = answering(html, html, html, taken(50))
    const token = aToken()
    const get = () => {
      const target = { destination: 'main', audienceId: OTHER_AUDIENCE }
      if (meta.requests.length === 4) pauses.pause(target, 'destination', 'graph_190')
      return token.get()
    }
    const { inTime } = aDelivery({ ...meta, clock: time.clock, pauses, token: () => ({ ...token, get }) })
    expect(await inTime(aBatch(manyPeople(100)))).toMatchObject([
      { kind: 'delivered' },
      { kind: 'held', reason: 'graph_190' },
    ])
    expect(meta.requests).toHaveLength(4)
  })

  it('that sets in while a batch is being divided stops its other parts', async () => {
    const html = refused({ kind: 'unreadable', status: 400, html: true })
    const meta = answering(html, html, html, refused(graphFailure(190)))
    const outcomes = await aDelivery(meta).inTime(aBatch(manyPeople(100)))
    expect(outcomes.map(({ kind, changes }) => [kind, changes.length])).toEqual([
      ['failed', 50],
      ['failed', 50],
    ])
    expect(meta.requests).toHaveLength(4)
  })
})

describe('a rate limit', () => {
  it('that tells its wait in the header makes the rows wait that long', async () => {
    const usage = { ...NO_USAGE, adAccounts: [{ id: '1', percent: 100, regainSeconds: 17 * 60 }] }
    const meta = answering({ ...refused(graphFailure(80003, 2446079)), usage })
    const { inTime } = aDelivery(meta)
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'failed', waitSeconds: 1020, patience: 'outage' }])
    expect(await inTime(aBatch(people('b')))).toMatchObject([
      { kind: 'held', reason: 'usage_limit', waitSeconds: 1020 },
    ])
    expect(meta.requests).toHaveLength(1)
  })

  it('that tells nothing holds the destination for five minutes', async () => {
    const time = aClock()
    const meta = answering(refused(graphFailure(613, 1487742)), taken(1))
    const { inTime } = aDelivery({ ...meta, clock: time.clock })
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'failed', waitSeconds: 300 }])
    expect(await inTime(aBatch(people('b')))).toMatchObject([{ kind: 'held', waitSeconds: 300 }])
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

  it('that ends later is waited for in the retry queue', async () => {
    const time = aClock()
    const pace = createPace(time.clock)
    pace.hold('main', 6)
    const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, sleep: time.sleep, pace })
    expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', reason: 'usage_limit', waitSeconds: 6 }])
    expect(time.slept).toEqual([])
  })

  it('that is near spaces out what is sent to several audiences at the same time', async () => {
    const time = aClock()
    const pace = createPace(time.clock)
    pace.note('main', { ...NO_USAGE, appPercent: 80 })
    const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, sleep: time.sleep, pace })
    await Promise.all([AUDIENCE, OTHER_AUDIENCE].map((audienceId) => inTime(aBatch(people('a'), { audienceId }))))
    expect(time.slept).toEqual([1000, 1000])
  })

  it('in the midst of dividing a batch stops its other parts', async () => {
    const html = refused({ kind: 'unreadable', status: 400, html: true })
    const meta = answering(html, html, html, refused(graphFailure(2650, 1870145)))
    const outcomes = await aDelivery(meta).inTime(aBatch(manyPeople(100)))
    expect(outcomes).toMatchObject([{ waitSeconds: 300 }, { waitSeconds: 300 }])
    expect(meta.requests).toHaveLength(4)
  })
})

it('a removal that would make the audience too small lets adds to it go on', async () => {
  const send: SendRequest = ({ method }) =>
    Promise.resolve(method === 'DELETE' ? refused(graphFailure(200, 1870047)) : taken(1))
  const { inTime } = aDelivery({ send })
  expect(await inTime(aBatch(people('a'), { direction: 'remove' }))).toMatchObject([
    { kind: 'failed', waitSeconds: 3600 },
  ])
  expect(await inTime(aBatch(people('b')))).toMatchObject([{ kind: 'delivered' }])
})

it('a removal that would make the audience too small stops those behind it, although others have passed', async () => {
  const meta = answering(taken(1), refused(graphFailure(200, 1870047)), taken(1))
  const batch = aBatch(people('a', 'b', 'c'), { direction: 'remove', destination: aDestination({ maxUserCount: 1 }) })
  const outcomes = await aDelivery(meta).inTime(batch)
  expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'failed', 'held'])
  expect(meta.requests).toHaveLength(2)
})

it('an error that never passes rejects the batch at once', async () => {
  const meta = answering(refused(graphFailure(2650)))
  expect(await aDelivery(meta).inTime(aBatch(people('a', 'b')))).toMatchObject([
    { kind: 'rejected', reason: 'graph_2650', failure: { fbtraceId: 'Atrace' } },
  ])
  expect(meta.requests).toHaveLength(1)
})

it('an unknown code is repeated for an hour and then rejected', async () => {
  const meta = answering(refused(graphFailure(4711)))
  const fresh = aChange(['EMAIL'], [sha256('fresh')])
  const old = { ...aChange(['EMAIL'], [sha256('old')]), firstFailedAt: NOON - 3_700_000 }
  expect(await aDelivery(meta).inTime(aBatch([fresh, old]))).toMatchObject([
    { kind: 'rejected', changes: [old], reason: 'graph_4711' },
    { kind: 'failed', changes: [fresh], reason: 'graph_4711' },
  ])
})

it('the failure of one destination pauses no other', async () => {
  const time = aClock()
  const pauses = createPauses(time.clock)
  pauses.pause({ destination: 'main', audienceId: AUDIENCE }, 'destination', 'graph_190')
  const { inTime } = aDelivery({ ...answering(taken(1)), clock: time.clock, pauses })
  const other = aDestination({ name: 'other' })
  expect(await inTime(aBatch(people('a'), { destination: other }))).toMatchObject([{ kind: 'delivered' }])
  expect(await inTime(aBatch(people('a')))).toMatchObject([{ kind: 'held', reason: 'graph_190' }])
})
