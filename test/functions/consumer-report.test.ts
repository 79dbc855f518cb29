import { describe, expect, it } from 'vitest'
import { createReport } from '../../functions/consumer/report.ts'
import type { Change, Direction } from '../../lib/audience/change.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import type { Received } from '../../lib/graph-api/client.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import {
  AUDIENCE,
  NO_USAGE,
  OTHER_AUDIENCE,
  aBatch,
  aDestination,
  graphFailure,
  people,
  refused,
  taken,
} from '../graph-api/builders.ts'
import { noJournal } from '../support/no-journal.ts'

function aReport() {
  const lines: Parameters<Log>[] = []
  const measures: Parameters<Measure>[] = []
  const report = createReport(
    (...line) => void lines.push(line),
    (...measure) => void measures.push(measure),
    noJournal,
  )
  return { report, lines, measures }
}

const aLot = (name: string, rows: Partial<Record<Direction, readonly Change[]>> = {}): Lot => ({
  ...{ destination: aDestination({ name }), audienceIds: [AUDIENCE], schema: ['EMAIL'] },
  ...{ add: [], remove: [], ...rows },
})

describe('a call', () => {
  it('is measured: its time, how much of each limit is used, and the users that Meta took', () => {
    const { report, lines, measures } = aReport()
    const adAccounts = [40, 60].map((percent, id) => ({ id: String(id), percent, regainSeconds: 0 }))
    report.call(aBatch(people('a', 'b')), { ...taken(2), usage: { adAccounts, appPercent: 50, accountPercent: 9 } }, 5)
    report.call(aBatch(people('c')), { ...taken(1), usage: { adAccounts, appPercent: 70, accountPercent: 9 } }, 6)
    const destination = 'main'
    const measured = (ms: number, percent: number, users: number) => [
      ['GraphCalls', 1, { destination }],
      ['GraphLatency', ms, { destination }],
      ['UsagePercent', percent, { destination }],
      ['AccountScorePercent', 9, { destination }],
      ['UsersSent', users, { destination, direction: 'add' }],
    ]
    expect(measures).toEqual([...measured(5, 60, 2), ...measured(6, 70, 1)])
    expect(lines.map(([level, code]) => `${level} ${code}`)).toEqual(['info users_delivered', 'info users_delivered'])
  })

  it.each<[string, GraphFailure, object]>([
    ['warn graph_request_failed', graphFailure(2), { reason: 'retry' }],
    ['error graph_request_failed', graphFailure(80003), { reason: 'wait' }],
    ['error destination_paused', graphFailure(190), { reason: 'pause' }],
    ['error graph_request_failed', graphFailure(2650), { reason: 'reject' }],
    ['warn graph_request_failed', { kind: 'unreadable', status: 400, html: true }, { reason: 'retry' }],
  ])('that fails is told as %s, and counted by what is done about it', (line, failure, verdict) => {
    const { report, lines, measures } = aReport()
    report.call(aBatch(people('a', 'b')), refused(failure), 5)
    expect(lines.map(([level, code]) => `${level} ${code}`)).toEqual([line])
    expect(lines[0]?.[2]).toMatchObject({ destination: 'main', audienceId: AUDIENCE, count: 2, status: 400 })
    expect(measures).toContainEqual(['Verdicts', 1, { destination: 'main', ...verdict }])
    expect(measures.map(([name]) => name)).not.toContain('UsersSent')
  })

  it('of a session has no users missing, because Meta counts those of all its batches', () => {
    const { report, measures } = aReport()
    const batch = aBatch(people('a', 'b'), { session: { sessionId: '1', batchSequence: 2, lastBatch: false } })
    const received = { numReceived: 1, numInvalid: 0, invalidSamples: {} }
    report.call(batch, { ok: true, usage: NO_USAGE, received }, 5)
    expect(measures.map(([name]) => name)).not.toContain('UsersInvalid')
  })
})

describe('rows that Meta calls invalid', () => {
  const [ann, bob] = people('ann', 'bob')
  const sampleOf = (change: Change | undefined) => JSON.stringify(change?.cells)
  const told = (received: Partial<Received>) => {
    const { report, lines, measures } = aReport()
    const all = { numReceived: 2, numInvalid: 0, invalidSamples: {}, ...received }
    report.call(aBatch(people('ann', 'bob')), { ok: true, usage: NO_USAGE, received: all }, 5)
    return {
      invalid: measures.flatMap(([name, value]) => (name === 'UsersInvalid' ? [value] : [])),
      lines: lines.flatMap(([, code, fields]) => (code === 'users_invalid' ? [[fields?.count, fields?.reason]] : [])),
    }
  }

  it.each<[string, Partial<Received>, number[], [number, string][]]>([
    ['none', {}, [], []],
    ['one that is missing', { numReceived: 1 }, [1], [[1, 'not_received']]],
    ['one without a sample', { numInvalid: 1 }, [1], [[1, 'not_said']]],
    [
      'one with its reason',
      { numInvalid: 1, invalidSamples: { [sampleOf(ann)]: 'not a hash' } },
      [1],
      [[1, 'not a hash']],
    ],
    [
      'two of which one has more than words',
      { numInvalid: 2, invalidSamples: { [sampleOf(ann)]: 'not a hash', [sampleOf(bob)]: 'line 7: not a hash' } },
      [2],
      [
        [1, 'not a hash'],
        [1, 'other'],
      ],
    ],
  ])('are counted, and told by their reasons: %s', (_, received, invalid, lines) => {
    expect(told(received)).toEqual({ invalid, lines })
  })
})

