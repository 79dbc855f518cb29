import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { AUDIENCE, NOON, TOKEN, aGraphApi } from './running-graph-api.ts'

const APP_SECRET = 'an-app-secret'
const hmac = (message: string) => createHmac('sha256', APP_SECRET).update(message).digest('hex')

it('a call without a token is refused', async () => {
  const graph = await aGraphApi()
  const response = await graph.raw(`/v26.0/${AUDIENCE}`)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { code: 104 } })
})

it('a rotated token is refused from then on, and the new one taken', async () => {
  const graph = await aGraphApi()
  graph.setAccessTokens(['the-next-token'])
  expect((await graph.read(AUDIENCE)).body.error).toMatchObject({ code: 190 })
  const next = await graph.call('GET', `/v26.0/${AUDIENCE}`, { headers: { authorization: 'Bearer the-next-token' } })
  expect(next.status).toBe(200)
})

const seconds = NOON / 1000
it.each([
  ['plain and right', { appsecret_proof: hmac(TOKEN) }, 200],
  ['plain and wrong', { appsecret_proof: hmac('another') }, 400],
  ['not hexadecimal', { appsecret_proof: 'proof' }, 400],
  ['timed and fresh', { appsecret_proof: hmac(`${TOKEN}|${seconds - 300}`), appsecret_time: `${seconds - 300}` }, 200],
  [
    'timed and older than five minutes',
    { appsecret_proof: hmac(`${TOKEN}|${seconds - 301}`), appsecret_time: `${seconds - 301}` },
    400,
  ],
  [
    'of another time than is said',
    { appsecret_proof: hmac(`${TOKEN}|${seconds}`), appsecret_time: `${seconds - 1}` },
    400,
  ],
])('an appsecret_proof that is %s answers %j → %i', async (_name, proof, expected) => {
  const graph = await aGraphApi({ appSecret: APP_SECRET })
  const { status, body } = await graph.read(`${AUDIENCE}?${String(new URLSearchParams(proof))}`)
  expect(status).toBe(expected)
  if (expected === 400)
    expect(body.error).toMatchObject({
      message: 'Invalid appsecret_proof provided in the API argument',
      type: 'GraphMethodException',
      code: 100,
    })
})

it('a proof is asked for only when the app requires it', async () => {
  const graph = await aGraphApi({ appSecret: APP_SECRET })
  expect((await graph.read(AUDIENCE)).status).toBe(200)
  await graph.control('PATCH', 'settings', { requireAppSecretProof: true })
  expect((await graph.read(AUDIENCE)).body.error).toMatchObject({
    message: 'API calls from the server require an appsecret_proof argument',
    code: 100,
  })
})

it('debug_token tells a valid token from an invalid one', async () => {
  const graph = await aGraphApi()
  const valid = await graph.read(`debug_token?input_token=${TOKEN}`)
  expect(valid.body.data).toMatchObject({ is_valid: true, expires_at: 0, issued_at: seconds })
  const invalid = await graph.read('debug_token?input_token=other')
  expect(invalid.body.data).toMatchObject({ is_valid: false, error: { code: 190 } })
  expect((await graph.read('debug_token')).body.error).toMatchObject({ code: 100 })
})
