import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import type { Outcome } from '../../lib/graph-api/outcome.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { settle } from '../../lib/retry/settle.ts'
import {
  AUDIENCE,
  HTML_400,
  NOON,
  OTHER_AUDIENCE,
  aDelivery,
  aBatch,
  aDestination,
  graphFailure,
  people,
  refused,
  rowsIn,
  taken,
} from '../graph-api/builders.ts'

const HOUR = 3_600_000
const [JANE] = people('jane') as [Change]

/** What becomes of Jane's row, which first failed so long ago, in a delivery in which Meta answers like this. */
type Scene = (jane: Change) => Promise<Outcome[]>

const held =
  (reason: string, waitSeconds: number, since?: number): Scene =>
  (jane) =>
    Promise.resolve([{ kind: 'held', changes: [jane], reason, waitSeconds, ...(since !== undefined && { since }) }])
const failed =
  (reason: string): Scene =>
  (jane) =>
    Promise.resolve([{ kind: 'failed', changes: [jane], reason, waitSeconds: 0, patience: 'setting' }])
const always =
  (failure: GraphFailure): Scene =>
  (jane) =>
    aDelivery({ send: () => Promise.resolve(refused(failure)) }).inTime(aBatch([jane]))
const alone =
  (failure: GraphFailure, singledOut: boolean): Scene =>
  (jane) => {
    const send = ({ body }: { body: string }) =>
      Promise.resolve(rowsIn(body).some(([cell]) => cell === JANE.cells[0]) ? refused(failure) : taken(1))
    return aDelivery({ send }).inTime(
      aBatch([{ ...jane, ...(singledOut && { singledOut }) }, ...people('a', 'b', 'c')]),
    )
  }

const SCENES: Readonly<Record<string, Scene>> = {
  'others serve the audience': held('audience_busy', 10),
  'a request to the audience had no answer': held('audience_resting', 240),
  'the invocation has no time left': held('out_of_time', 0),
  'Meta’s limit is near': held('usage_limit', 900),
  'the secret holds no token': held('token_not_set', 0, NOON),
  'the secret cannot be read as a token': held('token_unreadable', 0, NOON),
  'the destination is paused': held('graph_190', 0, NOON),
  'the register cannot be reached': held('register_unreachable', 60),
  'the log could not be read back to these rows': failed('register_out_of_time'),
  'something that the code does not expect': failed('unexpected_error'),
  'Meta refuses the token': always(graphFailure(190)),
  'Meta limits the calls and says nothing of a time': always(graphFailure(80003)),
  'Meta blocks removals from so small an audience': always(graphFailure(200, 1870047)),
  'Meta is unavailable': always(graphFailure(2)),
  'Meta cannot be reached': always({ kind: 'network', reason: 'ECONNREFUSED' }),
  'Meta was too slow; half as many are sent the next time': always({ kind: 'timeout' }),
  'Meta refuses a page’s worth of rows, none of which passes': always(HTML_400),
  'a row failed alone while others of its batch passed': alone(HTML_400, false),
  'a row failed alone like that a second time': alone(HTML_400, true),
  'Meta answers with a code that nobody knows': always(graphFailure(4711)),
  'Meta will never take the rows': always(graphFailure(2650)),
}

const [, table = ''] =
  /## What becomes of rows[\s\S]*?\n(\|[\s\S]*?)\n\n/.exec(readFileSync('lib/README.md', 'utf8')) ?? []
const LINES = table
  .split('\n')
  .slice(2)
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )

function aLot(rows: Partial<Lot> = {}): Lot {
  return { destination: aDestination(), audienceIds: [AUDIENCE], schema: ['EMAIL'], add: [], remove: [], ...rows }
}

/** Where Jane's row goes: how long it waits, or that it is a dead letter. */
async function fate(
  scene: Scene,
  ageMs: number,
): Promise<{ reason: string | undefined; waits?: number; isFailed?: boolean }> {
  const jane: Change = { ...JANE, ...(ageMs > 0 && { firstFailedAt: NOON - ageMs }) }
  const about = (await scene(jane)).filter(({ changes }) => changes.some(({ cells }) => cells[0] === JANE.cells[0]))
  const served = { lot: aLot({ add: [jane] }), audienceId: AUDIENCE, add: about, remove: [] }
  const [{ retry, deadLetters, waiting, waitSeconds } = expect.fail()] = settle([served], {
    now: NOON,
    random: () => 0,
    giveUpAfterSeconds: 24 * 3600,
  })
  const [letter] = deadLetters
  if (letter) return { reason: letter.attributes?.reason }
  const [message = expect.fail()] = [...retry]
  return {
    reason: waiting[0]?.reason,
    waits: waitSeconds,
    isFailed: (decodeRows(message.body)?.add[0]?.firstFailedAt ?? 0) > 0,
  }
}

