import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/long.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import type { Change } from '../../lib/audience/change.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import {
  HTML_400,
  aBatch,
  aDelivery,
  aDestination,
  changesOf,
  graphFailure,
  manyPeople,
  refused,
  rowsIn,
  taken,
} from '../graph-api/builders.ts'

/** Answers like a Meta that fails on some rows, and counts the rows that it took. */
function choking(poisonous: ReadonlySet<string>, failure: GraphFailure = HTML_400) {
  const took = new Set<string>()
  const requests: number[] = []
  const send = ({ body }: { body: string }) => {
    const rows = rowsIn(body)
    requests.push(rows.length)
    if (rows.some(([cell = '']) => poisonous.has(cell))) return Promise.resolve(refused(failure))
    for (const [cell = ''] of rows) took.add(cell)
    return Promise.resolve(taken(rows.length))
  }
  return { send, took, requests }
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0)

const CROWD = manyPeople(10_000)
const cellOf = ({ cells }: Change) => cells[0] as string
const cellAt = (position: number) => cellOf(CROWD[position] ?? { cells: [], identifiers: [], at: 0 })

/**
 * Sends waiting rows again and again, as the retry queue does, each time with some new neighbours. Answers which rows
 * were rejected in which round, which still wait, and how many calls each round took.
 */
async function untilNothingMoves(changes: readonly Change[], meta: ReturnType<typeof choking>, seed: number) {
  const { delivered } = aDelivery({ send: meta.send, random: seededRandom(seed) })
  const rejected: { change: Change; round: number }[] = []
  const callsOfRounds: number[] = []
  let waiting = changes
  let size: number | undefined
  for (let round = 1; waiting.length > 0 && round <= 100; round += 1) {
    const before = meta.requests.length
    const neighbours = round === 1 ? [] : manyPeople(4, `round ${round}`)
    const { outcomes, atOnce } = await delivered(aBatch([...waiting, ...neighbours]), undefined, size)
    size = atOnce
    callsOfRounds.push(meta.requests.length - before)
    rejected.push(...changesOf(outcomes, 'rejected').map((change) => ({ change, round })))
    expect(outcomes.flatMap((outcome) => outcome.changes).length, 'no row is lost').toBe(
      waiting.length + neighbours.length,
    )
    waiting = [...changesOf(outcomes, 'held'), ...changesOf(outcomes, 'failed')]
  }
  return { rejected, cells: rejected.map(({ change }) => cellOf(change)).sort(), waiting, callsOfRounds }
}

