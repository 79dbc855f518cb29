import { createHmac } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { HttpEvent } from '../../lib/track/request.ts'
import { MAX_BODY_BYTES } from '../../lib/track/request.ts'
import { MAX_MESSAGE_BYTES, decodeMessage } from '../../lib/track/message.ts'
import { httpEvent, restEvent } from '../support/http-event.ts'
import { anIngest, basic } from '../support/ingest.ts'
import type { Answer } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'
import { bomb } from './odd-bytes.ts'
import { INTACT, KEYS, oddRequest } from './odd-request.ts'
import { createRandom } from './random.ts'

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 50_000)
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123)
const MEBIBYTE = 1024 * 1024

const sources = [
  { name: 'server' },
  { name: 'web', allowedOrigins: ['https://shop.example'] },
  { name: 'hooks', signed: true, secretHeader: 'X-Audience-Key' },
]
const everywhere = sources.map(({ name }) => name)
const settings = settingsOf({
  sources,
  destinations: [
    aDestination({ sources: everywhere, userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID'], limitedDataUse: true }),
    aDestination({
      sources: everywhere,
      name: 'other',
      events: { USER_ADD: ['23846440602800001', '23846440602800002'] },
    }),
  ],
})
const ingest = anIngest({ settings, secret: JSON.stringify(KEYS) })

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

test(`${REQUESTS} odd requests are answered, and none spoils a good event (FUZZ_SEED=${SEED})`, async () => {
  const random = createRandom(SEED)
  const statuses = new Map<number, number>()
  let heapBefore = 0
  for (let count = 0; count < REQUESTS; count += 1) {
    // Caches have filled by then.
    if (count === REQUESTS / 10) heapBefore = heapAfterCollection()
    const { mustStore, ...request } = oddRequest(random)
    const event = random.once(2) ? restEvent(request) : httpEvent(request)
    const answer = await ingest.invoke(event).catch((error: unknown) => {
      throw new Error(`Request ${count} of seed ${SEED} was not answered`, { cause: error })
    })
    const stored = takeStored()
    const complaint = complaintAbout(answer, request.method ?? 'POST', stored, mustStore)
    if (complaint) throw new Error(`Request ${count} of seed ${SEED}: ${complaint}: ${describe(event, answer)}`)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  }
  expect(heapAfterCollection() - heapBefore).toBeLessThan(32 * MEBIBYTE)
  // All of the handler was reached, not just its first refusal.
  for (const status of [200, 204, 400, 401, 404, 413]) expect(statuses.get(status)).toBeGreaterThan(0)
}, 180_000)

function complaintAbout(answer: Answer, method: string, stored: string[], mustStore: boolean): string | undefined {
  const { status, body } = answer
  if (![200, 204, 400, 401, 404, 413].includes(status)) return 'no status for bad input'
  if (status === 200 && body.success !== true) return 'a success that does not say so'
  if (status === 204 && method !== 'OPTIONS') return '204 makes some SDKs loop'
  if (status >= 400 && (typeof body.code !== 'string' || typeof body.message !== 'string')) return 'no code or message'
  for (const text of stored) {
    if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) return 'a message that is too long'
    if (!text.isWellFormed() || UNSENDABLE.test(text)) return 'a message that SQS refuses'
    if (!decodeMessage(text)) return 'a message that the consumer does not understand'
  }
  if (mustStore && !stored.some((text) => text.includes('intact@example.com'))) return 'a good event was lost'
  return undefined
}

// SQS: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
const UNSENDABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

/** The messages on their way to the queues. All that the fakes remember is forgotten. */
function takeStored(): string[] {
  ingest.logs.length = 0
  ingest.measures.length = 0
  return [...ingest.track.splice(0), ...ingest.session.splice(0)].map(({ body }) => body)
}

function describe(event: HttpEvent, answer: Answer): string {
  return JSON.stringify({ event, answer }).slice(0, 3_000)
}

function heapAfterCollection(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

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
