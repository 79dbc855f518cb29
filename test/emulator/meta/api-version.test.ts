import { expect, it } from 'vitest'
import { AUDIENCE, aGraphApi } from './running-graph-api.ts'

it.each(['v26.0', 'v25.0', 'v24.0'])('%s is served and named in a header', async (version) => {
  const graph = await aGraphApi()
  const { status, headers } = await graph.call('GET', `/${version}/${AUDIENCE}`)
  expect(status).toBe(200)
  expect(headers.get('facebook-api-version')).toBe(version)
})

it.each([
  ['the day before it ends', '2026-10-05T23:59:59Z', 200],
  ['from the day it ends', '2026-10-06T00:00:00Z', 400],
])('%s, v24.0 answers %s → %i', async (_when, now, expected) => {
  const graph = await aGraphApi()
  graph.time.now = Date.parse(now)
  const { status, body } = await graph.call('GET', `/v24.0/${AUDIENCE}`)
  expect(status).toBe(expected)
  if (expected === 400) expect(body.error).toMatchObject({ code: 2635 })
})

it.each(['/v23.0', '/v3.3', ''])('an expired or missing version (%j) is refused with 2635', async (prefix) => {
  const graph = await aGraphApi()
  const { status, body } = await graph.call('GET', `${prefix}/${AUDIENCE}`)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 2635, type: 'OAuthException' })
})

it('with automatic upgrade an expired version is served by the oldest living one, with a warning', async () => {
  const graph = await aGraphApi({ settings: { autoUpgrade: true } })
  const { status, headers } = await graph.call('GET', `/v22.0/${AUDIENCE}`)
  expect(status).toBe(200)
  expect(headers.get('facebook-api-version')).toBe('v24.0')
  expect(headers.get('x-ad-api-version-warning')).toBe(
    'The call has been auto-upgraded to v24.0 as v22.0 has been deprecated',
  )
})

it.each(['/v99.0/1', '/v26.0', '/v26.0/1/users/more'])('%s leads nowhere', async (path) => {
  const graph = await aGraphApi()
  const { status, body } = await graph.call('GET', path)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 2500 })
})
