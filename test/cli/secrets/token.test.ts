import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, onTestFinished, test } from 'vitest'
import { startGraphApi } from '../../../lib/emulator/meta/server.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'
import { aStack } from '../a-stack.ts'
import { anEndpoint } from '../endpoint.ts'
import { cli } from '../typed.ts'

const GOOD = 'EAAGoodToken'
const APP_SECRET = 'app-secret-of-meta'
const settings = settingsOf({
  destinations: [aDestination(), aDestination({ name: 'second', accessTokenSecret: 'meta/second' })],
})

/** A stack whose Meta knows one token, of an app whose proofs it checks. */
async function aStackWithMeta() {
  const meta = await startGraphApi({ port: 0, audiences: [AUDIENCE], accessTokens: [GOOD], appSecret: APP_SECRET })
  onTestFinished(() => meta.close())
  const graph = (path: string, body: object) =>
    fetch(`${meta.url}/_emulator/${path}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { ...(await aStackFor(meta.url)), graph, meta }
}

async function aStackFor(graphUrl: string) {
  const stack = await aStack({ settings, graphUrl, secrets: { 'token/main': 'not-set', 'meta/second': 'not-set' } })
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: stack.aws.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  onTestFinished(() => client.destroy())
  const stored = async (SecretId: string) => (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString
  return { stack, stored }
}

const set = (trackUrl: string, args: readonly string[], input = '') =>
  cli(['token', 'set', ...args], input, { trackUrl })

test('a token that Meta calls valid is stored for its destination, and it is said how soon it is used and where to look', async () => {
  const { stack, stored } = await aStackWithMeta()
  const { status, stdout, stderr } = await set(stack.url, ['main', '-'], ` ${GOOD}\n`)
  expect([status, stdout]).toEqual([0, 'Stored the token of main: it does not end.\n'])
  expect(stderr).toMatch(/within 5 minutes\. Who waits goes with the next attempt\. .* -- status$/m)
  expect(await stored('token/main')).toBe(GOOD)
  expect((await set(stack.url, ['second', '-'], GOOD)).status).toBe(0)
  expect(await stored('meta/second')).toBe(GOOD)
})

test.each([
  ['is not known to Meta', 'wrong', {}, /not valid/],
  ['lacks ads_management', GOOD, { scopes: ['ads_read'] }, /lacks ads_management, and has ads_read/],
  ['has ended', GOOD, { expiresAt: 1 }, /not valid: it is wrong, withdrawn, or has ended/],
  ['has a wrong app secret', JSON.stringify({ accessToken: GOOD, appSecret: 'wrong' }), {}, /app secret does not fit/],
])('a token that %s is not stored', async (_, input, facts, message) => {
  const { stack, stored, graph } = await aStackWithMeta()
  await graph('token', facts)
  const { status, stdout, stderr } = await set(stack.url, ['main', '-'], input)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain(GOOD)
  const { stdout: document } = await set(stack.url, ['main', '-', '--json'], input)
  expect(JSON.parse(document)).toMatchObject({ destination: 'main', stored: false })
  expect(await stored('token/main')).toBe('not-set')
})

test('with the app secret as JSON, both are stored, after Meta has taken their proof', async () => {
  const { stack, stored } = await aStackWithMeta()
  const input = JSON.stringify({ accessToken: GOOD, appSecret: APP_SECRET })
  expect((await set(stack.url, ['main', '-'], input)).status).toBe(0)
  expect(await stored('token/main')).toBe(input)
})

test('when Meta cannot be reached or fails, nothing is stored, unless --unchecked says so', async () => {
  const failing = await anEndpoint(() => ({ status: 503, text: 'busy' }))
  for (const graphUrl of ['http://127.0.0.1:9', failing.url]) {
    const { stack, stored } = await aStackFor(graphUrl)
    const { status, stderr } = await set(stack.url, ['main', '-'], GOOD)
    expect(status).toBe(3)
    expect(stderr).toContain('--unchecked')
    expect(await stored('token/main')).toBe('not-set')
    expect((await set(stack.url, ['main', '-', '--unchecked'], GOOD)).stdout).toContain('unchecked')
    expect(await stored('token/main')).toBe(GOOD)
  }
})

test.each([
  [['main', GOOD], '', /history/],
  [['main'], '', /write - behind the destination/],
  [['mian', '-'], GOOD, /Did you mean main\?/],
  [['main', '-'], '', /no token/],
  [['main', '-'], 'not-set', /no token/],
  [['main', '-'], 'two words', /no blanks/],
  [['main', '-'], '{"token":"x"}', /no blanks/],
  [['main', '-', '--app-secret'], GOOD, /standard input/],
])('%j is wrong usage: nothing is asked of Meta, and the token is not repeated', async (args, input, message) => {
  const { stack, stored } = await aStackFor('http://127.0.0.1:9')
  const { status, stdout, stderr } = await set(stack.url, args, input)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain(GOOD)
  expect(await stored('token/main')).toBe('not-set')
})

testInTerminal('a person types the token and the app secret unseen', async () => {
  const { stack, stored } = await aStackWithMeta()
  const term = await inTerminal(['token', 'set', 'main', '--app-secret'], { env: { TRACK_URL: stack.url } })
  await term.sees(/Access token of main/)
  term.types(`${GOOD}\r`)
  await term.sees(/App secret/)
  term.types(`${APP_SECRET}\r`)
  await term.sees(/Stored the token of main/)
  const { status, raw } = await term.ended()
  expect(status).toBe(0)
  for (const secret of [GOOD, APP_SECRET]) expect(raw).not.toContain(secret)
  expect(await stored('token/main')).toBe(JSON.stringify({ accessToken: GOOD, appSecret: APP_SECRET }))
})
