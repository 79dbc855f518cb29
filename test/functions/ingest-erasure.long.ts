import { expect, test } from 'vitest'
import { LONE_KEY, withLoneFunction } from '../bench/lone-function.ts'
import { MB_PER_PROCESSOR, readProcess } from '../bench/process-reading.ts'
import { restEvent } from '../support/http-event.ts'
import { basic } from '../support/ingest.ts'

const FORTY_SHOPS = Array.from({ length: 40 }, (_, index) => ({
  name: `shop-${index}`,
  userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID'],
  events: { USER_ADD: String(23846440602800582n + BigInt(index)) },
}))

const TEN_THOUSAND = Array.from({ length: 10_000 }, (_, index) => ({
  EMAIL: `Ann.${index}@example.com`,
  PHONE: `+49 30 ${1_000_000 + index}`,
  EXTERN_ID: `customer-${index}`,
}))

// A process that Lambda ends at its limit begins anew, and so would each repetition of the request.
test.runIf(process.platform === 'linux')(
  'a new process that finds a million people erased erases 10,000 more in three quarters of its time and memory',
  { timeout: 180_000 },
  async () => {
    const setting = { destinations: FORTY_SHOPS, hasToken: true, erased: 2_000_000 }
    await withLoneFunction('TrackApiIngest', setting, async (ingest) => {
      const headers = { Authorization: basic(LONE_KEY) }
      await ingest.invoke(restEvent({ method: 'GET', path: '/health' }))
      const pid = ingest.environments()[0]?.pid ?? 0
      const before = await readProcess(pid)
      const body = JSON.stringify({ users: TEN_THOUSAND })
      const answered = await ingest.invoke(restEvent({ path: '/v1/erase', headers, body }))
      const after = await readProcess(pid)
      expect(answered).toMatchObject({ ok: true, payload: { statusCode: 200 } })
      const seconds = (after?.processorSeconds ?? NaN) - (before?.processorSeconds ?? NaN)
      const available = (ingest.timeoutSeconds * ingest.memoryMb) / MB_PER_PROCESSOR
      expect(seconds / available).toBeLessThan(0.75)
      expect((after?.peakMb ?? NaN) / ingest.memoryMb).toBeLessThan(0.75)
    })
  },
)
