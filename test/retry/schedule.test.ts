import { expect, it } from 'vitest'
import { stepFor, withJitter } from '../../lib/retry/schedule.ts'

it('waits take longer and longer with the age of the first failure: 1, 2, 4 … 60 minutes, then two hours', () => {
  const minutes: number[] = []
  for (let age = 0; age < 24 * 3600;) {
    const step = stepFor(age)
    minutes.push(step / 60)
    age += step
  }
  expect(minutes).toEqual([1, 2, 4, 8, 15, 30, 60, ...Array<number>(11).fill(120)])
})

it('with jitter no wait is shorter than its step, and none longer than a quarter more', () => {
  for (let age = 0; age < 30 * 3600; age += 97) {
    const step = stepFor(age)
    expect(withJitter(step, () => 0)).toBe(step)
    for (const random of [0.25, 0.5, 0.9999]) {
      const wait = withJitter(step, () => random)
      expect(wait).toBeGreaterThanOrEqual(step)
      expect(wait).toBeLessThanOrEqual(Math.ceil(step * 1.25))
    }
  }
})

it('no wait is longer than SQS can hide a message', () => {
  for (const random of [0, 0.99]) expect(withJitter(20 * 3600, () => random)).toBe(11 * 3600)
})

it('is a whole number of seconds, as SQS wants it, and never less than asked for', () => {
  for (const random of [0, 0.1, 0.33, 0.77]) {
    const wait = withJitter(61.5, () => random)
    expect(wait % 1).toBe(0)
    expect(wait).toBeGreaterThanOrEqual(61.5)
  }
})
