import { describe, expect, it } from 'vitest'
import type { Change } from '../lib/audience/change.ts'
import type { Outcome } from '../lib/graph-api/delivery.ts'
import { settleRows } from '../lib/outcome.ts'
import { decodeRows } from '../lib/retry/message.ts'
import { aDestination, AUDIENCE, graphFailure, manyPeople, NOON, people } from './graph-api/builders.ts'

const HOUR = 3_600_000
const target = { destination: aDestination(), audienceId: AUDIENCE, schema: ['EMAIL'] as const }
const settings = { giveUpAfterSeconds: 24 * 3600, now: NOON, random: () => 0 }
const settle = (add: Outcome[], remove: Outcome[] = [], more = {}) =>
  settleRows({ ...target, add, remove }, { ...settings, ...more })

const failed = (changes: readonly Change[], waitSeconds = 0): Outcome => {
  const failure = graphFailure(2)
  return { kind: 'waiting', changes, reason: 'graph_2', waitSeconds, tried: true, failure }
}
const heldBack = (changes: readonly Change[]): Outcome => ({
  kind: 'waiting',
  changes,
  reason: 'graph_190',
  waitSeconds: 0,
})
const since = (hours: number, ...changes: Change[]) =>
  changes.map((change) => ({ ...change, firstFailedAt: NOON - hours * HOUR }))

it('what Meta took is stored nowhere', () => {
  const received = { numReceived: 1, numInvalid: 0, invalidSamples: {} }
  expect(settle([{ kind: 'delivered', changes: people('a'), received }])).toMatchObject({
    retry: [],
    deadLetters: [],
    waiting: [],
    givenUp: [],
  })
})

describe('rows that may pass later', () => {
  it('wait with the time of their first failure, all of an audience with one wait', () => {
    const settled = settle([failed(people('a'), 300), failed(since(0.01, ...people('b')))], [failed(people('c'))])
    expect(settled).toMatchObject({ waitSeconds: 300, deadLetters: [] })
    expect(settled.retry).toMatchObject([{ delaySeconds: 300 }])
    expect(decodeRows(settled.retry[0]?.body ?? '')).toMatchObject({
      add: [{ firstFailedAt: NOON }, { firstFailedAt: NOON - 36_000 }],
      remove: [{ firstFailedAt: NOON }],
    })
    expect(settled.waiting).toEqual([
      { direction: 'add', reason: 'graph_2', count: 2 },
      { direction: 'remove', reason: 'graph_2', count: 1 },
    ])
  })

  it('wait as long as the oldest of them', () => {
    expect(settle([failed(people('a')), failed(since(5, ...people('b')))])).toMatchObject({
      waitSeconds: 7200,
      oldestAgeSeconds: 5 * 3600,
    })
  })

  it('longer than SQS delays a message carry the rest of their wait', () => {
    const [message] = settle([failed(people('a'), 5400)]).retry
    expect(message?.delaySeconds).toBe(900)
    expect(decodeRows(message?.body ?? '')?.thenWait).toBe(4500)
    expect(decodeRows(settle([failed(people('a'), 900)]).retry[0]?.body ?? '')).not.toHaveProperty('thenWait')
  })

  it('may be a hundred thousand', () => {
    const changes = manyPeople(150_000)
    const settled = settle([failed(changes)])
    expect(settled.retry.flatMap(({ body }) => decodeRows(body)?.add ?? [])).toHaveLength(150_000)
    expect(settle([{ kind: 'rejected', changes, reason: 'graph_100' }]).deadLetters.length).toBeGreaterThan(1)
  })
})

describe('rows that have failed for a day', () => {
  it('are given up, and their neighbours wait on', () => {
    const settled = settle([failed([...since(24.1, ...people('old')), ...since(23.9, ...people('young'))])])
    expect(settled.givenUp).toEqual([{ direction: 'add', reason: 'graph_2', count: 1 }])
    expect(settled.waiting).toEqual([{ direction: 'add', reason: 'graph_2', count: 1 }])
    expect(decodeRows(settled.retry[0]?.body ?? '')?.add[0]?.identifiers).toEqual(people('young')[0]?.identifiers)
  })

  it('are not given up while they are only held back: they may have been mended meanwhile', () => {
    expect(settle([heldBack(since(30, ...people('a')))])).toMatchObject({ deadLetters: [], givenUp: [] })
  })

  it('may have three days, where the operator says so', () => {
    const outcomes = [failed(since(70, ...people('a')))]
    expect(settle(outcomes, [], { giveUpAfterSeconds: 72 * 3600 }).givenUp).toEqual([])
  })
})

describe('a dead letter', () => {
  it('says why, where and since when, and can be sent again as it is', () => {
    const changes = since(3, ...people('a', 'b'))
    const failure = graphFailure(2650, 1870148)
    const settled = settle([], [{ kind: 'rejected', changes, reason: 'graph_2650_1870148', failure }])
    expect(settled.retry).toEqual([])
    expect(settled.deadLetters).toMatchObject([
      {
        attributes: {
          reason: 'graph_2650_1870148',
          code: '2650',
          subCode: '1870148',
          fbtraceId: 'Atrace',
          destination: 'main',
          audience: AUDIENCE,
          direction: 'remove',
          firstAttempt: '2026-09-15T09:00:00.000Z',
          lastAttempt: '2026-09-15T12:00:00.000Z',
        },
      },
    ])
    expect(decodeRows(settled.deadLetters[0]?.body ?? ''), 'with a new start').toEqual({
      destination: 'main',
      audienceId: AUDIENCE,
      schema: ['EMAIL'],
      add: [],
      remove: people('a', 'b'),
    })
  })

  it('has no more attributes than SQS takes, and none that is empty', () => {
    const [letter] = settle([{ kind: 'rejected', changes: people('a'), reason: 'timeout' }]).deadLetters
    const attributes = Object.entries(letter?.attributes ?? {})
    expect(attributes.length).toBeLessThanOrEqual(10)
    for (const [name, value] of attributes) expect(value, name).not.toBe('')
  })
})
