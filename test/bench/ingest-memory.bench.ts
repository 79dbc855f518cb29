import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MAX_BODY_BYTES, MAX_BODY_BYTES_WITHOUT_KEY, MAX_VALUES } from '../../lib/track/request.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { freshIngest } from './fresh-ingest.ts'
import type { FreshIngest } from './fresh-ingest.ts'
import { FULL_REQUESTS, TEN_SHOPS } from './full-request.ts'
import { WORST_BODIES } from './worst-bodies.ts'

const KEY = { 'X-Write-Key': 'key' }

/** The most memory that a request with each of the worst bodies can cost: accepted, refused, and again and again. */
const benchmark: Benchmark = {
  name: 'ingest-memory',
  run: async () => {
    const ingest = await freshIngest()
    try {
      const measured: Measurement[] = []
      for (const body of WORST_BODIES) measured.push(...(await measure(ingest, body)))
      return [...measured, ...(await measureFullRequests())]
    } finally {
      ingest.close()
    }
  },
}
export default benchmark

async function measure(ingest: FreshIngest, { name, text }: (typeof WORST_BODIES)[number]): Promise<Measurement[]> {
  const largest = text({ bytes: MAX_BODY_BYTES, values: MAX_VALUES })
  const keyless = text({ bytes: MAX_BODY_BYTES_WITHOUT_KEY, values: MAX_VALUES })
  const beyond = text({ bytes: 4 * MAX_BODY_BYTES, values: Infinity })
  const requests = [
    ['as large as it may be', { headers: KEY, body: largest }, 1],
    ['again, five times', { headers: KEY, body: largest }, 5],
    ['without a key', { body: gzipSync(keyless) }, 1],
    ['too large, gzip', { headers: KEY, body: gzipSync(beyond) }, 1],
  ] as const
  const measurements: Measurement[] = []
  for (const [kind, request, times] of requests) {
    const { status, bytes } = await ingest.invoke(request, times)
    measurements.push({ name: `${name}, ${kind}: ${status}`, value: bytes / 1024 ** 2, unit: 'MiB' })
  }
  return measurements
}

/** Requests of as many people as the limit of people takes. */
async function measureFullRequests(): Promise<Measurement[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ten-shops-'))
  const file = join(directory, 'destinations.json')
  writeFileSync(file, JSON.stringify(TEN_SHOPS))
  const ingest = await freshIngest(file)
  try {
    const measured: Measurement[] = []
    for (const { name, body } of FULL_REQUESTS) {
      const { status, bytes } = await ingest.invoke({ headers: KEY, body: JSON.stringify(body) }, 5)
      measured.push({
        name: `${name}, for ten destinations, five times: ${status}`,
        value: bytes / 1024 ** 2,
        unit: 'MiB',
      })
    }
    return measured
  } finally {
    ingest.close()
    rmSync(directory, { recursive: true })
  }
}