describe('a row that Meta chokes on', () => {
  it('is alone rejected, the second time that it failed alone, and costs some thirty calls among 10,000', async () => {
    const meta = choking(new Set([cellAt(4711)]))
    const { rejected, cells, callsOfRounds } = await untilNothingMoves(CROWD, meta, 1)
    expect(cells).toEqual([cellAt(4711)])
    expect(rejected.map(({ round }) => round)).toEqual([2])
    expect(meta.took.size).toBe(9_999 + 4)
    expect(callsOfRounds).toHaveLength(2)
    expect(callsOfRounds[0]).toBeLessThanOrEqual(30)
  })

  it('waits, marked, the first time: a fault that comes and goes may have met it by chance', async () => {
    const meta = choking(new Set([cellAt(2)]))
    const { inTime } = aDelivery({ send: meta.send })
    const outcomes = await inTime(aBatch(CROWD.slice(0, 8)))
    expect(changesOf(outcomes, 'delivered')).toHaveLength(7)
    expect(outcomes).toContainEqual(
      expect.objectContaining({
        kind: 'failed',
        changes: [{ ...CROWD[2], singledOut: 'refused' }],
        patience: 'outage',
      }),
    )
  })

  it('has not failed where it is only suspected and was in none of the requests that failed', async () => {
    const [suspect, ...others] = CROWD.slice(0, 3)
    const suspected = suspect && { ...suspect, singledOut: 'suspected' as const }
    const { inTime, time } = aDelivery({
      send: () => {
        time.now += 40_000
        return Promise.resolve(refused(HTML_400))
      },
    })
    expect(await inTime(aBatch(suspected ? [...others, suspected] : []))).toMatchObject([
      { kind: 'failed', changes: others },
      { kind: 'held', changes: [suspected], reason: 'out_of_time' },
    ])
  })

  it('is not rejected for failing alone where nothing beside it passed: that may be an outage', async () => {
    const meta = choking(new Set([cellAt(2)]))
    const { inTime } = aDelivery({ send: meta.send })
    const marked = CROWD.slice(2, 3).map((change) => ({ ...change, singledOut: 'refused' as const }))
    expect(await inTime(aBatch(marked))).toMatchObject([{ kind: 'failed', changes: marked }])
  })

  it('is found with another one in the other half', async () => {
    const poisonous = [cellAt(17), cellAt(9_000)]
    const meta = choking(new Set(poisonous))
    const { cells } = await untilNothingMoves(CROWD, meta, 1)
    expect(cells).toEqual(poisonous.sort())
  })

  it('among up to 10,000 is rejected with up to two more, and with no other, within 40 calls an invocation', async () => {
    const scenario = fc
      .integer({ min: 4, max: 10_000 })
      .chain((count) =>
        fc.tuple(fc.constant(count), fc.uniqueArray(fc.nat(count - 1), { minLength: 0, maxLength: 3 }), fc.nat()),
      )
    await fc.assert(
      fc.asyncProperty(scenario, async ([count, positions, seed]) => {
        const changes = CROWD.slice(0, count)
        const poisonous = positions.map(cellAt)
        const meta = choking(new Set(poisonous))
        const { cells, waiting, callsOfRounds } = await untilNothingMoves(changes, meta, seed)
        expect(Math.max(...callsOfRounds)).toBeLessThanOrEqual(40)
        expect(cells).toEqual(poisonous.sort())
        expect(waiting).toEqual([])
        for (const change of changes)
          if (!poisonous.includes(cellOf(change))) expect(meta.took.has(cellOf(change))).toBe(true)
      }),
      { numRuns: runs(60), seed: 42 },
    )
  })

  it.each([
    ['code 100', 40, graphFailure(100)],
    ['a page with 400', 50, HTML_400],
  ] as const)(
    '(%s) is found with 99 others among 10,000, and all good ones are in, within %i invocations of 40 calls',
    async (_, mostInvocations, failure) => {
      const random = seededRandom(5)
      const poisonous = new Set<string>()
      while (poisonous.size < 100) poisonous.add(cellAt(Math.floor(random() * CROWD.length)))
      const meta = choking(poisonous, failure)
      const { cells, waiting, callsOfRounds } = await untilNothingMoves(CROWD, meta, 3)
      expect(cells).toEqual([...poisonous].sort())
      expect(waiting).toEqual([])
      for (const change of CROWD) expect(meta.took.has(cellOf(change))).toBe(!poisonous.has(cellOf(change)))
      expect(Math.max(...callsOfRounds)).toBeLessThanOrEqual(40)
      expect(callsOfRounds.length).toBeLessThanOrEqual(mostInvocations)
    },
  )

  it('keeps no good row back, even where twenty of its kind were singled out before', async () => {
    const marked = CROWD.slice(0, 20).map((change) => ({ ...change, singledOut: 'refused' as const }))
    const meta = choking(new Set(marked.map(cellOf)))
    const { inTime } = aDelivery({ send: meta.send, random: seededRandom(1) })
    await inTime(aBatch([...marked, ...CROWD.slice(20, 21)]))
    expect([...meta.took]).toEqual([cellAt(20)])
  })

  it('is not searched for in a batch of an explicit session, which waits whole', async () => {
    const meta = choking(new Set([cellAt(3)]))
    const { inTime } = aDelivery({ send: meta.send })
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true }
    const outcomes = await inTime(aBatch(CROWD.slice(0, 100), { session }))
    expect(outcomes).toMatchObject([{ kind: 'failed', reason: 'http_400' }])
    expect(meta.requests).toEqual([100, 100, 100])
  })
})

