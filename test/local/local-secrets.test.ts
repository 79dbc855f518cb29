import { expect, test } from 'vitest'
import { parseDestinations } from '../../lib/config/destinations.ts'
import { parseWriteKeys } from '../../lib/config/write-keys.ts'
import { localSecrets, writeKeys } from '../../lib/local/local-secrets.ts'

const source = (name: string, rest: { allowedOrigins?: string[]; signed?: boolean } = {}) => ({
  name,
  signed: false,
  mayErase: false,
  secretHeader: undefined,
  allowedOrigins: undefined,
  ...rest,
})

test('WRITE_KEY belongs to the first source without origins and to the first with', () => {
  const web = { allowedOrigins: ['https://shop.example'] }
  expect(writeKeys([source('web', web), source('server'), source('web2', web), source('server2')], 'key')).toEqual({
    web: ['local-write-key-web', 'key'],
    server: ['local-write-key-server', 'key'],
    web2: ['local-write-key-web2'],
    server2: ['local-write-key-server2'],
  })
})

test('a signed source has a signing secret, in the form that the ingest function reads', () => {
  const text = JSON.stringify(writeKeys([source('webhook', { signed: true })], 'key'))
  expect(parseWriteKeys(text)?.sources).toEqual([
    { source: 'webhook', writeKeys: ['local-write-key-webhook', 'key'], signingSecret: 'local-signing-secret-webhook' },
  ])
})

test('every other secret holds the access token, also one that only the settings name', () => {
  const parsed = parseDestinations({
    sources: [{ name: 'server' }],
    destinations: [
      { name: 'own', userSchema: ['EMAIL'], events: { A: '23846440602800582' } },
      { name: 'theirs', userSchema: ['EMAIL'], events: { B: '23846440602800583' }, accessTokenSecret: 'shared/meta' },
    ],
  })
  if (!parsed.ok) throw new Error('unusable settings')
  const values = localSecrets({
    secrets: [
      { name: 'WriteKeys', arn: 'arn:keys' },
      { name: 'OwnToken', arn: 'arn:token' },
      { name: 'ErasureKey', arn: 'arn:erasures' },
    ],
    writeKeysSecretArn: 'arn:keys',
    erasureKeyArn: 'arn:erasures',
    destinations: parsed.destinations,
    writeKey: 'key',
    accessToken: 'token',
  })
  expect([...values]).toEqual([
    ['shared/meta', 'token'],
    ['WriteKeys', '{"server":["local-write-key-server","key"]}'],
    ['OwnToken', 'token'],
    ['ErasureKey', 'local-erasure-key'],
  ])
})
