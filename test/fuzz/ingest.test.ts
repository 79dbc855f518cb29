import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { MAX_BODY_BYTES } from '../../lib/track/request.ts'
import { restEvent } from '../support/http-event.ts'
import { basic } from '../support/ingest.ts'
import { fuzzedIngest } from './fuzzed-ingest.ts'
import { bomb } from './odd-bytes.ts'
import { INTACT, KEYS } from './odd-request.ts'

const REQUESTS = process.env.FUZZ_REQUESTS ?? '1500'
const ingest = fuzzedIngest()

test(`${REQUESTS} odd requests are answered, and none spoils a good event or costs too much memory`, () => {
  // As Lambda and the local stack start the function.
  const flags = ['--max-semi-space-size=8', '--max-old-space-size=461']
  const env = { ...process.env, FUZZ_REQUESTS: REQUESTS }
  const { status, stderr } = spawnSync(process.execPath, [...flags, 'test/fuzz/run.ts'], { env, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}, 300_000)

const headers = { Authorization: basic(KEYS.server) }

test('a gzip of a gigabyte costs no more memory than the largest body that is taken', async () => {
  const body = bomb(1_024)
  const before = process.resourceUsage().maxRSS
  const { status } = await ingest.invoke(restEvent({ headers, body }))
  expect(status).toBe(413)
  expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(4 * MAX_BODY_BYTES)
})

test('a body of 4.5 MB is taken whole, and one byte more is not', async () => {
  const good = JSON.stringify({ batch: [INTACT] })
  const largest = gzipSync(good.padEnd(MAX_BODY_BYTES))
  expect((await ingest.invoke(restEvent({ headers, body: largest }))).body).toMatchObject({ accepted: 1 })
  const larger = gzipSync(good.padEnd(MAX_BODY_BYTES + 1))
  expect((await ingest.invoke(restEvent({ headers, body: larger }))).status).toBe(413)
})

test('a signed batch that is nested deeper than the stack is refused, not repeated', async () => {
  const element = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const signature = createHmac('sha1', KEYS.hooks.signingSecret).update(element).digest('hex')
  const signed = { Authorization: basic(KEYS.hooks.writeKey), 'X-Signature': signature }
  const { status, body } = await ingest.invoke(restEvent({ headers: signed, body: `[${element}]` }))
  expect([status, body.code]).toEqual([401, 'unauthorized'])
})