describe('what becomes of rows is what the table in lib/README.md says', () => {
  it('of every line', () => {
    expect(LINES.map(([happened]) => happened)).toEqual(Object.keys(SCENES))
  })

  it.each(LINES)('%s (%s)', async (happened = '', reason = '', isFailure = '', waits = '', givenUp = '') => {
    const scene = SCENES[happened] ?? expect.fail()
    const first = await fate(scene, 0)
    if (givenUp === 'at once') {
      expect(first).toEqual({ reason })
      return
    }
    const [, least = '60'] = /^(\d+) s/.exec(waits) ?? []
    expect(first).toMatchObject({ reason, isFailed: isFailure === 'yes' })
    if (/^\d+ s|a step/.test(waits)) expect(first.waits).toBeGreaterThanOrEqual(Number(least))
    if (givenUp === 'never') {
      expect(await fate(scene, 10_000 * HOUR)).toMatchObject({ reason, isFailed: true })
      return
    }
    const hours = Number.parseInt(givenUp)
    expect(await fate(scene, hours * HOUR - 10_000), 'it still waits').toHaveProperty('waits')
    expect(await fate(scene, hours * HOUR + 1), 'it is given up').toEqual({ reason })
  })
})

it('rows of a token that was broken for a day are not given up by a limit that is met first after the mending', async () => {
  const held25h = { ...JANE }
  const [outcome] = await always(graphFailure(80003))(held25h)
  const served = { lot: aLot(), audienceId: AUDIENCE, add: outcome ? [outcome] : [], remove: [] }
  const [settled] = settle([served], { now: NOON + 25 * HOUR, random: () => 0, giveUpAfterSeconds: 24 * 3600 })
  expect(settled?.givenUp).toEqual([])
  expect([...(settled?.retry ?? [])]).toHaveLength(1)
})

it('what is held back for the same reason in several audiences waits once for all of them', () => {
  const lot = aLot({ audienceIds: [AUDIENCE, OTHER_AUDIENCE], add: [JANE], remove: people('bob') })
  const busy = { reason: 'audience_busy', waitSeconds: 10 }
  const served = [AUDIENCE, OTHER_AUDIENCE].map((audienceId) => ({ lot, audienceId, held: busy }))
  const settled = settle(served, { now: NOON, random: () => 0, giveUpAfterSeconds: 1 })
  expect(settled).toHaveLength(1)
  const messages = settled.flatMap(({ retry }) => [...retry])
  expect(messages.map(({ body }) => decodeRows(body))).toMatchObject([
    { audienceIds: [AUDIENCE, OTHER_AUDIENCE], add: [{ cells: JANE.cells }], remove: [{}] },
  ])
})

it('a removal waits whole when its part, or who comes back behind it, could not be sent', () => {
  const [whole] = people('whole') as [Change]
  const part = { ...JANE, whole }
  for (const direction of ['add', 'remove'] as const) {
    const outcome: Outcome = { kind: 'failed', changes: [part], reason: 'graph_2', waitSeconds: 0, patience: 'outage' }
    const served = { lot: aLot(), audienceId: AUDIENCE, add: [], remove: [], [direction]: [outcome] }
    const [settled] = settle([served], { now: NOON, random: () => 0, giveUpAfterSeconds: 1 })
    const [message = expect.fail()] = [...(settled?.retry ?? [])]
    expect(decodeRows(message.body)).toMatchObject({ add: [], remove: [{ cells: whole.cells, firstFailedAt: NOON }] })
  }
})

it('rows that failed come back behind those that were held, so that one on which Meta hangs does not starve the others', () => {
  const [hangs, waits] = people('hangs', 'waits') as [Change, Change]
  const outcomes: Outcome[] = [
    { kind: 'failed', changes: [hangs], reason: 'timeout', waitSeconds: 0, patience: 'outage' },
    { kind: 'held', changes: [waits], reason: 'audience_resting', waitSeconds: 300 },
  ]
  const served = { lot: aLot(), audienceId: AUDIENCE, add: outcomes, remove: [] }
  const [settled] = settle([served], { now: NOON, random: () => 0, giveUpAfterSeconds: 1 })
  const [message = expect.fail()] = [...(settled?.retry ?? [])]
  expect(decodeRows(message.body)?.add.map(({ cells }) => cells)).toEqual([waits.cells, hangs.cells])
})
