import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../lib/local/graph-api/seeded-random.ts'
import type { Change } from '../../lib/audience/change.ts'
import { aDelivery, aBatch, changesOf, HTML_400, manyPeople, refused, rowsIn, taken } from './builders.ts'

/** Answers as Meta would that chokes on some rows, and counts the rows that it took. */
function choking(poisonous: ReadonlySet<string>) {
  const took = new Set<string>()
  const requests: number[] = []
  const send = ({ body }: { body: string }) => {
    const rows = rowsIn(body)
    requests.push(rows.length)
    if (rows.some(([cell = '']) => poisonous.has(cell))) return Promise.resolve(refused(HTML_400))
    for (const [cell = ''] of rows) took.add(cell)
    return Promise.resolve(taken(rows.length))
  }
  return { send, took, requests }
}

const CROWD = manyPeople(10_000)
const cellOf = ({ cells }: Change) => cells[0] as string
const cellAt = (position: number) => cellOf(CROWD.slice(position)[0] ?? { cells: [], identifiers: [], at: 0 })

/** Sends what waits again and again, as the retry queue does. */
async function untilNothingMoves(changes: readonly Change[], meta: ReturnType<typeof choking>, seed: number) {
  const { inTime } = aDelivery({ send: meta.send, random: seededRandom(seed) })
  const rejected: Change[] = []
  const callsOfRounds: number[] = []
  let waiting = changes
  for (let round = 0; waiting.length > 0 && round < 60; round += 1) {
    const before = meta.requests.length
    const outcomes = await inTime(aBatch(waiting))
    callsOfRounds.push(meta.requests.length - before)
    rejected.push(...changesOf(outcomes, 'rejected'))
    expect(outcomes.flatMap((outcome) => outcome.changes).length, 'no row is lost').toBe(waiting.length)
    waiting = changesOf(outcomes, 'waiting')
  }
  return { rejected, waiting, callsOfRounds }
}

describe('a row that Meta chokes on', () => {
  it('is alone rejected with its reason, and costs some thirty calls among 10,000', async () => {
    const meta = choking(new Set([cellAt(4711)]))
    const { rejected, callsOfRounds } = await untilNothingMoves(CROWD, meta, 1)
    expect(rejected).toEqual([CROWD[4711]])
    expect(meta.took.size).toBe(9_999)
    expect(callsOfRounds).toHaveLength(1)
    expect(callsOfRounds[0]).toBeLessThanOrEqual(30)
  })

  it('is found with another one in the other half', async () => {
    const poisonous = [cellAt(17), cellAt(9_000)]
    const meta = choking(new Set(poisonous))
    const { rejected } = await untilNothingMoves(CROWD, meta, 1)
    expect(rejected.map(cellOf).sort()).toEqual(poisonous.sort())
    expect(meta.took.size).toBe(9_998)
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
        const { rejected, waiting, callsOfRounds } = await untilNothingMoves(changes, meta, seed)
        expect(Math.max(...callsOfRounds)).toBeLessThanOrEqual(40)
        // Rows that only ever fail, with none beside them that passes, look like an outage: age gives them up.
        expect([...rejected, ...waiting].map(cellOf).sort()).toEqual(poisonous.sort())
        expect(meta.took.size).toBe(count - poisonous.length)
      }),
      { numRuns: 60, seed: 42 },
    )
  })

  it('does not hide behind many others of its kind', async () => {
    const poisonous = CROWD.filter((_, index) => index % 500 === 3).map(cellOf)
    const meta = choking(new Set(poisonous))
    const { rejected, waiting } = await untilNothingMoves(CROWD, meta, 3)
    expect([...rejected, ...waiting].map(cellOf).sort()).toEqual(poisonous.sort())
  })

  it('is not searched for in a batch of an explicit session, which waits whole', async () => {
    const meta = choking(new Set([cellAt(3)]))
    const { inTime } = aDelivery({ send: meta.send })
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true }
    const outcomes = await inTime(aBatch(CROWD.slice(0, 100), { session }))
    expect(outcomes).toMatchObject([{ kind: 'waiting', reason: 'http_400', tried: true }])
    expect(meta.requests).toEqual([100, 100])
  })
})

describe('an outage that looks like a poisonous row', () => {
  it.each([1, 2, 3, 7, 10_000])('of %s rows lets all of them wait, and costs few calls', async (count) => {
    const requests: number[] = []
    const send = ({ body }: { body: string }) => {
      requests.push(rowsIn(body).length)
      return Promise.resolve(refused(HTML_400))
    }
    const outcomes = await aDelivery({ send }).inTime(aBatch(CROWD.slice(0, count)))
    expect(changesOf(outcomes, 'waiting')).toHaveLength(count)
    expect(outcomes.every((outcome) => outcome.kind === 'waiting' && outcome.tried)).toBe(true)
    expect(requests.length).toBeLessThanOrEqual(10)
  })

  it('of an invocation that ends while rows are isolated lets the rest wait', async () => {
    const meta = choking(new Set([cellAt(4711)]))
    const { inTime, time } = aDelivery({
      send: async (request) => {
        time.now += 20_000
        return meta.send(request)
      },
      clock: () => time.now,
    })
    const outcomes = await inTime(aBatch(CROWD))
    expect(changesOf(outcomes, 'delivered').length + changesOf(outcomes, 'waiting').length).toBe(10_000)
    expect(meta.requests.length).toBeLessThanOrEqual(8)
  })
})
