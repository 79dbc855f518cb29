import { expect, it } from 'vitest'
import { checkedPayload } from '../../../lib/emulator/meta/payload.ts'
import { INITIAL_SETTINGS } from '../../../lib/emulator/meta/settings.ts'
import { aGraphApi, sha256 } from './running-graph-api.ts'

const EMAIL = sha256('mary@example.com')
const check = (payload: unknown, change = {}) => checkedPayload(payload, { ...INITIAL_SETTINGS, ...change })
const reasons = (schema: unknown, row: unknown, change = {}) =>
  Object.values(check({ schema, data: [row] }, change).invalidSamples)

it.each([
  ['no payload', undefined],
  ['a payload that is a list', []],
  ['no schema', { data: [[EMAIL]] }],
  ['an empty schema', { schema: [], data: [[]] }],
  ['an empty schema text', { schema: '', data: [EMAIL] }],
  ['an unknown key', { schema: ['EMAIL', 'SHOE_SIZE'], data: [[EMAIL, '']] }],
  ['a key in lower case', { schema: ['email'], data: [[EMAIL]] }],
  ['a combined key', { schema: 'LN_FN_ZIP', data: [EMAIL] }],
  ['one column under two names', { schema: ['EMAIL', 'EMAIL_SHA256'], data: [[EMAIL, EMAIL]] }],
  ['no data', { schema: ['EMAIL'] }],
  ['empty data', { schema: ['EMAIL'], data: [] }],
  ['a bare value under a list schema', { schema: ['EMAIL', 'FN'], data: [EMAIL] }],
  ['a short row', { schema: ['EMAIL', 'FN'], data: [[EMAIL]] }],
  ['a long row among good ones', { schema: ['EMAIL'], data: [[EMAIL], [EMAIL, '']] }],
  ['a row of two under a single key', { schema: 'EMAIL_SHA256', data: [[EMAIL, EMAIL]] }],
  ['app user ids without app_ids', { schema: ['APPUID'], data: [['1']] }],
  ['page user ids with two page_ids', { schema: ['PAGEUID'], data: [['1']], page_ids: [1, 2] }],
  ['an is_raw that is no boolean', { schema: ['EMAIL'], data: [[EMAIL]], is_raw: 'maybe' }],
  ['an unknown data source type', { schema: ['EMAIL'], data: [[EMAIL]], data_source: { type: 'GUESSED' } }],
  ['an unknown data source sub-type', { schema: ['EMAIL'], data: [[EMAIL]], data_source: { sub_type: 'X' } }],
])('%s fails the whole request with code 100', (_name, payload) => {
  expect(() => check(payload)).toThrow(
    expect.objectContaining({ fields: expect.objectContaining({ code: 100 }) as object }),
  )
})

it.each([
  ['every single key', { schema: 'MOBILE_ADVERTISER_ID', data: ['a-b', ['c-d']] }],
  ['a one-element list schema', { schema: ['EMAIL_SHA256'], data: [[EMAIL]] }],
  ['app user ids with app_ids', { schema: ['APPUID'], data: [['12'], [13]], app_ids: [1] }],
  ['page user ids with one page', { schema: 'PAGEUID', data: ['1'], page_ids: ['2'], is_raw: true }],
  [
    'a known data source',
    { schema: ['EMAIL'], data: [[EMAIL]], data_source: { type: 'FILE_IMPORTED', sub_type: 'MULTI_HASHES' } },
  ],
  [
    'what Meta does not explain',
    { schema: ['EMAIL'], data: [[EMAIL]], metadata: {}, customer_consent: true, ig_account_ids: [] },
  ],
])('%s is taken', (_name, payload) => {
  expect(check(payload).invalid).toBe(0)
})

it.each([
  ['an MD5 hash', ['EMAIL'], ['0cc175b9c0f1b6a831c399e269772661'], 'invalid hash'],
  ['plain text', ['EMAIL'], ['mary@example.com'], 'invalid hash'],
  ['an upper-case hash', ['EMAIL'], [EMAIL.toUpperCase()], 'invalid hash'],
  ['a null', ['EMAIL'], [null], 'invalid hash'],
  ['an empty external id', ['EXTERN_ID'], [''], 'empty external ID'],
  ['an advertiser id that is no text', ['MADID'], [{}], 'not a string'],
  ['a negative lookalike value', ['LOOKALIKE_VALUE'], [-0.5], 'invalid lookalike value'],
  ['a lookalike value in words', ['LOOKALIKE_VALUE'], ['much'], 'invalid lookalike value'],
  ['an unknown processing option', ['DATA_PROCESSING_OPTIONS'], [['XYZ']], 'invalid data processing options'],
  ['options as a text', ['DATA_PROCESSING_OPTIONS'], ['LDU'], 'invalid data processing options'],
  [
    'a country but 0 and 1',
    ['DATA_PROCESSING_OPTIONS_COUNTRY', 'DATA_PROCESSING_OPTIONS_STATE'],
    [2, 0],
    'invalid data processing country',
  ],
  ['a state but 0 and 1000 to 1013', ['DATA_PROCESSING_OPTIONS_STATE'], [6], 'invalid data processing state'],
  ['a country without a state', ['DATA_PROCESSING_OPTIONS_COUNTRY'], [1], 'data processing country without state'],
])('%s makes the row an invalid entry', (_name, schema, row, reason) => {
  expect(reasons(schema, row)).toEqual([reason])
})

