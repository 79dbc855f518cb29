import { describe, expect, it } from 'vitest'
import { failureReason, judge, parseGraphError } from '../../lib/graph-api/error.ts'
import { CODES } from '../../lib/graph-api/verdicts.ts'
import { graphFailure } from './builders.ts'

type Case = [code: number, subCode: number | undefined, verdict: string, scope?: 'destination' | 'audience']

// Every code and sub-code of Meta's references for this edge, with what its meaning asks for.
const CASES: Case[] = [
  [1, undefined, 'retry'],
  [1, 99, 'retry'],
  [2, undefined, 'retry'],
  [3, undefined, 'pause', 'destination'],
  [4, undefined, 'wait', 'destination'],
  [4, 1504022, 'wait', 'destination'],
  [4, 1504039, 'wait', 'destination'],
  [10, undefined, 'pause', 'audience'],
  [17, undefined, 'wait', 'destination'],
  [17, 2446079, 'wait', 'destination'],
  [32, undefined, 'wait', 'destination'],
  [100, undefined, 'reject'],
  [100, 33, 'pause', 'audience'],
  [100, 1713228, 'pause', 'audience'],
  [100, 1713230, 'pause', 'audience'],
  [100, 1713231, 'pause', 'audience'],
  [102, undefined, 'pause', 'destination'],
  [104, undefined, 'pause', 'destination'],
  [105, undefined, 'reject'],
  [190, undefined, 'pause', 'destination'],
  [190, 458, 'pause', 'destination'],
  [190, 459, 'pause', 'destination'],
  [190, 460, 'pause', 'destination'],
  [190, 463, 'pause', 'destination'],
  [190, 464, 'pause', 'destination'],
  [190, 467, 'pause', 'destination'],
  [190, 492, 'pause', 'destination'],
  [194, undefined, 'reject'],
  [200, undefined, 'pause', 'audience'],
  [200, 1870034, 'pause', 'audience'],
  [200, 1870047, 'wait'],
  [200, 1870050, 'pause', 'audience'],
  [200, 1870090, 'pause', 'audience'],
  [200, 1870092, 'pause', 'audience'],
  [272, undefined, 'pause', 'audience'],
  [270, undefined, 'pause', 'audience'],
  [294, undefined, 'pause', 'destination'],
  [299, undefined, 'pause', 'audience'],
  [341, undefined, 'wait', 'destination'],
  [368, undefined, 'wait', 'destination'],
  [613, undefined, 'wait', 'destination'],
  [613, 1996, 'wait', 'destination'],
  [613, 1487742, 'wait', 'destination'],
  [613, 5044001, 'wait', 'destination'],
  [803, undefined, 'retry'],
  [2500, undefined, 'pause', 'destination'],
  [2635, undefined, 'pause', 'destination'],
  [2650, undefined, 'reject'],
  [2650, 1870144, 'reject'],
  [2650, 1870145, 'wait'],
  [2650, 1870147, 'reject'],
  [2650, 1870148, 'retry'],
  [2650, 1870158, 'reject'],
  [2650, 1870159, 'reject'],
  [2654, undefined, 'pause', 'audience'],
  [2654, 1713092, 'pause', 'audience'],
  [2655, undefined, 'pause', 'audience'],
  [2656, undefined, 'reject'],
  [2663, undefined, 'pause', 'audience'],
  [2664, undefined, 'pause', 'audience'],
  [5000, undefined, 'retry'],
  [80000, undefined, 'wait', 'destination'],
  [80000, 2446079, 'wait', 'destination'],
  [80001, undefined, 'wait', 'destination'],
  [80002, undefined, 'wait', 'destination'],
  [80003, undefined, 'wait', 'destination'],
  [80003, 2446079, 'wait', 'destination'],
  [80004, undefined, 'wait', 'destination'],
  [80004, 2446079, 'wait', 'destination'],
  [80005, undefined, 'wait', 'destination'],
  [80006, undefined, 'wait', 'destination'],
  [80008, undefined, 'wait', 'destination'],
  [80009, undefined, 'wait', 'destination'],
  [80014, undefined, 'wait', 'destination'],
  [1487301, undefined, 'pause', 'audience'],
  [1487366, undefined, 'pause', 'audience'],
]

it.each(CASES)('code %s with sub-code %s leads to %s', (code, subCode, verdict, scope) => {
  const judged = judge(graphFailure(code, subCode))
  expect({ verdict: judged.verdict, scope: judged.scope }).toEqual({ verdict, scope })
})

it('every code of the table is in the list above, and says what to do in a sentence', () => {
  const listed = CASES.map(([code, subCode]) => (subCode === undefined ? String(code) : `${code}/${subCode}`))
  expect(Object.keys(CODES).filter((code) => code !== '200–299' && !listed.includes(code))).toEqual([])
  for (const [code, { advice }] of Object.entries(CODES)) expect(advice, code).toMatch(/^[A-Z].{20,}$/)
})

it('only a request that may be too large or hold a poisonous row is divided', () => {
  const divisible = Object.entries(CODES).filter(([, verdict]) => verdict.divisible)
  expect(divisible.map(([code]) => code)).toEqual(['100', '1/99'])
  expect(judge({ kind: 'timeout' })).toMatchObject({ verdict: 'retry', divisible: true })
})

it.each([
  [400, true, true],
  [413, true, true],
  [413, false, true],
  [400, false, undefined],
  [500, true, undefined],
  [502, false, undefined],
  [200, false, undefined],
])('an answer %s that is no JSON (HTML: %s) is repeated, divided: %s', (status, html, divisible) => {
  const verdict = judge({ kind: 'unreadable', status, html })
  expect([verdict.verdict, verdict.divisible]).toEqual(['retry', divisible])
})

describe('is_transient', () => {
  it.each([
    [100, 1713230, 'retry'],
    [190, 463, 'retry'],
    [105, undefined, 'retry'],
    [4711, undefined, 'retry'],
    [4, undefined, 'wait'],
    [80003, 2446079, 'wait'],
    [2, undefined, 'retry'],
  ])('of code %s/%s makes it %s', (code, subCode, verdict) => {
    expect(judge(graphFailure(code, subCode, true)).verdict).toBe(verdict)
  })

  it('of an unknown code means that it is not rejected after an hour', () => {
    expect(judge(graphFailure(4711)).rejectAfterSeconds).toBe(3600)
    expect(judge(graphFailure(4711, undefined, true)).rejectAfterSeconds).toBeUndefined()
  })
})

it('an error object is found whatever the HTTP status, and nothing else is taken for one', () => {
  const error = { code: 2, message: '(#2) for jane@example.com', type: 'OAuthException', fbtrace_id: 'Az' }
  expect(parseGraphError(200, { error })).toMatchObject({ code: 2, status: 200, fbtraceId: 'Az' })
  expect(JSON.stringify(parseGraphError(400, { error }))).not.toContain('jane')
  for (const body of [null, 'x', 7, [], {}, { error: null }, { error: 'x' }, { error: {} }, { error: { code: '2' } }])
    expect(parseGraphError(400, body)).toBeUndefined()
})

it('reasons are short and hold codes only', () => {
  expect(failureReason(graphFailure(190, 463))).toBe('graph_190_463')
  expect(failureReason(graphFailure(2))).toBe('graph_2')
  expect(failureReason({ kind: 'unreadable', status: 502, html: true })).toBe('http_502')
  expect(failureReason({ kind: 'timeout' })).toBe('timeout')
  expect(failureReason({ kind: 'network', reason: 'ECONNRESET' })).toBe('network')
})
