import { describe, expect, it } from 'vitest'
import { isLong } from '../support/long.ts'
import type { GraphAnswer, SendRequest } from '../../lib/graph-api/client.ts'
import { deliver } from '../../lib/retry/deliver.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import type { Pace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import { readUsage } from '../../lib/graph-api/usage.ts'
import { INITIAL_SETTINGS } from '../../lib/emulator/meta/settings.ts'
import type { Settings } from '../../lib/emulator/meta/settings.ts'
import { countCall, hourlyQuota, isLimited, noUsage, usageLevel } from '../../lib/emulator/meta/usage.ts'
import { usageHeaders } from '../../lib/emulator/meta/usage-headers.ts'
import { aBatch, aClock, aToken, graphFailure, people, taken } from './builders.ts'
import { createVirtualTime } from './virtual-time.ts'

const usage = (percent: number, { regainSeconds = 0, account = '1' } = {}) => ({
  adAccounts: [{ id: account, percent, regainSeconds }],
  appPercent: undefined,
  accountPercent: undefined,
})
const app = (appPercent: number) => ({ adAccounts: [], appPercent, accountPercent: undefined })

describe('the usage headers', () => {
  const read = (headers: Record<string, string>) => readUsage(new Headers(headers))

  it('say how much is used by calls, processor or time, and the minutes until calls pass again', () => {
    const use = { type: 'custom_audience', call_count: 32, total_cputime: 3, total_time: 47 }
    const business = { '542676646349772': [{ ...use, estimated_time_to_regain_access: 19 }] }
    expect(read({ 'x-business-use-case-usage': JSON.stringify(business) })).toMatchObject({
      adAccounts: [{ id: '542676646349772', percent: 47, regainSeconds: 1140 }],
    })
    expect(read({ 'x-app-usage': '{"call_count":28,"total_time":25,"total_cputime":31}' })).toMatchObject({
      appPercent: 31,
    })
    expect(read({ 'x-ad-account-usage': '{"acc_id_util_pct":9.67}' })).toMatchObject({ accountPercent: 9.67 })
  })

  it('of other kinds of calls say nothing about audiences', () => {
    const business = { '1': [{ type: 'ads_insights', call_count: 99, estimated_time_to_regain_access: 5 }] }
    expect(read({ 'x-business-use-case-usage': JSON.stringify(business) }).adAccounts).toEqual([])
  })

  it.each(['', 'x', '[]', 'null', '{"1":{}}', '{"1":[{"call_count":"9"}]}'])('%j is as good as none', (text) => {
    const headers = { 'x-business-use-case-usage': text, 'x-app-usage': text, 'x-ad-account-usage': text }
    expect(read(headers)).toMatchObject({ adAccounts: [] })
  })
})

describe('the pace', () => {
  const aPace = () => {
    const time = aClock()
    const pace = createPace(time.clock)
    /** How long some requests that ask at the same time wait, one after the other. */
    const booked = (requests: number) =>
      Array.from({ length: requests }, () => {
        const delayMs = Math.round(pace.delayMs('main'))
        pace.book('main')
        return delayMs
      })
    return Object.assign(pace, { time, booked })
  }

  it('is not slowed below three quarters of a limit, and more and more above', () => {
    for (const [percent, delayMs] of [
      [0, 0],
      [75, 0],
      [80, 1000],
      [85, 2000],
      [89, 2800],
    ] as const) {
      const pace = aPace()
      pace.note('main', usage(percent))
      expect(pace.delayMs('main'), `at ${percent} %`).toBeCloseTo(delayMs)
    }
  })

  it('stops for five minutes from 90 %, and for as long as Meta says', () => {
    const pace = aPace()
    pace.note('main', usage(90))
    expect(pace.delayMs('main')).toBe(300_000)
    pace.note('main', usage(100, { regainSeconds: 17 * 60 }))
    expect(pace.delayMs('main')).toBe(17 * 60_000)
  })

  it('is not quickened by an older request whose answer comes late', () => {
    const pace = aPace()
    pace.note('main', usage(100, { regainSeconds: 17 * 60 }))
    pace.note('main', usage(60))
    expect(pace.delayMs('main')).toBe(17 * 60_000)
  })

  it('is shared by the destinations of one ad account, once a header has named it, and by no other', () => {
    const pace = aPace()
    pace.note('second', usage(10))
    pace.note('third', usage(10, { account: '2' }))
    pace.note('main', usage(95))
    expect(pace.delayMs('second')).toBe(300_000)
    expect(pace.delayMs('third')).toBe(0)
    expect(pace.delayMs('unknown')).toBe(0)
  })

  it('is not shared by the apps of two destinations, nor by refusals that name no limit', () => {
    const pace = aPace()
    pace.note('main', app(10))
    pace.note('second', app(95))
    pace.hold('main', 1)
    pace.hold('second', 600)
    expect(pace.delayMs('main')).toBe(3000)
    expect(pace.delayMs('second')).toBe(600_000)
  })

  it('spaces out requests that ask at the same time', () => {
    const pace = aPace()
    pace.note('main', usage(80))
    expect(pace.booked(3)).toEqual([1000, 2000, 3000])
  })

  it('keeps the places of requests that wait when an answer comes', () => {
    const pace = aPace()
    pace.note('main', usage(80))
    pace.booked(2)
    pace.note('main', usage(80))
    expect(pace.booked(1)).toEqual([3000])
  })

  it('keeps no place for who only asks', () => {
    const pace = aPace()
    pace.note('main', usage(85))
    expect([1, 2, 3].map(() => pace.delayMs('main'))).toEqual([2000, 2000, 2000])
  })

  it('follows the app as well, down to nothing', () => {
    const pace = aPace()
    pace.note('main', app(85))
    expect(pace.delayMs('main')).toBe(2000)
    pace.time.now += 60_000
    pace.note('main', app(0))
    expect(pace.booked(3)).toEqual([0, 0, 0])
  })

  it('is slow for an hour after the end of a limit, and then is free again', () => {
    const pace = aPace()
    pace.hold('main', 300)
    pace.time.now += 300_000 + 3_599_999
    expect(pace.booked(3)).toEqual([0, 3000, 6000])
    pace.time.now += 2
    expect(pace.booked(3)).toEqual([0, 0, 0])
  })
})