describe('a parameter that Meta calls invalid (code 100)', () => {
  const INVALID = graphFailure(100)

  it('because of one row of a batch rejects that row alone, the second time', async () => {
    const meta = choking(new Set([cellAt(4711)]), INVALID)
    const { rejected, cells } = await untilNothingMoves(CROWD, meta, 1)
    expect([cells, rejected.map(({ round }) => round)]).toEqual([[cellAt(4711)], [2]])
  })

  it('rejects a row at once that came alone', async () => {
    const meta = choking(new Set([cellAt(0)]), INVALID)
    expect(await aDelivery({ send: meta.send }).inTime(aBatch(CROWD.slice(0, 1)))).toMatchObject([{ kind: 'rejected' }])
  })

  it.each([2, 3, 8, 10_000])(
    'because of the settings lets all of %i rows wait for a person, after few calls',
    async (count) => {
      const meta = choking(new Set(CROWD.map(cellOf)), INVALID)
      const outcomes = await aDelivery({ send: meta.send }).inTime(aBatch(CROWD.slice(0, count)))
      expect(changesOf(outcomes, 'failed')).toHaveLength(count)
      expect(outcomes.every((outcome) => outcome.kind === 'failed' && outcome.patience === 'setting')).toBe(true)
      expect(meta.requests.length).toBeLessThanOrEqual(4)
    },
  )

  it('because of half of all rows rejects none of the other half, whichever row is picked to tell an outage', async () => {
    const poisonous = new Set(CROWD.slice(0, 64).flatMap((change, index) => (index % 2 === 0 ? [cellOf(change)] : [])))
    for (let seed = 0; seed < 50; seed += 1) {
      const { rejected } = await untilNothingMoves(CROWD.slice(0, 64), choking(poisonous, INVALID), seed)
      expect(new Set(rejected.map(({ change }) => cellOf(change)))).toEqual(poisonous)
    }
  })
})

describe('an outage that looks like a poisonous row', () => {
  it.each([1, 2, 3, 7, 10_000])('of %s rows lets all of them wait, and costs six calls at most', async (count) => {
    const meta = choking(new Set(CROWD.map(cellOf)))
    const outcomes = await aDelivery({ send: meta.send }).inTime(aBatch(CROWD.slice(0, count)))
    expect(changesOf(outcomes, 'failed')).toHaveLength(count)
    expect(outcomes.every((outcome) => outcome.kind === 'failed' && outcome.patience === 'outage')).toBe(true)
    expect(meta.requests.length).toBeLessThanOrEqual(6)
  })

  it('lets rows that were in none of its requests wait without having failed', async () => {
    const meta = choking(new Set(CROWD.map(cellOf)))
    const { inTime } = aDelivery({ send: meta.send, random: () => 0 })
    const destination = aDestination({ maxUserCount: 2 })
    expect(changesOf(await inTime(aBatch(CROWD.slice(0, 3), { destination })), 'held')).toEqual(CROWD.slice(2, 3))
  })

  it('of an invocation that ends while rows are isolated lets the rest wait, and fewer are sent at once the next time', async () => {
    const meta = choking(new Set([cellAt(4711)]))
    const { delivered, time } = aDelivery({
      send: async (request) => {
        time.now += 20_000
        return meta.send(request)
      },
      clock: () => time.now,
    })
    const { outcomes, atOnce } = await delivered(aBatch(CROWD))
    expect(outcomes.flatMap(({ changes }) => changes)).toHaveLength(10_000)
    expect(changesOf(outcomes, 'held')).toHaveLength(10_000)
    expect(atOnce).toBe(2_500)
    expect(meta.requests.length).toBeLessThanOrEqual(8)
  })
})

describe('a fault that comes and goes', () => {
  /** Sends people in batches of eight, what waits together with those who come next; answers how many were rejected. */
  async function rejectedOf(count: number, probability: number, failure: GraphFailure, seed: number) {
    const chance = seededRandom(seed)
    const send = ({ body }: { body: string }) =>
      Promise.resolve(chance() < probability ? refused(failure) : taken(rowsIn(body).length))
    const { inTime } = aDelivery({ send, random: seededRandom(seed + 1) })
    const rejected: Change[] = []
    let waiting: readonly Change[] = CROWD.slice(0, count)
    for (let round = 0; waiting.length > 0 && round < 100; round += 1) {
      const next: Change[] = []
      for (let start = 0; start < waiting.length; start += 8) {
        const outcomes = await inTime(aBatch(waiting.slice(start, start + 8)))
        rejected.push(...changesOf(outcomes, 'rejected'))
        next.push(...changesOf(outcomes, 'failed'), ...changesOf(outcomes, 'held'))
      }
      waiting = next
    }
    expect(waiting, 'all had an end').toEqual([])
    return rejected.length
  }

  it.each([
    ['code 1/99', 30, 0, graphFailure(1, 99)],
    ['a page with 400', 30, 0, HTML_400],
    ['code 1/99', 50, 5, graphFailure(1, 99)],
    ['a page with 400', 50, 5, HTML_400],
  ])('such as %s in %i of 100 requests rejects at most %i of 20,000 good rows', async (_, percent, most, failure) => {
    const rejected = await Promise.all([1, 2].map((seed) => rejectedOf(10_000, percent / 100, failure, seed)))
    expect(sum(rejected)).toBeLessThanOrEqual(most)
  })
})
