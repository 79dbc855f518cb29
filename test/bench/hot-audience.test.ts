import { expect, it } from 'vitest'
import { isLong } from '../support/long.ts'
import { hotAudience } from './hot-audience.ts'

const FIVE_MINUTES = 300
const USERS = isLong ? 300_000 : 60_000

// In virtual time: some seconds of this machine.
it(`sends every opt-out within five minutes while an import of ${USERS} users waits for the same audience`, async () => {
  const { optOuts, rowsSent, rowsReceived } = await hotAudience({
    users: USERS,
    optOutEverySeconds: 30,
    graphMs: 3_000,
    processorMs: 5_000,
  })
  expect(optOuts.length).toBeGreaterThan(3)
  expect(Math.max(...optOuts)).toBeLessThanOrEqual(FIVE_MINUTES)
  expect(rowsSent).toBe(rowsReceived)
})
