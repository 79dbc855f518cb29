import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { MAX_BODY_BYTES, MAX_VALUES, decodeBody as decode, headerOf, toTrackRequest } from '../../lib/track/request.ts'
import { httpEvent, restEvent } from '../support/http-event.ts'

const JSON_TEXT = '{"event":"Zürich ☃"}'
const CONTENT = { event: 'Zürich ☃' }
const MIB = 1024 * 1024
const decodeBody = (rawBody: Buffer) => decode(rawBody, MAX_BODY_BYTES)

const eventOf = { 'REST 1.0': restEvent, 'HTTP 2.0': httpEvent }
const encodingOf = { plain: Buffer.from(JSON_TEXT), gzip: gzipSync(JSON_TEXT) }

for (const [version, toEvent] of Object.entries(eventOf))
  for (const [form, body] of Object.entries(encodingOf))
    test.each([
      {},
      { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' },
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain' },
      { 'Content-Encoding': 'identity', 'Content-Type': 'application/octet-stream' },
    ])(`a ${form} body of a ${version} event is decoded by its bytes, not by %j`, (headers) => {
      const { rawBody } = toTrackRequest(toEvent({ headers, body }))
      expect(decodeBody(rawBody)).toEqual({ ok: true, json: CONTENT })
    })

test.each(Object.entries(eventOf))('a body that a %s event brings as text is read as UTF-8', (_, toEvent) => {
  const { rawBody } = toTrackRequest(toEvent({ body: JSON_TEXT, encoding: 'text' }))
  expect(decodeBody(rawBody)).toEqual({ ok: true, json: CONTENT })
})

test.each(Object.entries(eventOf))('path, query and headers of a %s event are the request’s', (_, toEvent) => {
  const request = toTrackRequest(
    toEvent({ path: '/v1/track/', query: { writeKey: 'k' }, headers: { 'X-Write-Key': 'h' } }),
  )
  expect(request.route).toEqual({ kind: 'single', type: 'track' })
  expect(request.query('writeKey')).toBe('k')
  expect(request.header('x-write-key')).toBe('h')
  expect([request.query('other'), request.header('other')]).toEqual([undefined, undefined])
})

test.each(Object.entries(eventOf))(
  'a %s event without query, headers or body is a request without them',
  (_, toEvent) => {
    const request = toTrackRequest(toEvent())
    expect([request.query('writeKey'), request.header('origin'), request.rawBody.length]).toEqual([
      undefined,
      undefined,
      0,
    ])
  },
)

test('a test invocation of the API Gateway console has no headers at all', () => {
  expect(headerOf({ ...restEvent(), headers: null } as never, 'origin')).toBeUndefined()
})

test('a byte order mark before the JSON does not matter', () => {
  expect(decodeBody(Buffer.from(`\uFEFF${JSON_TEXT}`))).toEqual({ ok: true, json: CONTENT })
})

test.each([
  ['nothing', '', 'is empty'],
  ['text', 'hello', 'is no JSON from line 1, column 1 on'],
  ['a number', '1', 'is neither a JSON object nor an array'],
  ['null', 'null', 'is neither a JSON object nor an array'],
  ['a string', '"x"', 'is neither a JSON object nor an array'],
  ['half an object', '{"a":', 'ends before its JSON does'],
  ['bytes that only begin like gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3]), 'begins like gzip and cannot be unpacked'],
  ['half a gzip body', gzipSync(JSON_TEXT).subarray(0, 20), 'begins like gzip and cannot be unpacked'],
  ['gzip of something else than JSON', gzipSync('{"a":1,}'), 'is no JSON from line 1, column 8 on'],
])('%s is no readable body, and it is said why', (_, body, problem) => {
  expect(decodeBody(Buffer.from(body))).toEqual({ ok: false, code: 'invalid_json', problem })
})

test.each([
  ['plain', (text: string) => Buffer.from(text)],
  ['gzip', gzipSync],
] as const)('a %s body of exactly the limit is decoded, and one byte more is too large', (_, pack) => {
  const text = `["${'x'.repeat(MAX_BODY_BYTES - 4)}"]`
  expect(decodeBody(pack(text))).toMatchObject({ ok: true })
  expect(decodeBody(pack(`${text} `))).toEqual({ ok: false, code: 'payload_too_large' })
})

test('a body of so many values is parsed, and one more is too much, wherever they stand', () => {
  const commas = (count: number) => Buffer.from(`["${','.repeat(count - 1)}"]`)
  expect(decodeBody(commas(MAX_VALUES))).toMatchObject({ ok: true })
  for (const text of [commas(MAX_VALUES + 1), '['.repeat(MAX_VALUES + 1), `[${'{},'.repeat(MAX_VALUES / 2)}{}]`])
    expect(decodeBody(Buffer.from(text))).toEqual({ ok: false, code: 'too_many_values' })
})

test('a body full of users with one e-mail each is far below the limit of values', () => {
  const users = Array.from({ length: 187_000 }, (_, index) => ({ EMAIL: `${String(index).padStart(4, '0')}@b.de` }))
  const text = JSON.stringify([{ event: 'USER_ADD', properties: { userListAdd: users } }])
  expect(text.length).toBeGreaterThan(0.95 * MAX_BODY_BYTES)
  expect(decodeBody(Buffer.from(text))).toMatchObject({ ok: true })
})

test('a gzip body that inflates to a gibibyte is refused without being held in memory', () => {
  const member = gzipSync(Buffer.alloc(64 * MIB))
  const bomb = Buffer.concat(Array.from({ length: 16 }, () => member))
  const before = process.resourceUsage().maxRSS
  expect(decodeBody(bomb)).toEqual({ ok: false, code: 'payload_too_large' })
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(256)
})
