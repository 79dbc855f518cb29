import { expect, test } from 'vitest'
import { accessTokenSecretId, createTokenSource } from '../../lib/aws/token-source.ts'

const read = (text: string) =>
  createTokenSource({ get: () => Promise.resolve(text), refresh: () => Promise.resolve('new') }).get()

test.each([
  ['the token itself', ' EAAB123\n', { accessToken: 'EAAB123', appSecret: undefined }],
  ['a token in JSON', '{"accessToken":"EAAB123"}', { accessToken: 'EAAB123', appSecret: undefined }],
  [
    'a token and an app secret',
    '{"accessToken":"EAAB123","appSecret":"s"}',
    { accessToken: 'EAAB123', appSecret: 's' },
  ],
])('a secret holds %s', async (_, text, token) => {
  expect(await read(text)).toEqual({ ok: true, token })
})

test.each(['not-set', ' not-set ', '', ' ', '{"accessToken":"not-set"}', '{"accessToken":""}'])(
  'with "%s" the destination is paused',
  async (text) => {
    expect(await read(text)).toEqual({ ok: false, reason: 'token_not_set' })
  },
)

test.each([
  'EAAB…123',
  'EAAB 123',
  'EAAB\n123',
  '{"accessToken":"“EAAB123”"}',
  '{',
  '{}',
  '{"accessToken":7}',
  '{"token":"EAAB123"}',
  '{"accessToken":"EAAB123","appSecret":7}',
])('%s holds no token that can be read', async (text) => {
  expect(await read(text)).toEqual({ ok: false, reason: 'token_unreadable' })
})

test('a secret that cannot be read is unreadable, and never an error', async () => {
  const fail = () => Promise.reject(new Error('AccessDenied'))
  const token = createTokenSource({ get: fail, refresh: fail })
  expect([await token.get(), await token.refresh()]).toEqual([
    { ok: false, reason: 'token_unreadable' },
    { ok: false, reason: 'token_unreadable' },
  ])
})

test('a refused token is read anew', async () => {
  const token = createTokenSource({ get: () => Promise.resolve('old'), refresh: () => Promise.resolve('new') })
  expect(await token.refresh()).toMatchObject({ token: { accessToken: 'new' } })
})

test('the secret of a destination is the one that it names, or else one of its own', () => {
  expect(accessTokenSecretId({ name: 'main', accessTokenSecret: 'our/token' }, 'tokens/')).toBe('our/token')
  expect(accessTokenSecretId({ name: 'main' }, 'tokens/')).toBe('tokens/main')
})
