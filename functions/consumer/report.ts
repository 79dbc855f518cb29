import type { Batch } from '../../lib/audience/batch.ts'
import type { UserReport } from '../../lib/audience/collect.ts'
import type { GraphAnswer } from '../../lib/graph-api/client.ts'
import { failureReason, judge } from '../../lib/graph-api/error.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import type { Destined, SettledRows } from '../../lib/outcome.ts'

/** At most this many single users are named in the log for one invocation; the metrics count them all. */
const MAX_USER_LINES = 100

/** Everything that the consumer says about its work: names from the settings, identifiers and counts. */
export type Report = ReturnType<typeof createReport>

export function createReport(log: Log, measure: Measure) {
  return {
    /** Collects what is wrong with users; `end` writes it. */
    users: () => {
      const counts = new Map<string, { destination: string; reason: string; count: number }>()
      let lines = 0
      const count = (destination: string, reason: string) => {
        const key = `${destination} ${reason}`
        const known = counts.get(key) ?? { destination, reason, count: 0 }
        counts.set(key, { ...known, count: known.count + 1 })
      }
      return {
        report: ({ operation, index, dropped, fields }: UserReport) => {
          const { destination, direction, messageId } = operation
          const list = direction === 'add' ? 'userListAdd' : 'userListDelete'
          const common = { destination: destination.name, messageId, list, index }
          if (dropped !== undefined) count(destination.name, dropped)
          lines += 1
          if (lines > MAX_USER_LINES) return
          if (dropped !== undefined) log('warn', 'users_dropped', { ...common, reason: dropped })
          else for (const { field, reason } of fields) log('warn', 'values_left_out', { ...common, field, reason })
        },
        end: () => {
          for (const { destination, reason, count: users } of counts.values())
            measure('UsersDropped', users, { destination, reason })
        },
      }
    },

    overtaken: ({ destination, audienceId }: Pick<Batch, 'destination' | 'audienceId'>, count: number) => {
      if (count > 0) log('info', 'users_overtaken', { destination: destination.name, audienceId, count })
    },

    call: (batch: Batch, answer: GraphAnswer, ms: number) => {
      const { name: destination } = batch.destination
      const { audienceId, direction } = batch
      const common = { destination, audienceId, direction, count: batch.changes.length }
      measure('GraphCalls', 1, { destination })
      measure('GraphLatency', ms, { destination })
      const { adAccounts, appPercent, accountPercent } = answer.usage
      measure('UsagePercent', Math.max(appPercent, ...adAccounts.map(({ percent }) => percent)), { destination })
      measure('AccountScorePercent', accountPercent, { destination })
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

    settled: (target: Destined, { waiting, givenUp }: SettledRows) => {
      const { audienceId, direction } = target
      const destination = target.destination.name
      const common = { destination, audienceId, direction }
      if (waiting) {
        log('warn', 'users_waiting', {
          ...common,
          count: waiting.count,
          reason: waiting.reason,
          waitSeconds: waiting.waitSeconds,
        })
        measure('UsersWaiting', waiting.count, { destination, reason: waiting.reason })
        measure('OldestUndeliveredAge', waiting.oldestAgeSeconds, { destination })
      }
      for (const { count, reason } of givenUp) {
        log('error', 'users_given_up', { ...common, count, reason })
        measure('UsersGivenUp', count, { destination, reason })
      }
    },
  }

  // Meta's counts go on through an explicit session; only the samples say which rows of this request are meant.
  function reportInvalid(batch: Batch, received: Extract<GraphAnswer, { ok: true }>['received']) {
    const destination = batch.destination.name
    const missing = batch.session ? 0 : Math.max(0, batch.changes.length - received.numReceived)
    const invalid = received.numInvalid + missing
    if (invalid === 0) return
    const rows = new Set(Object.keys(received.invalidSamples))
    const positions = batch.changes.flatMap(({ cells }, index) => (rows.has(JSON.stringify(cells)) ? [index] : []))
    const [reason = missing > 0 ? 'not_received' : 'not_said'] = Object.values(received.invalidSamples)
    measure('UsersInvalid', invalid, { destination })
    log('warn', 'users_invalid', {
      destination,
      audienceId: batch.audienceId,
      direction: batch.direction,
      count: invalid,
      positions,
      // Meta's words, unless they hold more than words.
      reason: /^[A-Za-z ]{1,60}$|^not_/.test(reason) ? reason : 'other',
    })
  }
}
