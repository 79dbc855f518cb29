import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { aTrack, anIngest, basic } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const SHOP = 'https://shop.example'
const settings = settingsOf({
  sources: [
    { name: 'server', secretHeader: 'X-My-Secret' },
    { name: 'web', allowedOrigins: [SHOP] },
    { name: 'anywhere', allowedOrigins: ['*'] },
    { name: 'hook', signed: true },
  ],
  destinations: [aDestination({ sources: ['server', 'web', 'anywhere', 'hook'] })],
})
const secret = JSON.stringify({
  server: ['old-key', 'key'],
  web: 'web-key',
  anywhere: 'any-key',
  hook: { writeKey: 'hook-key', signingSecret: 'shh' },
})
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** The status of a request, and the source that its events were queued for. */
async function ask(request: { headers?: Record<string, string>; query?: Record<string, string>; body?: unknown }) {
  const ingest = anIngest({ settings, secret })
  const { status, body } = await ingest.send({ headers: {}, body: { batch: [aTrack()] }, ...request })
  const [message] = ingest.track
  return { status, body, source: message && (JSON.parse(message.body) as { source: string }).source }
}

describe('where a write key may stand', () => {
  test.each([
    ['the Basic user', { headers: { Authorization: basic('key') } }],
    ['the Basic user, with any password', { headers: { authorization: `Basic ${base64('key:password')}` } }],
    ['the Basic user, without a colon', { headers: { Authorization: `basic  ${base64('key')}` } }],
    ['the query', { query: { writeKey: 'key' } }],
    ['X-Write-Key', { headers: { 'X-Write-Key': 'key' } }],
    ['the source’s secret header', { headers: { 'x-my-secret': 'key' } }],
    ['the body', { body: { batch: [aTrack()], writeKey: 'key' } }],
    [
      'the body, below another authorization',
      { headers: { Authorization: 'Bearer x' }, body: { batch: [aTrack()], writeKey: 'key' } },
    ],
    [
      'the body, below an empty Basic user',
      { headers: { Authorization: basic('') }, body: { batch: [aTrack()], writeKey: 'key' } },
    ],
  ])('%s', async (_, request) => {
    expect(await ask(request)).toMatchObject({ status: 200, source: 'server' })
  })

  const places = [
    (key: string) => ({ headers: { Authorization: basic(key) } }),
    (key: string) => ({ query: { writeKey: key } }),
    (key: string) => ({ headers: { 'X-Write-Key': key } }),
    (key: string) => ({ headers: { 'X-My-Secret': key } }),
    (key: string) => ({ body: { batch: [aTrack()], writeKey: key } }),
  ]
  const both = (first: ReturnType<(typeof places)[number]>, second: ReturnType<(typeof places)[number]>) => ({
    ...second,
    ...first,
    headers: { ...('headers' in second && second.headers), ...('headers' in first && first.headers) },
  })

  test('the first place that has one decides, in the order above', async () => {
    for (const [index, place] of places.entries())
      for (const later of places.slice(index + 1)) {
        expect((await ask(both(place('key'), later('wrong')))).status).toBe(200)
        expect((await ask(both(place('wrong'), later('key')))).status).toBe(401)
      }
  })

  test('every key of a source is valid', async () => {
    expect(await ask({ headers: { 'X-Write-Key': 'old-key' } })).toMatchObject({ status: 200, source: 'server' })
  })

  test.each(['ke', 'key ', 'KEY', 'key2', '', 'undefined', 'null', '__proto__', 'constructor', 'server'])(
    '"%s" is no key',
    async (key) => {
      const { status, body } = await ask({ headers: { 'X-Write-Key': key } })
      expect([status, body.code]).toEqual([401, 'unauthorized'])
      expect(body.message).toContain('invalid write key')
    },
  )

  test.each([5, null, {}, ['key'], ''])('a writeKey in the body that is %j is missing', async (writeKey) => {
    const { status, body } = await ask({ body: { batch: [aTrack()], writeKey } })
    expect(status).toBe(401)
    expect(body.message).toMatch(/^invalid write key: the request has none; send it as /)
  })
})

