import type { SQSRecord } from 'aws-lambda'
import { toChanges } from '../../lib/audience/lot.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import { partFor, toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import type { AudienceOperation } from '../../lib/audience/operation.ts'
import { removalRows, removalsOf } from '../../lib/erasure/removal-rows.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import type { Served } from '../../lib/retry/settle.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { QueueMessage, QueuedEvent, QueuedUser } from '../../lib/track/message.ts'
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
 * redriving. A removal or a session's message has waited in its queue. Or it is an erasure, which is never queued for a
 * trial run.
 */
function isFromBefore(
  { by, session, remove }: QueuedEvent,
  { receivedAt }: QueueMessage,
  { SentTimestamp }: Pick<SQSRecord['attributes'], 'SentTimestamp'>,
  now: number,
): boolean {
  const readAt = Math.max(Number(SentTimestamp), session || remove ? now : 0)
  return by === 'erasure' || readAt - receivedAt > LATE_MS
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
  const unnamed: Unusable[] = []
  const read = operations.map((operation): ReadOperation => {
    const { destination, audienceIds, direction, isErasure } = operation
    const lot = { destination, audienceIds, add: [], remove: [] }
    if (isErasure) {
      const rows = removalRows(destination, clock)
      const { changes, unnamed: lost } = removalsOf(operation, rows)
      if (lost.users.length > 0) unnamed.push(asUnnamed(message, operation, lost))
      return { operation, lot: { ...lot, schema: rows.schema, remove: changes }, reports: [] }
    }
    const rowBuilder = rowBuilderOf(destination.name)
    const { changes, reports } = toChanges(operation, rowBuilder)
    return { operation, lot: { ...lot, schema: rowBuilder.schema, [direction]: changes }, reports }
  })
  return {
    unusable: [
      ...(unmapped ? [{ body: toQueueJson(unmapped), reason: 'event_unmapped' as const }] : []),
      ...(beforeTrial ? [{ body: toQueueJson(beforeTrial), reason: 'dry_run' as const }] : []),
      ...unnamed,
    ],
    read,
  }
}

/** Ingest names only people whom a destination can name, so its settings have changed since. They can be redriven later. */
function asUnnamed(
  message: QueueMessage,
  { destination, messageId, at }: AudienceOperation,
  { users, places }: { users: QueuedUser[]; places: number[] },
): Unusable {
  const about = { messageId, by: 'erasure' as const, name: 'erasure', at, destinations: [destination.name] }
  const lost: QueueMessage = { ...message, events: [{ ...about, places, remove: users }] }
  return { body: toQueueJson(lost), reason: 'erasure_unnamed' }
}
