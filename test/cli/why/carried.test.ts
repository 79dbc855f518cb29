import { describe, expect, test } from 'vitest'
import { carriedIn } from '../../../lib/cli/why/carried.ts'
import type { Receipt } from '../../../lib/graph-api/receipt.ts'
import { AUDIENCE } from '../../support/settings.ts'

const WRITTEN = Date.parse('2026-11-20T10:00:00Z')

/** A request that was answered so many seconds after the word was written. */
function request(seconds: number, count: number, outcome = 'delivered'): Receipt {
  const what = { audienceId: AUDIENCE, destination: 'main', direction: 'add', invalid: 0, ms: 1 } as const
  return { ...what, at: WRITTEN + seconds * 1000, count, outcome }
}

const carried = (...requests: Receipt[]) => carriedIn(requests, WRITTEN, false)

describe('the requests that carried a word', () => {
  test('the first that was delivered did', () => {
    const [first, second] = [request(1, 2), request(2, 3)]
    expect(carried(first, second)).toEqual({ request: first })
  })

  test('of a request that went again in parts, any part may be theirs', () => {
    const [whole, half, row, last] = [
      request(1, 5, 'http_400'),
      request(2, 2, 'http_400'),
      request(3, 1),
      request(4, 3),
    ]
    expect(carried(whole, half, row, last)).toEqual({ request: row, failed: whole })
  })

  test('a request that went again as a whole leaves no doubt', () => {
    const again = request(40, 6)
    expect(carried(request(1, 5, 'graph_80003'), again)).toEqual({ request: again })
  })

  test('a later request of the same turn that failed may be theirs', () => {
    const [first, failed] = [request(1, 10_000), request(60, 40, 'network')]
    expect(carried(first, failed)).toEqual({ request: first, failed })
    expect(carried(first, failed, request(200, 40))).toEqual({ request: first })
  })

  test('what failed after the turn is about others', () => {
    const first = request(1, 2)
    expect(carried(first, request(91, 2, 'network'))).toEqual({ request: first })
  })

  test('while their message waits, what was delivered is not theirs', () => {
    const failed = request(1, 2, 'http_400')
    expect(carriedIn([failed, request(2, 1)], WRITTEN, true)).toEqual({ request: failed })
    expect(carriedIn([request(2, 1)], WRITTEN, true)).toEqual({})
  })
})