describe('browsers', () => {
  test.each([
    ['web-key', SHOP, 'web'],
    ['any-key', SHOP, 'anywhere'],
    ['any-key', 'null', 'anywhere'],
    ['any-key', undefined, 'anywhere'],
    ['key', undefined, 'server'],
  ])('%s with the origin %s is %s’s', async (key, origin, source) => {
    const headers = { 'X-Write-Key': key, ...(origin !== undefined && { Origin: origin }) }
    expect(await ask({ headers })).toMatchObject({ status: 200, source })
  })

  test.each([
    ['web-key', undefined],
    ['web-key', 'https://evil.example'],
    ['web-key', `${SHOP}.evil.example`],
    ['web-key', 'http://shop.example'],
    ['web-key', 'null'],
    ['key', SHOP],
    ['key', 'https://evil.example'],
  ])('%s is refused with the origin %s, and Android’s SDK stops', async (key, origin) => {
    const headers = { 'X-Write-Key': key, ...(origin !== undefined && { Origin: origin }) }
    const { status, body } = await ask({ headers })
    expect(status).toBe(401)
    expect(body.message).toContain('invalid write key')
  })

  test('a key that a server and a browser share is the one’s that fits the origin', async () => {
    const shared = { settings, secret: JSON.stringify({ server: 'same', web: 'same' }) }
    for (const [headers, source] of [
      [{ 'X-Write-Key': 'same' }, 'server'],
      [{ 'X-Write-Key': 'same', Origin: SHOP }, 'web'],
    ] as const) {
      const ingest = anIngest(shared)
      await ingest.send({ headers, body: [aTrack()] })
      expect(ingest.track[0]?.body).toContain(`"source":"${source}"`)
    }
  })
})

describe('signatures', () => {
  const sign = (text: string, key = 'shh') => createHmac('sha1', key).update(text).digest('hex')
  const signed = (body: string, signature: string | undefined) =>
    ask({ headers: { 'X-Write-Key': 'hook-key', ...(signature !== undefined && { 'X-Signature': signature }) }, body })
  const single = JSON.stringify(aTrack(), null, 2)
  const batch = JSON.stringify([aTrack(), aTrack({ messageId: 'm-2' })], null, 2)

  test('a single webhook is signed over its raw body', async () => {
    expect(await signed(single, sign(single))).toMatchObject({ status: 200, source: 'hook' })
    expect(await signed(single, sign(single).toUpperCase())).toMatchObject({ status: 200 })
  })

  test('an array is signed over its first element', async () => {
    expect(await signed(batch, sign(JSON.stringify(aTrack())))).toMatchObject({ status: 200, source: 'hook' })
  })

  test.each([
    ['no signature', single, undefined],
    ['an empty one', single, ''],
    ['one of another secret', single, sign(single, 'other')],
    ['one of another body', single, sign(`${single} `)],
    ['half of one', single, sign(single).slice(0, 20)],
    ['a longer one', single, `${sign(single)}00`],
    ['text', single, 'not hexadecimal'],
    ['an array signed over its raw body', batch, sign(batch)],
    ['an empty array, signed over null with another secret', '[]', sign('null', 'other')],
  ])('%s is refused', async (_, body, signature) => {
    const answer = await signed(body, signature)
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized'])
    expect(answer.body.message).toContain('signature')
  })

  test('an element that is nested deeper than the stack is signed by nobody', async () => {
    const { status } = await signed(`[${'['.repeat(100_000)}${']'.repeat(100_000)}]`, sign('x'))
    expect(status).toBe(401)
  })

  test('a signature alone is no key', async () => {
    expect((await ask({ headers: { 'X-Signature': sign(single) }, body: single })).status).toBe(401)
  })

  test('a signed source without a signing secret takes nothing', async () => {
    const ingest = anIngest({ settings, secret: '{"hook":"hook-key"}' })
    for (const signature of [sign(single, ''), sign(single, 'undefined')])
      expect(
        (await ingest.send({ headers: { 'X-Write-Key': 'hook-key', 'X-Signature': signature }, body: single })).status,
      ).toBe(401)
  })
})

