import { setFlagsFromString } from 'node:v8'
import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { MAX_MESSAGE_BYTES, decodeMessage } from '../../lib/track/message.ts'
import type { HttpEvent } from '../../lib/track/request.ts'
import { httpEvent, restEvent } from '../support/http-event.ts'
import type { Answer } from '../support/ingest.ts'
import { fuzzedIngest } from './fuzzed-ingest.ts'
import { oddRequest } from './odd-request.ts'
import { createRandom } from './random.ts'

// npm run fuzz: FUZZ_REQUESTS odd requests of FUZZ_SEED are answered, none spoils a good event, and the process stays
// below three quarters of the function's memory. Ends with 1 and the request that did something else.
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 50_000)
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123)
const MEBIBYTE = 1024 * 1024
// SQS: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
const UNSENDABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const MOST_MEMORY = 0.75 * 512 * MEBIBYTE

const ingest = fuzzedIngest()
setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

const random = createRandom(SEED)
const statuses = new Map<number, number>()
let heapBefore = 0
for (let count = 0; count < REQUESTS; count += 1) {
  // Caches have filled by then.
  if (count === Math.floor(REQUESTS / 10)) heapBefore = heapAfterCollection()
  const { mustStore, ...request } = oddRequest(random)
  const event = random.once(2) ? restEvent(request) : httpEvent(request)
  const answer = await ingest.invoke(event).catch((error: unknown) => {
    throw new Error(`Request ${count} of seed ${SEED} was not answered`, { cause: error })
  })
  const complaint = complaintAbout(answer, request.method ?? 'POST', takeStored(), mustStore)
  if (complaint) fail(`Request ${count} of seed ${SEED}: ${complaint}: ${describe(event, answer)}`)
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
}
const kept = heapAfterCollection() - heapBefore
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
if (kept > 32 * MEBIBYTE) fail(`${inMebibytes(kept)} are never given back`)
if (peak > MOST_MEMORY) fail(`${inMebibytes(peak)} of memory, more than ${inMebibytes(MOST_MEMORY)}`)
// All of the handler was reached, not just its first refusal. One request of about 3,000 is too large.
const reached = [200, 204, 400, 401, 404, ...(REQUESTS < 30_000 ? [] : [413])]
for (const status of reached) if (!statuses.has(status)) fail(`nothing was answered ${status}`)
console.log(`${REQUESTS} requests answered, ${JSON.stringify([...statuses])}, ${inMebibytes(peak)} at most`)

function inMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

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
  if (Object.keys(Object.prototype).length > 0) return 'a request that changed what all objects have'
  if (mustStore && !stored.some((text) => text.includes('intact@example.com'))) return 'a good event was lost'
  return undefined
}

/** The messages on their way to the queues. All that the fakes remember is forgotten. */
function takeStored(): string[] {
  ingest.logs.length = 0
  ingest.measures.length = 0
  return [ingest.track, ingest.removal, ingest.session].flatMap((queue) => queue.splice(0)).map(({ body }) => body)
}

function describe(event: HttpEvent, answer: Answer): string {
  return JSON.stringify({ event, answer }).slice(0, 3_000)
}

function heapAfterCollection(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
