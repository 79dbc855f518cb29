import type { KeyProblems } from './write-keys.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import type { IgnoredEvent } from '../../lib/track/unused-event.ts'
import type { EventWarning } from '../../lib/track/warning.ts'
import type { Refusal } from './answer.ts'
import type { MappedByKind } from '../../lib/track/selection.ts'
import type { CheckedEvents } from './event-answer.ts'

/** Everything that ingest says about its work: names from the settings, identifiers and counts. */
export type Report = ReturnType<typeof createReport>

export function createReport(log: Log, measure: Measure) {
  return {
    /** A request was refused before its events were looked at. */
    refused: (reason: Refusal) => {
      log('warn', 'request_refused', { reason })
      measure('RequestsRefused', 1, { reason })
    },
    gatewayCorruptedGzip: () => {
      log('error', 'gateway_corrupted_gzip')
    },
    requestFailed: (source: string, reason: string) => {
      log('error', 'request_failed', { source, reason })
    },
    /** People were put on the list of the erased, or taken off it. */
    erased: ({ kind, ...about }: { kind: 'erase' | 'unerase'; messageId: string; source: string; count: number }) => {
      log('info', 'erasure_requested', { reason: kind, ...about })
    },
    /** What is wrong with a version of the write-keys secret. */
    writeKeys: ({ unreadable, missing }: KeyProblems) => {
      if ('all' in unreadable) log('error', 'write_keys_unreadable', { reason: unreadable.all })
      else for (const source of unreadable) log('error', 'write_keys_unreadable', { source })
      for (const source of missing) log('warn', 'write_keys_missing', { source })
      const count = 'all' in unreadable ? 1 : unreadable.length
      if (count > 0) measure('WriteKeysUnreadable', count, {})
    },
    /** What became of the events of a request that was stored. `mapped` has the names that its source may send. */
    events: (checked: CheckedEvents, source: string, mapped: MappedByKind) => {
      const { events, rejected, ignored, warnings } = checked
      measure('EventsAccepted', events.length, { source })
      for (const [reason, count] of entriesOf(ignored.counts)) measure('EventsIgnored', count, { source, reason })
      for (const [reason, count] of entriesOf(rejected.counts)) measure('EventsRejected', count, { source, reason })
      for (const [reason, count] of entriesOf(warnings.counts)) measure('EventWarnings', count, { source, reason })

      for (const { messageId, index, code, keys: _keys, found: _found, ...about } of rejected.named)
        log('warn', 'event_rejected', {
          ...{ source, index, reason: code, ...about },
          ...(messageId !== null && { messageId }),
        })
      if (rejected.unnamed > 0) log('warn', 'event_rejected', { source, counts: rejected.counts })
      if (ignored.named.length > 0)
        log('info', 'events_ignored', { source, counts: ignored.counts, ...probablyMeant(ignored.named, mapped) })
      for (const line of warningLines(warnings.named, warnings.counts))
        log('warn', 'events_warned', { source, ...line })
    },
  }
}

// Event names and types come from outside, so they are not logged. The name that was probably meant is one of ours and
// is logged.
function probablyMeant(
  ignored: readonly IgnoredEvent[],
  { events, memberships }: MappedByKind,
): { suggestion?: string } {
  for (const each of ignored) {
    const suggestion =
      each.code === 'event_unmapped'
        ? events.meant(each.event)
        : each.code === 'membership_unmapped'
          ? memberships.meant(each.key ?? '')
          : each.suggestion
    if (suggestion !== undefined) return { suggestion }
  }
  return {}
}

type WarningLine = { reason: string; count: number; field?: string; suggestion?: string }

/**
 * One line for each code. Fields of Meta's, and keys that were probably meant as one, get lines of their own. Other
 * keys are not logged, because they may be personal data.
 */
function warningLines(named: readonly EventWarning[], counts: Partial<Record<string, number>>): WarningLine[] {
  const lines = new Map<string, WarningLine>()
  for (const { code, field, suggestion, count } of named) {
    if (field === undefined || (suggestion === undefined && code !== 'field_not_in_schema')) continue
    const line = lines.get(field) ?? { reason: code, count: 0, field, ...(suggestion !== undefined && { suggestion }) }
    lines.set(field, { ...line, count: line.count + count })
  }
  const told = (code: string) =>
    [...lines.values()].reduce((sum, { reason, count }) => (reason === code ? sum + count : sum), 0)
  const others = entriesOf(counts).map(([reason, count]) => ({ reason, count: count - told(reason) }))
  return [...lines.values(), ...others.filter(({ count }) => count > 0)]
}

function entriesOf(counts: Partial<Record<string, number>>): [string, number][] {
  return Object.entries(counts).map(([code, count]) => [code, count ?? 0])
}
