import { describe, expect, it } from 'vitest'
import { afterFailure, afterPass, afterTimeout, nextSize, startAtOnce } from '../../lib/retry/at-once.ts'

const MS = 20_000

describe('after a request that passed', () => {
  it.each([
    [1_999, 200],
    [2_000, 120],
    [14_999, 120],
    [15_000, 100],
  ])('in %i ms and had the largest size, 100, the next has %i rows', (ms, size) => {
    expect(nextSize(afterPass(startAtOnce(100), 100, ms))).toBe(size)
  })

  it('and was smaller than the largest, which was not tried, the next is no larger', () => {
    expect(nextSize(afterPass(startAtOnce(100), 99, 0))).toBe(100)
  })
})

describe('a request that failed because of its size or of a row', () => {
  it('is halved until a part passes, which is the size of the next ones', () => {
    const quarter = afterFailure(afterFailure(startAtOnce(undefined), 100), 50)
    expect(nextSize(quarter)).toBe(25)
    expect(nextSize(afterPass(quarter, 25, MS))).toBe(25)
  })

  it.each([
    ['a request of that size has passed', afterPass(startAtOnce(undefined), 100, MS)],
    ['one of that size and then smaller ones have', afterPass(afterPass(startAtOnce(undefined), 100, MS), 10, MS)],
    ['an earlier invocation has found that size', startAtOnce(100)],
  ])('has a bad row where %s, and that is in the other half when one passes', (_, before) => {
    expect(nextSize(afterPass(afterFailure(before, 100), 50, MS))).toBe(25)
  })

  it('is half as large the next time when its row has failed alone', () => {
    expect(nextSize(afterFailure(afterFailure(startAtOnce(undefined), 100), 1))).toBe(50)
  })
})

it('a part that Meta is too slow for makes the next request half of the whole', () => {
  expect(nextSize(afterTimeout(afterFailure(startAtOnce(undefined), 100), 50))).toBe(50)
})
