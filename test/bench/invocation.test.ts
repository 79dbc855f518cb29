import { expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import { QUICK_SERIES } from './invocation-cases.ts'
import { readProcess } from './process-reading.ts'

test.runIf(process.platform === 'linux')('a process reads of itself what Node says about it', async () => {
  const end = performance.now() + 300
  while (performance.now() < end);
  const reading = await readProcess(process.pid)
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  expect((reading?.processorSeconds ?? 0) / ((userCPUTime + systemCPUTime) / 1e6)).toBeCloseTo(1, 1)
  // maxRSS counts what the process was forked from as well, so the peak lies between what is held now and that.
  expect(reading?.peakMb).toBeGreaterThanOrEqual((process.memoryUsage.rss() / 1024 ** 2) * 0.8)
  expect(reading?.peakMb).toBeLessThanOrEqual((maxRSS / 1024) * 1.05)
})

test('a process that has ended has no reading', async () => {
  expect(await readProcess(2 ** 30)).toBeUndefined()
})

test.each(QUICK_SERIES.flat().slice(0, isLong ? Infinity : 2))(
  '$name: 6 MB of messages that the consumer can read, nobody twice',
  ({ events }) => {
    const [event] = events()
    expect(JSON.stringify(event).length).toBeLessThanOrEqual(6_291_456)
    expect(JSON.stringify(event).length).toBeGreaterThan(0.97 * 6_291_456)
    const emails = event?.Records.flatMap(({ body }) =>
      (decodeMessage(body)?.events ?? []).flatMap(({ add = [] }) => add.map((user) => user?.EMAIL)),
    )
    expect(emails).not.toContain(undefined)
    expect(new Set(emails).size).toBe(emails?.length)
  },
)
