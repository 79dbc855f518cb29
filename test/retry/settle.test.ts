import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Change, Direction } from '../../lib/audience/change.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import type { GraphAnswer } from '../../lib/graph-api/client.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import { failed, heldBack } from '../../lib/retry/outcome.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import { stepFor } from '../../lib/retry/schedule.ts'
import { toSend } from '../../lib/register/to-send.ts'
import { settle } from '../../lib/retry/settle.ts'
import { aConsumer, aRecord, messagesOf } from '../functions/consumer-support.ts'
import {
  AUDIENCE,
  HTML_400,
  NOON,
  NO_USAGE,
  OTHER_AUDIENCE,
  aChange,
  aDestination,
  graphFailure,
  manyPeople,
  people,
  refused,
  rowsIn,
  settingsOf,
  sha256,
  taken,
} from '../graph-api/builders.ts'

const HOUR = 3_600_000

/** A line of the table in lib/README.md. */
type Line = { happened: string; reason: string; isFailure: boolean; waits: string; givenUp: string }

const [, table = ''] =
  /## What becomes of rows[\s\S]*?\n(\|[\s\S]*?)\n\n/.exec(readFileSync('lib/README.md', 'utf8')) ?? []
const LINES = table
  .split('\n')
  .slice(2)
  .map((line): Line => {
    const [happened = '', reason = '', isFailure = '', waits = '', givenUp = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    return { happened, reason: reason.replaceAll('`', ''), isFailure: isFailure === 'yes', waits, givenUp }
  })

type Consumer = Awaited<ReturnType<typeof aScene>>
type Scene = {
  settings?: Record<string, unknown>
  arrange?: (consumer: Consumer) => unknown
  /** What Meta answers the rows; they pass where it says nothing. */
  answer?: (body: string) => GraphAnswer | undefined
  /** Marks the row, as an earlier turn did. */
  singledOut?: 'refused' | 'unanswered'
  neighbours?: readonly Change[]
}

/** The row that each line is about. */
const JANE = sha256('jane@example.com')
const always = (failure: GraphFailure) => ({ answer: () => refused(failure) })
const alone = (failure: GraphFailure) => ({
  answer: (body: string) => (rowsIn(body).some(([cell]) => cell === JANE) ? refused(failure) : undefined),
})

/** How to bring about each line of the table. */
const SCENES: Readonly<Record<string, Scene>> = {
  'others serve the audience': {
    arrange: ({ register }) => register.heads.set(AUDIENCE, { holder: 'another', heldUntil: Infinity }),
  },
  'a request to the audience had no answer': {
    arrange: ({ register }) => register.heads.set(AUDIENCE, { restUntil: NOON + 200_000 }),
  },
  'the invocation has no time left': {
    arrange: (consumer) => {
      consumer.seconds = 80
    },
  },
  'Meta’s limit is near': {
    arrange: ({ pace }) =>
      pace.note('main', { ...NO_USAGE, adAccounts: [{ id: '1', percent: 100, regainSeconds: 1020 }] }),
  },
  'the secret holds no token': { arrange: ({ secrets }) => secrets.set('main', 'not-set') },
  'the secret cannot be read as a token': { arrange: ({ secrets }) => secrets.set('main', '{"accessToken":') },
  'the destination, or this audience of it, is paused': {
    arrange: ({ pauses }) => pauses.pause({ destination: 'main', audienceId: AUDIENCE }, 'destination', 'graph_190'),
  },
  'the register cannot be reached': {
    arrange: ({ register }) => {
      register.take = () => Promise.reject(new Error('unreachable'))
    },
  },
  'the log could not be read back to these rows': {
    arrange: ({ register, time }) => {
      const at = time.now - HOUR
      register.heads.set(AUDIENCE, { newestAdd: time.now, newestRemove: time.now, lastKey: at })
      register.read = async function* () {
        await time.sleep(31_000)
        yield { audienceId: AUDIENCE, direction: 'remove', key: at, entries: new Uint8Array() }
      }
    },
  },
  'something that the code does not expect': {
    arrange: ({ pauses }) => {
      pauses.resume = () => {
        throw new RangeError('a defect')
      }
    },
  },
  'Meta refuses the token': always(graphFailure(190)),
  'Meta refuses what is sent to this audience': always(graphFailure(200)),
  'Meta limits the calls and says nothing of a time': always(graphFailure(80003)),
  'Meta blocks removals from so small an audience': always(graphFailure(200, 1870047)),
  'Meta is unavailable': always(graphFailure(2)),
  'Meta cannot be reached': always({ kind: 'network', reason: 'ECONNREFUSED' }),
  'Meta did not answer a row that came alone': always({ kind: 'timeout' }),
  'Meta did not answer several rows; they come back smaller': {
    ...always({ kind: 'timeout' }),
    neighbours: manyPeople(3),
  },
  'Meta answers with a web page, and no row passes': {
    ...always(HTML_400),
    neighbours: manyPeople(3),
  },
  'a row failed alone while others of its batch passed': { ...alone(HTML_400), neighbours: manyPeople(3) },
  'a row failed alone like that a second time': {
    ...alone(HTML_400),
    neighbours: manyPeople(3),
    singledOut: 'refused',
  },
  'Meta calls a parameter invalid, and no row passes': { ...always(graphFailure(100)), neighbours: manyPeople(1) },
  'Meta answers with a code that nobody knows': always(graphFailure(4711)),
  'Meta will never take the rows': always(graphFailure(2650)),
  'the destination has a trial run since rows wait': { settings: { dryRun: true } },
}

async function aScene({ settings, answer }: Scene) {
  const at = { clock: () => NOON }
  const clock = () => at.clock()
  const [pauses, pace] = [createPauses(clock), createPace(clock)]
  const consumer = await aConsumer({
    settings: settingsOf({ name: 'main', ...settings }),
    delivery: {
      pauses,
      pace,
      random: () => 0,
      send: ({ body }) => Promise.resolve(answer?.(body) ?? taken(rowsIn(body).length)),
    },
    dependencies: { random: () => 0 },
  })
  at.clock = consumer.time.clock
  return Object.assign(consumer, { pauses, pace, seconds: 180 })
}

/** What becomes of a row whose first failure was so long ago. */
async function fateOf(scene: Scene, direction: Direction, ageMs: number) {
  const { arrange, singledOut, neighbours = [] } = scene
  const consumer = await aScene(scene)
  arrange?.(consumer)
  const jane: Change = {
    ...aChange(['EMAIL'], [JANE], NOON - 2 * HOUR),
    ...(ageMs > 0 && { firstFailedAt: NOON - ageMs }),
    ...(singledOut && { singledOut }),
  }
  const rows = { add: [], remove: [], [direction]: [jane, ...neighbours] }
  const head = { destination: 'main', audienceIds: [AUDIENCE], schema: ['EMAIL' as const], waitingSince: NOON - ageMs }
  const [message] = packRows({ ...head, ...rows })
  expect(await consumer.invoke([aRecord('retry', { id: '1', body: message?.body ?? '' })], consumer.seconds)).toEqual(
    [],
  )
  const found = (queue: typeof consumer.retry) =>
    queue.messages.flatMap(({ entry }) => {
      const rows = decodeRows(entry.body)
      const row = rows?.[direction].find(({ cells }) => cells[0] === JANE)
      return rows && row ? [{ row, rows, entry }] : []
    })
  return { waiting: found(consumer.retry), deadLetters: found(consumer.deadLetters), text: consumer.lines.join() }
}

function secondsOf(waits: string, ageMs: number): number {
  const step = stepFor(ageMs / 1000)
  if (waits === 'a step') return step
  if (waits === 'until it has rested') return 200
  if (waits === 'what Meta says') return 1020
  const seconds = Number(/^(\d+) s/.exec(waits)?.[1])
  return waits.endsWith('or a step') ? Math.max(seconds, step) : seconds
}

describe('the table "What becomes of rows"', () => {
  it('has a line for each of the scenes here, and no other', () => {
    expect(LINES.map(({ happened }) => happened).sort()).toEqual(Object.keys(SCENES).sort())
  })

  describe.each(LINES)('$happened ($reason):', ({ happened, reason, isFailure, waits, givenUp }) => {
    const scene = SCENES[happened] ?? {}
    const limitMs = givenUp === 'never' ? Infinity : givenUp === 'at once' ? -1 : parseInt(givenUp) * HOUR
    // A little time passes in some of the scenes.
    const ages = [0, HOUR + 1, 23 * HOUR, 25 * HOUR, 71 * HOUR, 100 * HOUR]
    const nearLimit = Number.isFinite(limitMs) && limitMs > 0 ? [limitMs - 120_000, limitMs + 120_000] : []

    it.each(
      (['remove', 'add'] as const).flatMap((direction) =>
        [...ages, ...nearLimit].map((ageMs) => [direction, ageMs / HOUR] as const),
      ),
    )('a row to %s that first failed %f h ago', async (direction, hours) => {
      const ageMs = hours * HOUR
      const { waiting, deadLetters, text } = await fateOf(scene, direction, ageMs)
      expect(text).toContain(`"reason":"${reason}"`)
      if (ageMs > limitMs) {
        expect([waiting.length, deadLetters.length]).toEqual([0, 1])
        expect(deadLetters[0]?.entry.attributes).toMatchObject({ reason, direction })
        expect(deadLetters[0]?.row, 'who redrives it gives it a new start').not.toHaveProperty('firstFailedAt')
        return
      }
      expect([waiting.length, deadLetters.length]).toEqual([1, 0])
      const [{ row, rows, entry } = { row: undefined, rows: undefined, entry: undefined }] = waiting
      expect((entry?.delaySeconds ?? 0) + (rows?.thenWait ?? 0)).toBe(secondsOf(waits, ageMs))
      if (ageMs > 0) expect(row?.firstFailedAt).toBe(NOON - ageMs)
      else expect(row?.firstFailedAt !== undefined).toBe(isFailure)
    })
  })
})

describe('rows that waited for a token', () => {
  it('that was broken for 25 h and is mended are not given up because the first answer is a limit', async () => {
    const consumer = await aConsumer()
    consumer.graph.setAccessTokens(['another-token'])
    for (const name of ['jane', 'john', 'mary']) {
      await consumer.handle(messagesOf([{ add: [{ EMAIL: `${name}@example.com` }] }], consumer.time.now).track)
      await consumer.retryFor(0.1)
    }
    await consumer.retryFor(22.5)
    consumer.secrets.set('main', 'not-set')
    await consumer.retryFor(2.5)
    consumer.secrets.set('main', 'another-token')
    await consumer.fault({ fault: 'rate-limit-80003', times: 1 })
    await consumer.retryFor(6)
    expect(consumer.deadLetters.messages).toEqual([])
    expect(await consumer.members()).toHaveLength(3)
  })
})

describe('settled rows', () => {
  const settings = { giveUpAfterSeconds: 24 * 3600, now: NOON, random: () => 0 }
  const aLot = (more: Partial<Lot> = {}): Lot => ({
    destination: aDestination(),
    audienceIds: [AUDIENCE, OTHER_AUDIENCE],
    schema: ['EMAIL'],
    add: people('a'),
    remove: people('b'),
    ...more,
  })
  const PAUSED = { reason: 'graph_190', waitSeconds: 0, since: NOON - HOUR }
  const messagesIn = (settled: ReturnType<typeof settle>) =>
    settled.flatMap(({ retry }) => [...retry].map(({ body }) => decodeRows(body)))

  it('that are held for one reason in several audiences wait once for all of them', () => {
    const lot = aLot()
    const held = lot.audienceIds.map((audienceId) => ({ lot, audienceId, held: PAUSED }))
    expect(messagesIn(settle(held, settings))).toMatchObject([
      { audienceIds: [AUDIENCE, OTHER_AUDIENCE], add: [{}], remove: [{}] },
    ])
    const other = { lot, audienceId: 'third', held: { reason: 'audience_busy', waitSeconds: 10 } }
    expect(messagesIn(settle([...held, other], settings)).map((rows) => rows?.audienceIds)).toEqual([
      [AUDIENCE, OTHER_AUDIENCE],
      ['third'],
    ])
  })

  it('wait with the longest wait of their lot, so that both directions come back together', () => {
    const lot = aLot()
    const turn = {
      lot,
      audienceId: AUDIENCE,
      remove: [failed(lot.remove, graphFailure(80003), 1020)],
      add: [heldBack(lot.add, { reason: 'out_of_time', waitSeconds: 0 })],
    }
    const [settled] = settle([turn], settings)
    expect(settled?.waitSeconds).toBe(1020)
    expect(messagesIn(settled ? [settled] : [])).toMatchObject([{ thenWait: 120, add: [{}], remove: [{}] }])
  })

  it('that were sent in place of a whole removal wait, and are given up, as the removal that came', () => {
    const whole = aChange(['EMAIL', 'PHONE'], ['e', 'p'])
    const part: Change = { ...whole, cells: ['', 'p'], identifiers: identifiersOf(['PHONE'], ['p']), whole }
    const behind: Change = { ...whole, cells: ['e', ''], identifiers: identifiersOf(['EMAIL'], ['e']), whole }
    const lot = aLot({ schema: ['EMAIL', 'PHONE'], audienceIds: [AUDIENCE], add: [], remove: [whole] })
    const sent = (direction: Direction, change: Change, failure: GraphFailure) => {
      const outcomes = { add: [], remove: [], [direction]: [failed([change], failure)] }
      return settle([{ lot, audienceId: AUDIENCE, ...outcomes }], settings)
    }
    for (const [direction, change] of [
      ['remove', part],
      ['add', behind],
    ] as const)
      expect(messagesIn(sent(direction, change, graphFailure(2)))).toMatchObject([
        { add: [], remove: [{ cells: ['e', 'p'], firstFailedAt: NOON }] },
      ])
  })

  it('that fail behind a removal, which Meta takes each time, do not circulate for ever', () => {
    const schema: SchemaField[] = ['EMAIL', 'PHONE']
    const whole = { ...aChange(schema, ['e', 'p'], NOON - 5), firstFailedAt: NOON - 100 * HOUR }
    const log = { add: [{ ...aChange(['EMAIL'], ['e']), at: NOON }], remove: [] }
    const [planned] = toSend([{ schema, add: [], remove: [whole] }], log)
    const part = planned?.remove[0]
    expect(part?.behind).toMatchObject({ cells: ['e', ''] })
    const lot = aLot({ schema, audienceIds: [AUDIENCE], add: [], remove: [whole] })
    const add = [failed(part?.behind ? [part.behind] : [], graphFailure(2))]
    const [settled] = settle([{ lot, audienceId: AUDIENCE, add, remove: [] }], settings)
    expect(settled?.deadLetters[0]?.attributes).toMatchObject({ direction: 'remove', reason: 'graph_2' })
    expect(decodeRows(settled?.deadLetters[0]?.body ?? '')).toMatchObject({ remove: [{ cells: ['e', 'p'] }] })
  })

  it('are given up by the age of the pause that held them, where that is older than their first failure', () => {
    const waitingSince = NOON - 25 * HOUR
    const lot = aLot({ add: [{ ...aChange(['EMAIL'], ['a'], waitingSince), waitingSince }], remove: [] })
    const outcome = { ...failed(lot.add, graphFailure(190)), pausedSince: NOON - 25 * HOUR }
    const [settled] = settle([{ lot, audienceId: AUDIENCE, add: [outcome], remove: [] }], settings)
    expect(settled?.givenUp).toEqual([{ direction: 'add', reason: 'graph_190', count: 1 }])
  })

  it('that waited for something else before the pause are not given up for that time', () => {
    const waited = aLot().add.map((change) => ({ ...change, waitingSince: NOON - 30 * HOUR }))
    const outcome = { ...failed(waited, graphFailure(190)), pausedSince: NOON - HOUR }
    const [settled] = settle([{ lot: aLot(), audienceId: AUDIENCE, add: [outcome], remove: [] }], settings)
    expect(settled?.givenUp).toEqual([])
  })

  it('beside rows that have waited for long say that they wait since now', () => {
    const [old, fresh] = people('old', 'fresh') as [Change, Change]
    const changes = [{ ...old, waitingSince: NOON - 30 * HOUR }, fresh]
    const turn = { lot: aLot(), audienceId: AUDIENCE, add: [failed(changes, graphFailure(2))], remove: [] }
    expect(messagesIn(settle([turn], settings))).toMatchObject([
      { add: [{ waitingSince: NOON - 30 * HOUR }, { waitingSince: NOON }] },
    ])
  })

  it('wait out an outage for as long as the setting says, where that is more than three days', () => {
    const old = aLot().add.map((change) => ({ ...change, firstFailedAt: NOON - 80 * HOUR }))
    const turn = { lot: aLot(), audienceId: AUDIENCE, add: [failed(old, graphFailure(2))], remove: [] }
    const givenUpAfter = (hours: number) =>
      settle([turn], { ...settings, giveUpAfterSeconds: hours * 3600 })[0]?.givenUp
    expect(givenUpAfter(100)).toEqual([])
    expect(givenUpAfter(24)).toMatchObject([{ count: old.length }])
  })

  it('that failed alone in place of a whole removal carry their mark to it, so that it does not circulate for ever', () => {
    const [whole] = people('jane') as [Change]
    const part: Change = { ...whole, whole, singledOut: 'refused' }
    const turn = { lot: aLot(), audienceId: AUDIENCE, add: [], remove: [failed([part], HTML_400)] }
    expect(messagesIn(settle([turn], settings))).toMatchObject([{ remove: [{ singledOut: 'refused' }] }])
  })

  it('do not all come back at the same moment, whether they were held or have failed', () => {
    const lot = aLot()
    const held = { lot, audienceId: AUDIENCE, held: { reason: 'usage_limit', waitSeconds: 400 } }
    const tried = { lot, audienceId: AUDIENCE, add: [failed(lot.add, graphFailure(80003), 400)], remove: [] }
    const waits = (random: number) =>
      settle([held, tried], { ...settings, random: () => random }).map(({ waitSeconds }) => waitSeconds)
    expect([waits(0), waits(1)]).toEqual([
      [400, 400],
      [500, 500],
    ])
  })

  it('that are held wait as long as Meta says, where that is more than a step', () => {
    const held = { reason: 'graph_190', since: NOON, waitSeconds: 400 }
    expect(settle([{ lot: aLot(), audienceId: AUDIENCE, held }], settings)).toMatchObject([{ waitSeconds: 400 }])
  })

  it('that are held are sent as many at once the next time as they would have been', () => {
    const held = { lot: aLot({ atOnce: 7 }), audienceId: AUDIENCE, held: PAUSED }
    expect(messagesIn(settle([held], settings))).toMatchObject([{ atOnce: 7 }])
  })

  it('do not wait for those beside them that are given up', () => {
    const [old, fresh] = people('old', 'fresh') as [Change, Change]
    const over = failed([{ ...old, firstFailedAt: NOON - 100 * HOUR }], graphFailure(2))
    const add = [over, heldBack([fresh], { reason: 'out_of_time', waitSeconds: 0 })]
    const [settled] = settle([{ lot: aLot(), audienceId: AUDIENCE, add, remove: [] }], settings)
    expect([settled?.deadLetters.length, settled?.waitSeconds]).toEqual([1, 0])
  })

  it.each(['add', 'remove'] as const)('are as old as the one that has waited longest, here to %s', (direction) => {
    const old = people('old').map((change) => ({ ...change, waitingSince: NOON - HOUR }))
    const lot = aLot({ [direction]: old })
    expect(settle([{ lot, audienceId: AUDIENCE, held: PAUSED }], settings)).toMatchObject([{ oldestAgeSeconds: 3600 }])
  })

  it('that came since are not given up with those beside them that have waited for a day', () => {
    const old = { ...aChange(['EMAIL'], ['old'], NOON - 168 * HOUR), waitingSince: NOON - 25 * HOUR }
    const fresh = { ...aChange(['EMAIL'], ['fresh'], NOON - 168 * HOUR), waitingSince: NOON - HOUR }
    const lot = aLot({ add: [old, fresh], remove: [] })
    const outcome = { ...failed(lot.add, graphFailure(190)), pausedSince: NOON - 26 * HOUR }
    const [settled] = settle([{ lot, audienceId: AUDIENCE, add: [outcome], remove: [] }], settings)
    expect(settled?.givenUp).toEqual([{ direction: 'add', reason: 'graph_190', count: 1 }])
    expect(messagesIn(settled ? [settled] : [])).toMatchObject([
      { add: [{ cells: ['fresh'], waitingSince: NOON - HOUR }] },
    ])
  })

  it('that failed long ago come back after a minute where others of their turn have passed: it is no outage', () => {
    const [poison, good] = people('poison', 'good') as [Change, Change]
    const lot = aLot({ add: [poison, good], remove: [] })
    const bad = failed([{ ...poison, firstFailedAt: NOON - 10 * HOUR }], HTML_400)
    const passed = {
      kind: 'delivered',
      changes: [good],
      received: { numReceived: 1, numInvalid: 0, invalidSamples: {} },
    } as const
    const waits = (add: readonly Outcome[], remove: readonly Outcome[] = []) =>
      settle([{ lot, audienceId: AUDIENCE, add, remove }], settings)[0]?.waitSeconds
    expect([waits([bad]), waits([passed, bad]), waits([bad], [passed])]).toEqual([7200, 60, 60])
  })

  it('of an import with times of last week are not given up at their first attempt, though the pause is a day old', () => {
    const lot = aLot({ add: [aChange(['EMAIL'], ['a'], NOON - 168 * HOUR)], remove: [] })
    const outcome = { ...failed(lot.add, graphFailure(190)), pausedSince: NOON - 25 * HOUR }
    const [settled] = settle([{ lot, audienceId: AUDIENCE, add: [outcome], remove: [] }], settings)
    expect(settled?.givenUp).toEqual([])
    expect(messagesIn(settled ? [settled] : [])).toMatchObject([{ add: [{ firstFailedAt: NOON }] }])
  })

  it('that waited behind others in a turn are kept however old they are: nothing was tried for them', () => {
    const add = people('a').map((change) => ({ ...change, firstFailedAt: NOON - 100 * HOUR }))
    const lot = aLot({ add, remove: [] })
    const turn = { lot, audienceId: AUDIENCE, add: [heldBack(add, PAUSED)], remove: [] }
    const settled = settle([turn], settings)
    expect(settled.flatMap(({ givenUp, deadLetters }) => [...givenUp, ...deadLetters])).toEqual([])
    expect(messagesIn(settled)).toMatchObject([{ add: [{ firstFailedAt: NOON - 100 * HOUR }] }])
  })

  it('that a pause of a day only held are kept: nothing was tried for them', () => {
    const lot = aLot()
    const held = { lot, audienceId: AUDIENCE, held: { ...PAUSED, since: NOON - 100 * HOUR } }
    const [settled] = settle([held], settings)
    expect([settled?.givenUp, settled?.deadLetters]).toEqual([[], []])
    expect(settled?.waitSeconds).toBe(7200)
  })

  it('that are only held are looked at more rarely the longer they wait, whatever a new process knows, and their age is measured', () => {
    const since = (changes: readonly Change[]) =>
      changes.map((change) => ({ ...change, waitingSince: NOON - 30 * HOUR }))
    const lot = aLot({ add: since(aLot().add), remove: since(aLot().remove) })
    const unknownSince = { reason: 'token_not_set', waitSeconds: 0, since: NOON }
    const [settled] = settle([{ lot, audienceId: AUDIENCE, held: unknownSince }], settings)
    expect([settled?.waitSeconds, settled?.oldestAgeSeconds]).toEqual([7200, 30 * 3600])
    expect(messagesIn(settled ? [settled] : [])).toMatchObject([{ add: [{ waitingSince: NOON - 30 * HOUR }] }])
    const [first] = settle([{ lot: aLot(), audienceId: AUDIENCE, held: unknownSince }], settings)
    expect(first?.waitSeconds).toBe(60)
    expect(messagesIn(first ? [first] : [])).toMatchObject([{ add: [{ waitingSince: NOON }] }])
  })

  it('that failed come back behind those that were held, so that one on which Meta hangs does not starve the others', () => {
    const [hangs, waits] = people('hangs', 'waits') as [Change, Change]
    const add = [
      failed([hangs], { kind: 'timeout' }),
      heldBack([waits], { reason: 'audience_resting', waitSeconds: 300 }),
    ]
    const turn = { lot: aLot(), audienceId: AUDIENCE, add, remove: [] }
    expect(messagesIn(settle([turn], settings))).toMatchObject([
      { add: [{ cells: waits.cells }, { cells: hangs.cells }] },
    ])
  })
})
