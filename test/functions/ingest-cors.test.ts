import { describe, expect, test } from 'vitest'
import { aTrack, anIngest } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const SHOP = 'https://shop.example'
const web = (allowedOrigins: string[]) =>
  settingsOf({ sources: [{ name: 'web', allowedOrigins }], destinations: [aDestination({ sources: ['web'] })] })
const secret = '{"web":"key"}'

const RETRY_HEADERS = [
  'rsa-retry-attempt',
  'rsa-retry-reason',
  'rsa-since-first-attempt',
  'rsa-since-last-attempt',
  'rsa-recovered',
  'x-retry-count',
]

describe('every answer to an allowed origin can be read by its page', () => {
  const headers = { Origin: SHOP, 'X-Write-Key': 'key' }
  const requests = {
    'a preflight': [204, { method: 'OPTIONS' }],
    'a success': [200, { body: [aTrack()] }],
    settings: [200, { method: 'GET', path: '/sourceConfig' }],
    'a bad body': [400, { body: 'x' }],
    'a bad key': [401, { headers: { Origin: SHOP, 'X-Write-Key': 'bad' }, body: [] }],
    'a bad path': [404, { path: '/x' }],
    'a body too large': [413, { body: ' '.repeat(17 * 1024 * 1024) }],
  } as const
  for (const [name, [status, request]] of Object.entries(requests))
    test(`${name} (${status})`, async () => {
      for (const origins of [[SHOP], ['https://other.example', SHOP], ['*']]) {
        const answer = await anIngest({ settings: web(origins), secret }).send({ headers, ...request })
        expect(answer.status).toBe(status)
        expect(answer.headers).toMatchObject({ 'Access-Control-Allow-Origin': SHOP, Vary: 'Origin' })
      }
    })

  test('503, when a queue does not take it and when the secret cannot be read', async () => {
    const full = anIngest({ settings: web([SHOP]), secret })
    full.world.trackStored = { ok: false, reason: 'x' }
    const locked = anIngest({ settings: web([SHOP]), secret: new Error('down') })
    for (const ingest of [full, locked]) {
      const answer = await ingest.send({ headers, body: [aTrack()] })
      expect(answer.status).toBe(503)
      expect(answer.headers).toMatchObject({
        'Access-Control-Allow-Origin': SHOP,
        'Access-Control-Expose-Headers': 'Retry-After',
        'Retry-After': '5',
        'Content-Type': 'application/json',
      })
    }
  })
})

test('a preflight allows every header that SDKs send, those of retries too, and no credentials', async () => {
  const { headers } = await anIngest({ settings: web([SHOP]), secret }).send({
    method: 'OPTIONS',
    headers: { origin: SHOP },
  })
  const allowed = String(headers['Access-Control-Allow-Headers']).split(', ')
  for (const name of ['authorization', 'content-type', 'anonymousid', 'sentat', 'x-write-key', ...RETRY_HEADERS])
    expect(allowed).toContain(name)
  expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials')
})

test.each([
  ['another origin', web([SHOP]), 'https://evil.example'],
  ['no origin', web([SHOP]), undefined],
  ['no origin, where every one is allowed', web(['*']), undefined],
  ['settings without browser sources', settingsOf(), SHOP],
])('%s gets no CORS headers', async (_, settings, origin) => {
  const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin }
  const answer = await anIngest({ settings, secret }).send({ method: 'OPTIONS', headers })
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('Access-Control'))).toEqual([])
})