describe('the write-keys secret', () => {
  test('is read once, however many requests come', async () => {
    const ingest = anIngest()
    await Promise.all(Array.from({ length: 20 }, () => ingest.send({ body: [aTrack()] })))
    for (let count = 0; count < 20; count += 1) await ingest.send({ body: [aTrack()] })
    expect(ingest.world.secretReads).toBe(1)
  })

  test('is read again when it is five minutes old', async () => {
    const ingest = anIngest()
    await ingest.send({ body: [] })
    ingest.world.now += 299_999
    await ingest.send({ body: [] })
    expect(ingest.world.secretReads).toBe(1)
    ingest.world.now += 1
    await ingest.send({ body: [] })
    expect(ingest.world.secretReads).toBe(2)
  })

  test('a new key works at once: an unknown one makes it be read again, at most every ten seconds', async () => {
    const ingest = anIngest()
    const headers = { 'X-Write-Key': 'new-key' }
    expect((await ingest.send({ headers, body: [] })).status).toBe(401)
    ingest.world.secret = '{"server":["key","new-key"]}'
    expect((await ingest.send({ headers, body: [] })).status).toBe(401)
    expect(ingest.world.secretReads).toBe(1)
    ingest.world.now += 10_000
    expect((await ingest.send({ headers, body: [] })).status).toBe(200)
    expect(ingest.world.secretReads).toBe(2)
  })

  test('that was read once goes on being used while it cannot be read', async () => {
    const ingest = anIngest()
    await ingest.send({ body: [] })
    ingest.world.secret = new Error('Secrets Manager is down')
    ingest.world.now += 3_600_000
    expect((await ingest.send({ body: [] })).status).toBe(200)
    expect((await ingest.send({ body: [], headers: { 'X-Write-Key': 'wrong' } })).status).toBe(401)
  })

  test.each([
    [
      'could never be read',
      Object.assign(new Error('jane@example.com'), { name: 'AccessDeniedException' }),
      'AccessDeniedException',
    ],
    ['is not JSON', 'key', 'no_json_object'],
    ['is no map of keys', '["key"]', 'no_json_object'],
  ])('that %s lets SDKs keep their events, and is read again after ten seconds', async (_, unusable, reason) => {
    const ingest = anIngest({ secret: unusable })
    const answer = await ingest.send({ body: [aTrack()] })
    expect([answer.status, answer.headers['Retry-After'], answer.body.code]).toEqual([503, '5', 'unavailable'])
    await ingest.send({ body: [aTrack()] })
    expect(ingest.world.secretReads).toBe(1)
    expect(ingest.logs).toContainEqual(['error', 'write_keys_unreadable', { reason }])
    expect(ingest.measures).toContainEqual(['WriteKeysUnreadable', 1, {}])
    ingest.world.secret = '{"server":"key"}'
    ingest.world.now += 10_000
    expect((await ingest.send({ body: [aTrack()] })).status).toBe(200)
  })

  const shop = { settings, secret: '{"server":"key","hook":7}' }

  test('with an entry that cannot be read serves every other source, and says which it is', async () => {
    const ingest = anIngest(shop)
    expect((await ingest.send({ body: [aTrack()] })).status).toBe(200)
    const said = [
      ['error', 'write_keys_unreadable', { source: 'hook' }],
      ['warn', 'write_keys_missing', { source: 'web' }],
      ['warn', 'write_keys_missing', { source: 'anywhere' }],
    ]
    expect(ingest.logs).toEqual(said)
    expect(ingest.measures).toContainEqual(['WriteKeysUnreadable', 1, {}])
    await ingest.send({ body: [aTrack()] })
    expect(ingest.logs).toEqual(said)
  })

  test('with an entry that could never be read tells an unknown key, which may be that one’s, to try again', async () => {
    const ingest = anIngest(shop)
    const answer = await ingest.send({ headers: { 'X-Write-Key': 'hook-key' }, body: [aTrack()] })
    expect([answer.status, answer.headers['Retry-After'], answer.body.code]).toEqual([503, '5', 'unavailable'])
    ingest.world.secret = '{"server":"key","hook":{"writeKey":"hook-key"}}'
    ingest.world.now += 10_000
    expect((await ingest.send({ headers: { 'X-Write-Key': 'wrong' }, body: [aTrack()] })).status).toBe(401)
  })

  test.each(['not JSON', '["key"]', '{"server":7}'])(
    'that is mended serves at once, and until then the last good version does: %s',
    async (broken) => {
      const ingest = anIngest()
      await ingest.send({ body: [] })
      ingest.world.secret = broken
      ingest.world.now += 300_000
      expect((await ingest.send({ body: [aTrack()] })).status).toBe(200)
      ingest.world.secret = '{"server":"new-key"}'
      ingest.world.now += 9_999
      expect((await ingest.send({ body: [aTrack()] })).status).toBe(200)
      ingest.world.now += 1
      expect((await ingest.send({ body: [aTrack()] })).status).toBe(401)
      expect((await ingest.send({ headers: { 'X-Write-Key': 'new-key' }, body: [aTrack()] })).status).toBe(200)
      expect(ingest.world.secretReads).toBe(3)
    },
  )

  test.each(['{"server":{"writeKey":["key","new"],"note":1}}', '{"server":["key","new"],}'])(
    'that cannot be read in its newest version may hold a new key: who sends it is told to try again (%s)',
    async (broken) => {
      const ingest = anIngest()
      await ingest.send({ body: [] })
      ingest.world.secret = broken
      ingest.world.now += 300_000
      expect((await ingest.send({ body: [aTrack()] })).status).toBe(200)
      ingest.world.now += 10_000
      expect((await ingest.send({ headers: { 'X-Write-Key': 'new' }, body: [aTrack()] })).status).toBe(503)
    },
  )

  test('whose entry is taken out, or is an empty text, ends the key at the next reading', async () => {
    for (const without of ['{}', '{"server":""}']) {
      const ingest = anIngest()
      await ingest.send({ body: [] })
      ingest.world.secret = without
      ingest.world.now += 300_000
      expect((await ingest.send({ body: [aTrack()] })).status).toBe(401)
    }
  })
})
