import { expect, it } from 'vitest'
import { waitSeconds } from '../../lib/retry/schedule.ts'

it('waits take longer and longer with the age of the first failure: 1, 2, 4 … 60 minutes, then two hours', () => {
  const minutes: number[] = []
  let age = 0
  while (age < 24 * 3600) {
    const wait = waitSeconds(age, 0, () => 0)
    minutes.push(wait / 60)
    age += wait
  }
  expect(minutes).toEqual([1, 2, 4, 8, 15, 30, 60, ...Array<number>(11).fill(120)])
})

it('with jitter no wait is shorter than its step, and none longer than a quarter more', () => {
  for (let age = 0; age < 30 * 3600; age += 97) {
    const step = waitSeconds(age, 0, () => 0)
    for (const random of [0.25, 0.5, 0.9999]) {
      const wait = waitSeconds(age, 0, () => random)
      expect(wait).toBeGreaterThanOrEqual(step)
      expect(wait).toBeLessThanOrEqual(Math.ceil(step * 1.25))
    }
  }
})

it.each([
  ['longer than the step', 0, 17 * 60, 17 * 60],
  ['shorter than the step', 3 * 3600, 60, 2 * 3600],
  ['longer than SQS can hide a message', 0, 20 * 3600, 11 * 3600],
])('what Meta says counts when it is %s', (_, age, metaSays, expected) => {
  expect(waitSeconds(age, metaSays, () => 0)).toBe(expected)
})

it('is a whole number of seconds, as SQS wants it', () => {
  for (const random of [0.1, 0.33, 0.77]) expect(waitSeconds(0, 61.5, () => random) % 1).toBe(0)
})