/**
 * An hour and a half of virtual time, in which two environments offer twice the calls that the Limited tier allows
 * (in `npm test` that 1,000 an hour do),
 * against the emulator's own accounting. Answers when calls were refused with 80003, by environment.
 */
async function rushHour(settings: Partial<Settings>, paceOf: (clock: () => number) => Pace) {
  const all = { ...INITIAL_SETTINGS, ...(isLong ? {} : { quota: 1_000 }), ...settings }
  const time = createVirtualTime()
  const start = time.clock()
  const account = noUsage()
  const quota = hourlyQuota(all, 1)
  const refusals: number[][] = [[], []]
  let calls = 0
  let delivered = 0
  const environment = async (index: number) => {
    const send: SendRequest = ({ method }) => {
      const now = time.clock()
      const isRefused = isLimited(account, quota, now)
      countCall(account, 'write', now, all.tier)
      calls += 1
      const call = { accountId: '1', isUsersPost: method === 'POST', isRefused, callsMade: account.calls.length }
      const level = usageLevel(account, quota, now, all.tier)
      const seen = readUsage(new Headers(usageHeaders(level, call, all)))
      if (isRefused) refusals[index]?.push(Math.round((now - start) / 60_000))
      const answer: GraphAnswer = isRefused
        ? { ok: false, usage: seen, failure: graphFailure(80003, 2446079) }
        : { ...taken(1), usage: seen }
      return Promise.resolve(answer)
    }
    const { clock, sleep } = time
    const pauses = createPauses(clock)
    const dependencies = {
      send,
      token: () => aToken(),
      pauses,
      pace: paceOf(clock),
      clock,
      sleep,
      random: () => 0.5,
      onCall: () => undefined,
    }
    const offerEveryMs = (2 * 3_600_000) / (2 * quota)
    while (time.clock() < start + 90 * 60_000) {
      const nextAt = time.clock() + offerEveryMs
      const { outcomes } = await deliver(aBatch(people('a')), undefined, time.clock() + 95_000, dependencies)
      delivered += outcomes.filter(({ kind }) => kind === 'delivered').length
      await sleep(Math.max(1, nextAt - time.clock()))
    }
  }
  await time.run([environment(0), environment(1)])
  return { refusals, calls, delivered, quota }
}

const NO_PACE = (): Pace => ({
  delayMs: () => 0,
  book: () => undefined,
  note: () => undefined,
  hold: () => undefined,
})

describe('twice the quota of calls, offered by two environments', () => {
  // That POST /users carries the business use case header today is an assumption: hence the emulator's setting.
  const everywhere = { usageHeaders: 'everywhere' } as const

  it('meets no 80003 where Meta tells the usage with every answer', async () => {
    const { refusals, delivered, quota } = await rushHour(everywhere, createPace)
    expect(refusals).toEqual([[], []])
    expect(delivered, 'it slows down and does not give up').toBeGreaterThan(0.85 * quota)
  })

  it('meets it again and again when nobody minds the pace', async () => {
    const { refusals, quota } = await rushHour(everywhere, NO_PACE)
    expect(refusals.flat().length).toBeGreaterThan(0.2 * quota)
  })

  it('meets it twice in each environment at most where POST answers tell no usage: a refusal is lesson enough', async () => {
    const { refusals, delivered, quota } = await rushHour({ usageHeaders: 'recorded' }, createPace)
    expect(Math.max(...refusals.map(({ length }) => length))).toBeLessThanOrEqual(2)
    expect(delivered).toBeGreaterThan(0.85 * quota)
  })

  it('meets it once in five minutes at most where no answer tells anything', async () => {
    const { refusals } = await rushHour({ usageHeaders: 'never', countRefusedCalls: false }, createPace)
    for (const minutes of refusals)
      for (const [index, minute] of minutes.entries())
        expect(minute - (minutes[index - 1] ?? -5)).toBeGreaterThanOrEqual(5)
  })
})
