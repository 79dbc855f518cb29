import type { SQSRecord } from 'aws-lambda'
import { toChanges } from '../../lib/audience/lot.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import { partFor, toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import type { AudienceOperation } from '../../lib/audience/operation.ts'
import { erasureRows } from '../../lib/erasure/erasure.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import type { Served } from '../../lib/retry/settle.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { QueueMessage, QueuedEvent } from '../../lib/track/message.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import type { Unusable } from './store.ts'
import { fromBeforeTrial } from './trial-run.ts'

/**
 * What a message asks for: rows for audiences (`lots`), with `reports` of the users who are left out. `unusable` are the
 * parts that lead to nothing, `notSent` rows that are given up. With `waitSeconds`, the message must come again after so
 * many seconds.
 */
type ReadRecord = {
  lots: Lot[]
  reports: UserReport[]
  unusable: Unusable[]
  notSent?: Served[]
  waitSeconds?: number
}

/** What one operation of a message asks for. */
export type ReadOperation = { operation: AudienceOperation; lot: Lot; reports: UserReport[] }

type Reading = Pick<ConsumerDependencies, 'settings' | 'rowBuilderOf' | 'clock'>

/** Reads a message of the track, removal or retry queue: events with users, or rows that have waited. */
export function readRecord({ body, attributes }: SQSRecord, reading: Reading): ReadRecord {
  const message = decodeMessage(body)
  if (message) {
    const { read, unusable } = readMessage(message, attributes, reading)
    return { lots: read.map(({ lot }) => lot), reports: read.flatMap(({ reports }) => reports), unusable }
  }
  const nothing = { lots: [], reports: [], unusable: [] }
  const waited = decodeRows(body)
  const destination = reading.settings.destinations.find(({ name }) => name === waited?.destination)
  if (!waited || !destination)
    return { ...nothing, unusable: [{ body, reason: waited ? 'destination_unknown' : 'undecodable' }] }
  const { thenWait, ...rows } = waited
  if (destination.dryRun) return { ...nothing, notSent: fromBeforeTrial({ ...rows, destination }) }
  if (thenWait !== undefined && attributes.ApproximateReceiveCount === '1') return { ...nothing, waitSeconds: thenWait }
  return { ...nothing, lots: [{ ...rows, destination }] }
}

/** Ingest has put an event on its queue long before this, because it has ten seconds for a request. */
const LATE_MS = 60_000

/**
 * Whether an event is from before a trial run. Somebody has redriven a dead letter: its time of sending is then that of the
 * redriving. A session's message has waited in its queue. Or it is an erasure, which is never queued for a trial run.
 */
function isFromBefore(
  { by, session }: QueuedEvent,
  { receivedAt }: QueueMessage,
  { SentTimestamp }: Pick<SQSRecord['attributes'], 'SentTimestamp'>,
  now: number,
): boolean {
  return by === 'erasure' || Math.max(Number(SentTimestamp), session ? now : 0) - receivedAt > LATE_MS
}

/** What the events of a message ask for, operation by operation, and the part of it that asks for nothing any more. */
export function readMessage(
  message: QueueMessage,
  attributes: Pick<SQSRecord['attributes'], 'SentTimestamp'>,
  { settings, rowBuilderOf, clock }: Reading,
): { read: ReadOperation[]; unusable: Unusable[] } {
  const unmapped = unmappedPart(message, settings)
  const now = clock()
  const { before = [], others = [] } = Object.fromEntries(
    Map.groupBy(message.events, (event) => (isFromBefore(event, message, attributes, now) ? 'before' : 'others')),
  )
  const trials = settings.destinations.filter(({ dryRun }) => dryRun)
  const beforeTrial = partFor({ ...message, events: before }, trials)
  const operations = [
    ...toOperations({ ...message, events: before }, settings).filter(({ destination }) => !destination.dryRun),
    ...toOperations({ ...message, events: others }, settings),
  ]
  return {
    unusable: [
      ...(unmapped ? [{ body: toQueueJson(unmapped), reason: 'event_unmapped' as const }] : []),
      ...(beforeTrial ? [{ body: toQueueJson(beforeTrial), reason: 'dry_run' as const }] : []),
    ],
    read: operations.map((operation) => {
      const { destination, audienceIds, direction, isErasure } = operation
      const rowBuilder = isErasure ? erasureRows(destination, clock) : rowBuilderOf(destination.name)
      const { changes, reports } = toChanges(operation, rowBuilder)
      const lot: Lot = {
        destination,
        audienceIds,
        schema: rowBuilder.schema,
        add: [],
        remove: [],
        [direction]: changes,
      }
      // That a destination cannot name an erased person is no mistake of anybody.
      return { operation, lot, reports: isErasure ? [] : reports }
    }),
  }
}