it.each([
  ['an empty hash column', ['EMAIL', 'FN'], [EMAIL, '']],
  ['a lookalike value of zero', ['EMAIL', 'LOOKALIKE_VALUE'], [EMAIL, 0]],
  ['a fractional lookalike value', ['EMAIL', 'LOOKALIKE_VALUE'], [EMAIL, 44.5]],
  [
    'limited data use in California',
    ['DATA_PROCESSING_OPTIONS', 'DATA_PROCESSING_OPTIONS_COUNTRY', 'DATA_PROCESSING_OPTIONS_STATE'],
    [['LDU'], 1, 1000],
  ],
  [
    'limited data use that Meta locates',
    ['DATA_PROCESSING_OPTIONS', 'DATA_PROCESSING_OPTIONS_COUNTRY', 'DATA_PROCESSING_OPTIONS_STATE'],
    [['LDU'], 0, 0],
  ],
  ['no limited data use', ['DATA_PROCESSING_OPTIONS'], [[]]],
])('%s is valid', (_name, schema, row) => {
  expect(reasons(schema, row)).toEqual([])
})

it('upper-case hashes are taken when so set, and kept in lower case', () => {
  const { invalid, rows } = check({ schema: ['EMAIL'], data: [[EMAIL.toUpperCase()]] }, { acceptUpperCaseHex: true })
  expect({ invalid, rows }).toEqual({ invalid: 0, rows: [{ EMAIL }] })
})

it('lookalike values are refused for an audience that is not value based', () => {
  const payload = { schema: ['EMAIL', 'LOOKALIKE_VALUE'], data: [[EMAIL, 1]] }
  expect(() => check(payload, { valueBased: false })).toThrow('value based')
})

it('an invalid row is counted and not applied, its neighbours are', async () => {
  const graph = await aGraphApi()
  const { status, body } = await graph.add({
    schema: ['EMAIL', 'FN'],
    data: [
      ['x', sha256('mary')],
      [EMAIL, ''],
    ],
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    num_received: 2,
    num_invalid_entries: 1,
    invalid_entry_samples: { [JSON.stringify(['x', sha256('mary')])]: 'invalid hash' },
  })
  expect(await graph.members()).toEqual([{ EMAIL }])
})

it('the good columns of an invalid row are applied when so set', async () => {
  const graph = await aGraphApi({ settings: { applyPartlyValidRows: true } })
  const { body } = await graph.add({ schema: ['EMAIL', 'FN'], data: [[EMAIL, 'Mary']] })
  expect(body.num_invalid_entries).toBe(1)
  expect(await graph.members()).toEqual([{ EMAIL }])
})

it('at most 100 invalid rows are sampled, all are counted', () => {
  const data = Array.from({ length: 150 }, (_, index) => [`bad ${index}`])
  const { invalid, invalidSamples } = check({ schema: ['EMAIL'], data })
  expect(invalid).toBe(150)
  expect(Object.keys(invalidSamples)).toHaveLength(100)
})

it.each([
  ['unknown-error-99', 500, { code: 1, error_subcode: 99, message: 'An unknown error occurred' }],
  ['invalid-parameter', 400, { code: 100 }],
] as const)('more than 10,000 rows answer %s', async (tooManyRows, status, error) => {
  const graph = await aGraphApi({ settings: { tooManyRows } })
  const rows = (count: number) => ({
    schema: 'EXTERN_ID',
    data: Array.from({ length: count }, (_, index) => `u${index}`),
  })
  expect((await graph.add(rows(10_000))).body.num_received).toBe(10_000)
  const refused = await graph.add(rows(10_001))
  expect(refused.status).toBe(status)
  expect(refused.body.error).toMatchObject(error)
})

it('integers beyond 2^53 keep every digit', async () => {
  const graph = await aGraphApi()
  const body = `{"payload":{"schema":["EXTERN_ID"],"data":[[9007199254740993]]},"session":{"session_id":9223372036854775807,"batch_seq":10}}`
  const answer = await graph.withJson('POST', '/v26.0/23846440602800582/users', body)
  expect(answer.body.session_id).toBe('9223372036854775807')
  expect(await graph.members()).toEqual([{ EXTERN_ID: '9007199254740993' }])
})
