import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, onTestFinished, test } from 'vitest'
import { parseWriteKeys } from '../../../lib/config/write-keys.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { aDestination, settingsOf } from '../../support/settings.ts'
import { aStack } from '../a-stack.ts'
import { cli } from '../typed.ts'

const settings = settingsOf({
  sources: [{ name: 'server' }, { name: 'shop' }, { name: 'hooks', signed: true }],
  destinations: [aDestination({ sources: ['server', 'shop', 'hooks'] })],
})

async function aStackWithKeys(text: string) {
  const stack = await aStack({ settings, secrets: { 'write-keys': text } })
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: stack.aws.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  onTestFinished(() => client.destroy())
  const SecretId = 'write-keys'
  return {
    ...stack,
    text: async () => (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '',
    put: (SecretString: string) => client.send(new PutSecretValueCommand({ SecretId, SecretString })),
    run: (...args: string[]) => cli(['write-key', ...args], '', { trackUrl: stack.url }),
  }
}

const NEW_KEY = /^[0-9a-f]{40}\n$/

test('show prints the keys alone, the newest first, so that a script can hand them on', async () => {
  const { run } = await aStackWithKeys('{"server":["new","old"],"hooks":{"writeKey":"k","signingSecret":"s"}}')
  const server = await run('show', 'server')
  expect([server.status, server.stdout]).toEqual([0, 'new\nold\n'])
  expect(server.stderr).toContain('2 keys are valid')
  const { stdout } = await run('show', 'hooks', '--json')
  expect(JSON.parse(stdout)).toEqual({ source: 'hooks', writeKeys: ['k'], signingSecret: 's' })
  const shop = await run('show', 'shop')
  expect([shop.status, shop.stderr]).toEqual([1, expect.stringContaining('write-key add shop')])
})

test.each([
  ['a key', '"old"', (key: string) => [key, 'old'], (key: string) => key],
  ['a list', '["b","a"]', (key: string) => [key, 'b', 'a'], (key: string) => key],
  [
    'an entry with a signing secret',
    '{"writeKey":"old","signingSecret":"s"}',
    (key: string) => ({ writeKey: [key, 'old'], signingSecret: 's' }),
    (key: string) => ({ writeKey: key, signingSecret: 's' }),
  ],
])('rotate puts a new key before %s, and --finish takes the old ones out', async (_, entry, rotated, finished) => {
  const { run, text } = await aStackWithKeys(`{"shop":"other","server":${entry}}`)
  const { status, stdout, stderr } = await run('rotate', 'server')
  expect(status).toBe(0)
  expect(stdout).toMatch(NEW_KEY)
  expect(stderr).toContain('write-key rotate server --finish')
  const key = stdout.trim()
  expect(JSON.parse(await text())).toEqual({ shop: 'other', server: rotated(key) })
  expect(parseWriteKeys(await text())?.unreadable).toEqual([])
  expect((await run('rotate', 'server', '--finish')).stderr).toContain('--yes')
  expect(JSON.parse(await text())).toEqual({ shop: 'other', server: rotated(key) })
  expect((await run('rotate', 'server', '--finish', '--yes')).status).toBe(0)
  expect(JSON.parse(await text())).toEqual({ shop: 'other', server: finished(key) })
  expect((await run('rotate', 'server', '--finish', '--yes')).stderr).toContain('no old key')
  const nothing = await run('rotate', 'server', '--finish', '--yes', '--json')
  expect([nothing.status, JSON.parse(nothing.stdout)]).toMatchObject([0, { source: 'server', removed: 0 }])
})

test('add makes the first key of a source, with a signing secret where it is signed', async () => {
  const { run, text } = await aStackWithKeys('{"server":"key"}')
  const shop = await run('add', 'shop')
  expect(shop.stdout).toMatch(NEW_KEY)
  const { stdout } = await run('add', 'hooks', '--json')
  const { writeKey, signingSecret } = JSON.parse(stdout) as Record<string, string>
  expect(JSON.parse(await text())).toEqual({
    server: 'key',
    shop: shop.stdout.trim(),
    hooks: { writeKey, signingSecret },
  })
  expect(signingSecret).not.toBe(writeKey)
  const again = await run('add', 'shop')
  expect([again.status, again.stdout]).toEqual([1, ''])
  expect(again.stderr).toContain('write-key rotate shop')
  const told = await run('add', 'shop', '--json')
  expect([told.status, JSON.parse(told.stdout)]).toMatchObject([1, { source: 'shop', changed: false }])
})

test('add keeps the signing secret that is there', async () => {
  const { run, text } = await aStackWithKeys('{"hooks":{"signingSecret":"theirs"}}')
  const { stdout } = await run('add', 'hooks')
  expect(JSON.parse(await text())).toEqual({ hooks: { writeKey: stdout.trim(), signingSecret: 'theirs' } })
})

test.each([
  ['server=key', 'no JSON object'],
  ['["key"]', 'no JSON object'],
  ['{"server":{"writekey":"misspelt"}}', 'entry of server'],
  ['{"server":7}', 'entry of server'],
])('a secret that cannot be read, %s, is left as it is', async (secret, message) => {
  const { run, text } = await aStackWithKeys(secret)
  for (const args of [['rotate'], ['add'], ['rotate', '--finish', '--yes'], ['show']]) {
    const [action = '', ...options] = args
    const { status, stdout, stderr } = await run(action, 'server', ...options)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(message)
  }
  expect(await text()).toBe(secret)
})

test('what somebody else writes meanwhile is not lost', async () => {
  const { run, text, put, before } = await aStackWithKeys('{"server":"old"}')
  let others = 0
  // Their write comes between the reading and the writing of the command, twice.
  before(({ action }) => {
    if (action !== 'secretsmanager:UpdateSecretVersionStage' || others === 2) return
    others += 1
    return put(JSON.stringify({ server: 'old', shop: `theirs-${others}` }))
  })
  const { status, stdout } = await run('rotate', 'server')
  expect(status).toBe(0)
  expect(JSON.parse(await text())).toEqual({ server: [stdout.trim(), 'old'], shop: 'theirs-2' })
})

test('--finish does not take out a key that somebody has made since it asked', async () => {
  const { run, text, put, before } = await aStackWithKeys('{"server":["b","a"]}')
  let reads = 0
  before(({ action }) => {
    if (action !== 'secretsmanager:GetSecretValue' || (reads += 1) !== 2) return
    return put('{"server":["c","b","a"]}')
  })
  const { status, stderr } = await run('rotate', 'server', '--finish', '--yes')
  expect(status).toBe(1)
  expect(stderr).toContain('meanwhile')
  expect(JSON.parse(await text())).toEqual({ server: ['c', 'b', 'a'] })
})

test('an unknown source is named with what was probably meant', async () => {
  const { run } = await aStackWithKeys('{}')
  const { status, stderr } = await run('rotate', 'servr')
  expect(status).toBe(2)
  expect(stderr).toContain('Did you mean server?')
})

testInTerminal('--finish asks, and no is the answer of who only presses Enter', async () => {
  const { url, text } = await aStackWithKeys('{"server":["new","old"]}')
  const env = { TRACK_URL: url }
  const first = await inTerminal(['write-key', 'rotate', 'server', '--finish'], { env })
  await first.sees(/Take 1 old key of server out\?/)
  first.types('\r')
  expect((await first.ended()).status).toBe(130)
  expect(JSON.parse(await text())).toEqual({ server: ['new', 'old'] })
  const second = await inTerminal(['write-key', 'rotate', 'server', '--finish'], { env })
  await second.sees(/out\?/)
  second.types('y')
  expect((await second.ended()).status).toBe(0)
  expect(JSON.parse(await text())).toEqual({ server: 'new' })
})