describe('users', () => {
  const place = { destination: 'main', list: 'userListAdd', messageId: 'm' } as const

  it('who are left out are all counted, and a hundred are named', () => {
    const { report, lines, measures } = aReport()
    report.users(Array.from({ length: 101 }, (_, index) => ({ ...place, index, dropped: 'cannot_match', fields: [] })))
    expect(measures).toEqual([['UsersDropped', 101, { destination: 'main', reason: 'cannot_match' }]])
    expect(lines).toHaveLength(100)
  })

  it('with values that are left out or in doubt are counted by the reason, and named with the field', () => {
    const { report, lines, measures } = aReport()
    const fields = [
      { field: 'EMAIL', reason: 'unusable_value' },
      { field: 'PHONE', reason: 'phone_without_country' },
    ] as const
    report.users([{ ...place, index: 3, fields }])
    expect(measures).toEqual(fields.map(({ reason }) => ['ValuesReported', 1, { destination: 'main', reason }]))
    expect(lines).toEqual([
      ['warn', 'values_left_out', { ...place, index: 3, ...fields[0] }],
      ['warn', 'values_in_doubt', { ...place, index: 3, ...fields[1] }],
    ])
  })

  it('who are overtaken are counted for each destination, in both directions', () => {
    const { report, lines } = aReport()
    const [one, two, three] = [
      aLot('one', { add: people('a', 'b', 'c'), remove: people('d', 'e') }),
      aLot('two', { add: people('f') }),
      aLot('three', { remove: people('g') }),
    ]
    const plans = [
      { add: people('a'), remove: people('d') },
      { add: people('f'), remove: [] },
      { add: [], remove: [] },
    ]
    report.overtaken(AUDIENCE, [one, two, three], plans)
    expect(lines.map(([, , fields]) => fields)).toEqual([
      { destination: 'one', audienceId: AUDIENCE, count: 3 },
      { destination: 'three', audienceId: AUDIENCE, count: 1 },
    ])
  })

  it('who are erased and left out are counted, if there are any', () => {
    const { report, lines, measures } = aReport()
    for (const count of [0, 2]) report.erasedLeftOut(aLot('main'), AUDIENCE, count)
    const about = { destination: 'main', reason: 'erased' }
    expect(lines).toEqual([['info', 'users_dropped', { ...about, audienceId: AUDIENCE, count: 2 }]])
    expect(measures).toEqual([['UsersDropped', 2, about]])
  })

  it('who wait or are given up are told and counted for each audience, with the age of the oldest', () => {
    const { report, lines, measures } = aReport()
    report.settled({
      ...{ lot: aLot('main'), audienceIds: [AUDIENCE, OTHER_AUDIENCE], retry: [], deadLetters: [] },
      waiting: [{ direction: 'add', reason: 'graph_2', count: 3 }],
      ...{ waitSeconds: 60, oldestAgeSeconds: 7 },
      givenUp: [{ direction: 'remove', reason: 'graph_190', count: 2 }],
    })
    const ofEach = [
      ['UsersWaiting', 3, { destination: 'main', reason: 'graph_2' }],
      ['UsersGivenUp', 2, { destination: 'main', reason: 'graph_190' }],
    ]
    expect(measures).toEqual([...ofEach, ...ofEach, ['OldestUndeliveredAge', 7, { destination: 'main' }]])
    expect(lines.map(([level, code, fields]) => [level, code, fields?.audienceId])).toEqual(
      [AUDIENCE, OTHER_AUDIENCE].flatMap((audienceId) => [
        ['warn', 'users_waiting', audienceId],
        ['error', 'users_given_up', audienceId],
      ]),
    )
  })

  it('of a session who wait are counted, with the age of their event', () => {
    const { report, measures } = aReport()
    const about = { destination: 'main', audienceId: AUDIENCE, direction: 'add', reason: 'audience_busy' } as const
    report.sessionWaits({ ...about, count: 3, waitSeconds: 10, ageSeconds: 7 })
    expect(measures).toEqual([
      ['UsersWaiting', 3, { destination: 'main', reason: 'audience_busy' }],
      ['OldestUndeliveredAge', 7, { destination: 'main' }],
    ])
  })
})

it('a message that could not be hidden is told, and none that could', () => {
  const { report, lines } = aReport()
  report.hidden({ ok: true })
  report.hidden({ ok: false, reason: 'ReceiptHandleIsInvalid' })
  expect(lines).toEqual([['warn', 'message_not_hidden', { reason: 'ReceiptHandleIsInvalid' }]])
})

it('a failure of the register is told and counted', () => {
  const { report, lines, measures } = aReport()
  report.registerFailed('TimeoutError')
  expect(lines).toEqual([['error', 'register_failed', { reason: 'TimeoutError' }]])
  expect(measures).toEqual([['RegisterFailures', 1, {}]])
})
