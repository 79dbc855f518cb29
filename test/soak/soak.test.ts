import { expect, test } from 'vitest'
import { FAULT_NAMES } from '../../lib/emulator/meta/faults.ts'
import { soak } from './soak.ts'

// A minute on two idle cores; what is busy takes longer, and ends the same.
test(
  'through every fault and killed consumers, every audience ends as the events say',
  { timeout: 600_000 },
  async () => {
    const { problems, ...summary } = await soak({ events: 1_000, seed: 20_261_117, log: () => undefined })
    expect(problems).toEqual([])
    expect(summary.faults).toBeGreaterThanOrEqual(FAULT_NAMES.length)
    expect(summary.kills).toBeGreaterThanOrEqual(2)
    expect(summary.deadLetters).toMatchObject({
      graph_2650: expect.any(Number) as number,
      undecodable: expect.any(Number) as number,
    })
  },
)
