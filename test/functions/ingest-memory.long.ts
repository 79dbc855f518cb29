import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { MAX_BODY_BYTES, MAX_BODY_BYTES_WITHOUT_KEY, MAX_VALUES } from '../../lib/track/request.ts'
import { freshIngest } from '../bench/fresh-ingest.ts'
import type { FreshIngest } from '../bench/fresh-ingest.ts'
import { WORST_BODIES } from '../bench/worst-bodies.ts'

// The function as it is deployed, in a process of its own for each request, with the most that it ever held.
let ingest: FreshIngest
beforeAll(async () => {
  ingest = await freshIngest()
  return () => ingest.close()
}, 120_000)

const headers = { 'X-Write-Key': 'key' }
const TIME = 120_000

test.each(WORST_BODIES)(
  '$name, as many as are taken, need less than 75 % of the memory',
  { timeout: TIME },
  async ({ text }) => {
    const body = text({ bytes: MAX_BODY_BYTES, values: MAX_VALUES })
    const { status, bytes } = await ingest.invoke({ headers, body: gzipSync(body) })
    expect(status).toBe(200)
    expect(bytes).toBeLessThan(0.75 * ingest.memory)
  },
)

test.each(WORST_BODIES)('$name without a key need no more', { timeout: TIME }, async ({ text }) => {
  const body = text({ bytes: MAX_BODY_BYTES_WITHOUT_KEY, values: MAX_VALUES })
  const { status, bytes } = await ingest.invoke({ body: gzipSync(body) })
  expect(status).toBe(401)
  expect(bytes).toBeLessThan(0.75 * ingest.memory)
})

test(
  'users of a session for ten destinations, who get messages of their own for each, need no more',
  { timeout: TIME },
  async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ten-destinations-')), 'destinations.json')
    const destinations = Array.from({ length: 10 }, (_, index) => ({
      name: `destination-${index}`,
      userSchema: ['EMAIL', 'FN'],
      events: { USER_ADD: String(23846440602800582n + BigInt(index)) },
    }))
    writeFileSync(file, JSON.stringify({ sources: [{ name: 'server' }], destinations }))
    const ten = await freshIngest(file)
    // Four bytes of UTF-8 become twelve in the queue.
    const user = { FN: '😀😀😀😀😀😀😀', EMAIL: '😀😀😀😀😀' }
    const session = { sessionIdAdd: 1, batchSequence: 1, lastBatchFlag: true }
    const properties = { ...session, userListAdd: new Array(60_000).fill(user) }
    const body = gzipSync(JSON.stringify([{ event: 'USER_ADD', properties }]))
    const { status, bytes } = await ten.invoke({ headers, body })
    ten.close()
    expect(status).toBe(200)
    expect(bytes).toBeLessThan(0.75 * ten.memory)
  },
)

test(
  '16 KB of gzip that ended the process of an older version are refused, with a key and without',
  { timeout: TIME },
  async () => {
    const body = gzipSync(`[${'{},'.repeat(5.59e6)}{}]`)
    for (const request of [{ body }, { headers, body }]) {
      const { status, bytes } = await ingest.invoke(request)
      expect(status).toBe(413)
      expect(bytes).toBeLessThan(0.75 * ingest.memory)
    }
  },
)
