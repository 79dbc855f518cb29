import { expect, it } from 'vitest'
import { countCall, hourlyQuota, isLimited, noUsage, usageLevel } from '../../../lib/emulator/meta/usage.ts'
import { AUDIENCE, aGraphApi } from './running-graph-api.ts'
import type { GraphAnswer } from './running-graph-api.ts'

const MINUTE = 60_000
const payload = { schema: 'EXTERN_ID', data: ['a'] }
const business = ({ headers }: GraphAnswer): unknown => JSON.parse(headers.get('x-business-use-case-usage') ?? 'null')
const names = ({ headers }: GraphAnswer) => [...headers.keys()].filter((name) => /usage|retry|ratelimit/.test(name))

it.each([
  ['limited', null, 0, 5000],
  ['limited', null, 2, 5080],
  ['full', null, 2, 190_080],
  ['full', null, 500, 210_000],
  ['full', null, 20_000, 700_000],
  ['full', 3, 20_000, 3],
] as const)('the %s tier with quota %s and %i audiences allows %i calls an hour', (tier, quota, audiences, calls) => {
  expect(hourlyQuota({ tier, quota }, audiences)).toBe(calls)
})

it('calls beyond the quota are refused until the hour has rolled on', async () => {
  const graph = await aGraphApi({ settings: { quota: 2, countRefusedCalls: false } })
  await graph.add(payload)
  graph.time.now += 10 * MINUTE
  expect(business(await graph.read(AUDIENCE))).toMatchObject({
    '1': [{ type: 'custom_audience', call_count: 100, estimated_time_to_regain_access: 50 }],
  })
  const refused = await graph.add({ schema: 'EXTERN_ID', data: ['b'] })
  expect(refused.status).toBe(400)
  expect(refused.body.error).toMatchObject({ code: 80003, error_subcode: 2446079, type: 'OAuthException' })
  expect(business(refused)).toMatchObject({ '1': [{ call_count: 100, estimated_time_to_regain_access: 50 }] })
  expect(refused.headers.get('retry-after')).toBeNull()
  expect(await graph.members()).toEqual([{ EXTERN_ID: 'a' }])

  graph.time.now += 50 * MINUTE - 1
  expect((await graph.read(AUDIENCE)).status).toBe(400)
  graph.time.now += 1
  expect((await graph.read(AUDIENCE)).status).toBe(200)
})

it('refused calls prolong the wait unless they are not counted', async () => {
  const graph = await aGraphApi({ settings: { quota: 1 } })
  await graph.read(AUDIENCE)
  graph.time.now += 59 * MINUTE
  expect(business(await graph.read(AUDIENCE))).toMatchObject({ '1': [{ estimated_time_to_regain_access: 60 }] })
  graph.time.now += MINUTE
  expect((await graph.read(AUDIENCE)).body.error).toMatchObject({ code: 80003 })
})

it('the HTTP status of 80003 can be set, since nobody has recorded it', async () => {
  const graph = await aGraphApi({ settings: { quota: 1, rateLimitStatus: 429 } })
  await graph.read(AUDIENCE)
  expect((await graph.read(AUDIENCE)).status).toBe(429)
})

it('as recorded, POST /users tells the account and app usage, every other call the business use case', async () => {
  const graph = await aGraphApi()
  expect(names(await graph.add(payload))).toEqual(['x-ad-account-usage', 'x-app-usage'])
  expect(names(await graph.remove(payload))).toEqual(['x-business-use-case-usage'])
  expect(names(await graph.read(AUDIENCE))).toEqual(['x-business-use-case-usage'])
  expect(names(await graph.read('act_1/customaudiences'))).toEqual(['x-business-use-case-usage'])
  expect(names(await graph.remove({ schema: 'EMAIL', data: [[]] }))).toEqual(['x-business-use-case-usage'])
})

it('the business use case is told everywhere, or nothing is, when so set', async () => {
  const graph = await aGraphApi({ settings: { usageHeaders: 'everywhere' } })
  expect(names(await graph.add(payload))).toEqual(['x-ad-account-usage', 'x-app-usage', 'x-business-use-case-usage'])
  await graph.control('PATCH', 'settings', { usageHeaders: 'never' })
  expect(names(await graph.read(AUDIENCE))).toEqual([])
})

it('usage headers may be absent until enough calls were made', async () => {
  const graph = await aGraphApi({ settings: { usageHeadersFrom: 3 } })
  await graph.read(AUDIENCE)
  expect(names(await graph.read(AUDIENCE))).toEqual([])
  expect(names(await graph.read(AUDIENCE))).toEqual(['x-business-use-case-usage'])
})

it('the score of an account rises by three points of 60 a write, decays within 300 s, and refuses nothing', async () => {
  const graph = await aGraphApi()
  const score = async () => {
    const { status, headers } = await graph.add(payload)
    expect(status).toBe(200)
    return JSON.parse(headers.get('x-ad-account-usage') ?? '{}') as Record<string, unknown>
  }
  expect(await score()).toEqual({
    acc_id_util_pct: 5,
    reset_time_duration: 15,
    ads_api_access_tier: 'development_access',
  })
  graph.time.now += 5000
  expect(await score()).toMatchObject({ acc_id_util_pct: 8.33, reset_time_duration: 25 })
  for (let call = 0; call < 30; call++) await score()
  expect(await score()).toMatchObject({ acc_id_util_pct: 100, reset_time_duration: 300 })
})

it('accounting follows a rolling hour, not the clock hour', () => {
  const usage = noUsage()
  for (const minute of [0, 30, 59]) countCall(usage, 'write', minute * MINUTE, 'limited')
  expect(isLimited(usage, 3, 59 * MINUTE)).toBe(true)
  expect(usageLevel(usage, 3, 59 * MINUTE, 'limited')).toMatchObject({ callPercent: 100, regainMinutes: 1 })
  expect(isLimited(usage, 3, 60 * MINUTE)).toBe(false)
  expect(usageLevel(usage, 3, 60 * MINUTE, 'limited')).toMatchObject({ callPercent: 66, regainMinutes: 0 })
})
