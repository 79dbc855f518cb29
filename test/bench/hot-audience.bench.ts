import type { Benchmark, Measurement } from './benchmark.ts'
import { hotAudience } from './hot-audience.ts'

const IMPORTS = [300_000, 1_000_000, 3_000_000]

/**
 * One audience that an import keeps busy, with Meta at 3 s a request and 5 s of processor time an invocation, in virtual
 * time: how long an opt-out waits that comes every half minute, and how many users a second get through.
 */
const benchmark: Benchmark = {
  name: 'hot-audience',
  run: async () => {
    const measurements: Measurement[] = []
    for (const users of IMPORTS) {
      const load = { users, optOutEverySeconds: 30, graphMs: 3_000, processorMs: 5_000 }
      const { optOuts, importSeconds, requests } = await hotAudience(load)
      const sorted = optOuts.toSorted((one, other) => one - other)
      const share = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? NaN
      const name = `${users.toLocaleString('en')} users`
      measurements.push(
        { name: `${name}: half of the opt-outs within`, value: share(0.5), unit: 's' },
        { name: `${name}: nine of ten opt-outs within`, value: share(0.9), unit: 's' },
        { name: `${name}: all opt-outs within`, value: share(1), unit: 's' },
        { name: `${name}: users a second`, value: users / importSeconds, unit: 'users/s' },
        { name: `${name}: requests`, value: requests, unit: 'requests' },
      )
    }
    return measurements
  },
}
export default benchmark
