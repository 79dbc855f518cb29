import type { Batch } from '../../lib/audience/batch.ts'
import type { Direction } from '../../lib/audience/change.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import type { Stored } from '../../lib/aws/queue.ts'
import type { Cell } from '../../lib/audience/column.ts'
import type { GraphAnswer, Received } from '../../lib/graph-api/client.ts'
import { failureReason, judge } from '../../lib/graph-api/error.ts'
import { notReceived } from '../../lib/graph-api/receipt.ts'
import { sentRows } from '../../lib/graph-api/request.ts'
import type { ErasureProgress } from '../../lib/erasure/record.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import type { ToSend } from '../../lib/register/to-send.ts'
import type { Settled } from '../../lib/retry/settle.ts'
import type { Journal } from './journal.ts'

/** At most this many single users are named in the log for what is read at once; the metrics count them all. */
const MAX_USER_LINES = 100

/**
 * Everything that the consumer says about its work, in the log, in metrics and in the journal: names from the settings,
 * identifiers and counts.
 */
export type Report = ReturnType<typeof createReport>

type SessionWait = {
  destination: string
  audienceId: string
  direction: Direction
  reason: string
  count: number
  waitSeconds: number
  /** Since the event was received. */
  ageSeconds: number
}

export function createReport(log: Log, measure: Measure, journal: Journal) {
  return {
    /** What is wrong with users: the metrics count them all, and the log names the first of them. */
    users: (reports: readonly UserReport[]) => {
      count(
        'UsersDropped',
        reports.flatMap(({ destination, dropped: reason }) => (reason === undefined ? [] : [{ destination, reason }])),
      )
      count(
        'ValuesReported',
        reports.flatMap(({ destination, fields }) => fields.map(({ reason }) => ({ destination, reason }))),
      )
      for (const { dropped, fields, ...place } of reports.slice(0, MAX_USER_LINES))
        if (dropped !== undefined) log('warn', 'users_dropped', { ...place, reason: dropped })
        else
          for (const { field, reason } of fields) {
            const isSent = reason === 'phone_without_country'
            log('warn', isSent ? 'values_in_doubt' : 'values_left_out', { ...place, field, reason })
          }
    },

    /** Erased people whom an audience has let go, and those who had come back before. */
    erased: ({ id: messageId, destination, audienceId, done, takenBack = [] }: ErasureProgress) => {
      const target = { messageId, destination, audienceId }
      if (done.length > 0) log('info', 'erasure_done', { ...target, count: done.length })
      if (takenBack.length > 0) log('info', 'erasure_taken_back', { ...target, count: takenBack.length })
    },

    /** Counts adds of erased people, which are left out. */
    erasedLeftOut: ({ destination: { name: destination } }: Lot, audienceId: string, count: number) => {
      if (count === 0) return
      log('info', 'users_dropped', { destination, audienceId, count, reason: 'erased' })
      measure('UsersDropped', count, { destination, reason: 'erased' })
    },

    /** Counts rows that are not sent because newer rows about the same people exist. */
    overtaken: (audienceId: string, hands: readonly Lot[], plans: readonly ToSend[]) => {
      hands.forEach(({ destination, add, remove }, index) => {
        const { add: adds = [], remove: removals = [] } = plans[index] ?? {}
        const count = add.length + remove.length - adds.length - removals.length
        if (count > 0) log('info', 'users_overtaken', { destination: destination.name, audienceId, count })
      })
    },

    /** Counts what real destinations would send in place of those in a trial run. */
    wouldBeSent: (audienceId: string, lots: readonly Lot[], plans: readonly ToSend[]) => {
      lots.forEach(({ destination: { name: destination } }, index) => {
        for (const direction of ['remove', 'add'] as const) {
          const count = plans[index]?.[direction].length ?? 0
          if (count === 0) continue
          log('info', 'users_would_be_sent', { destination, audienceId, direction, count })
          measure('UsersWouldBeSent', count, { destination, direction, dryRun: 'true' })
        }
      })
    },

    call: (batch: Batch, answer: GraphAnswer, ms: number) => {
      journal.called(batch, answer, ms)
      const { name: destination } = batch.destination
      const { audienceId, direction } = batch
      const common = { destination, audienceId, direction, count: batch.changes.length }
      measure('GraphCalls', 1, { destination })
      measure('GraphLatency', ms, { destination })
      const { adAccounts, appPercent, accountPercent } = answer.usage
      measure('UsagePercent', Math.max(appPercent ?? 0, ...adAccounts.map(({ percent }) => percent)), { destination })
      measure('AccountScorePercent', accountPercent ?? 0, { destination })
      if (answer.ok) {
        measure('UsersSent', batch.changes.length, { destination, direction })
        log('info', 'users_delivered', common)
        reportInvalid(batch, answer.received)
        return
      }
      const { failure } = answer
      const { verdict, advice } = judge(failure)
      measure('Verdicts', 1, { destination, reason: verdict })
      log(verdict === 'retry' ? 'warn' : 'error', verdict === 'pause' ? 'destination_paused' : 'graph_request_failed', {
        ...common,
        reason: failureReason(failure),
        advice,
        ...('status' in failure && { status: failure.status }),
        ...(failure.kind === 'graph' && {
          graphCode: failure.code,
          ...(failure.subCode !== undefined && { graphSubCode: failure.subCode }),
          ...(failure.fbtraceId !== undefined && { fbtraceId: failure.fbtraceId }),
        }),
      })
    },

    registerFailed: (reason: string) => {
      log('error', 'register_failed', { reason })
      measure('RegisterFailures', 1, {})
    },

    /** Whether a message could be hidden. */
    hidden: (done: Stored) => {
      if (!done.ok) log('warn', 'message_not_hidden', { reason: done.reason })
    },

    /** Users of a session that wait in its queue, in its order. */
    sessionWaits: ({ ageSeconds, ...held }: SessionWait) => {
      journal.waits({ ...held, ageSeconds })
      const { destination, reason, count } = held
      log('warn', 'users_waiting', held)
      measure('UsersWaiting', count, { destination, reason })
      measure('OldestUndeliveredAge', ageSeconds, { destination })
    },

    settled: ({ lot, audienceIds, waiting, waitSeconds, oldestAgeSeconds, givenUp }: Settled) => {
      const destination = lot.destination.name
      for (const audienceId of audienceIds) {
        for (const { direction, reason, count } of waiting) {
          journal.waits({ destination, audienceId, reason, waitSeconds, ageSeconds: oldestAgeSeconds })
          log('warn', 'users_waiting', { destination, audienceId, direction, count, reason, waitSeconds })
          measure('UsersWaiting', count, { destination, reason })
        }
        for (const { direction, reason, count } of givenUp) {
          log('error', 'users_given_up', { destination, audienceId, direction, count, reason })
          measure('UsersGivenUp', count, { destination, reason })
        }
      }
      measure('OldestUndeliveredAge', oldestAgeSeconds, { destination })
    },
  }

  function count(metric: 'UsersDropped' | 'ValuesReported', all: readonly { destination: string; reason: string }[]) {
    const alike = Map.groupBy(all, ({ destination, reason }) => `${destination} ${reason}`)
    for (const same of alike.values()) measure(metric, same.length, { ...same[0] })
  }

  // In a session Meta's counts add up over all batches. Only the samples are about the rows of this request.
  function reportInvalid(batch: Batch, received: Received) {
    const { numInvalid, invalidSamples } = received
    const missing = notReceived(batch, received)
    if (numInvalid + missing === 0) return
    const destination = batch.destination.name
    const common = { destination, audienceId: batch.audienceId, direction: batch.direction }
    const positions = new Map<string, number[]>()
    const samples = new Map(Object.entries(invalidSamples))
    sentRows(batch).forEach((cells, index) => {
      const sample = samples.size > 0 ? samples.get(JSON.stringify(cells)) : undefined
      if (sample === undefined) return
      const reason = wordsOnly(sample, cells)
      positions.set(reason, [...(positions.get(reason) ?? []), index])
    })
    measure('UsersInvalid', numInvalid + missing, { destination })
    for (const [reason, found] of positions)
      log('warn', 'users_invalid', { ...common, count: found.length, positions: found, reason })
    const named = [...positions.values()].flat().length
    if (numInvalid > named) log('warn', 'users_invalid', { ...common, count: numInvalid - named, reason: 'not_said' })
    if (missing > 0) log('warn', 'users_invalid', { ...common, count: missing, reason: 'not_received' })
  }
}

/** Meta's reason; `other` if it has more than words, or a value of the row, because that may be personal data. */
function wordsOnly(reason: string, cells: readonly Cell[]): string {
  const text = reason.toLowerCase()
  const quotes = cells.some((cell) => typeof cell === 'string' && cell !== '' && text.includes(cell.toLowerCase()))
  return /^[A-Za-z ]{1,60}$/.test(reason) && !quotes ? reason : 'other'
}
