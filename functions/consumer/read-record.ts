import type { SQSRecord } from 'aws-lambda'
import { toChanges } from '../../lib/audience/lot.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import { partFor, toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import type { AudienceOperation } from '../../lib/audience/operation.ts'
import { removalRows, removalsOf } from '../../lib/erasure/removal-rows.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import type { Served } from '../../lib/retry/settle.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { QueueMessage, QueuedUser } from '../../lib/track/message.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import type { Unusable } from './store.ts'
import { asReceived, fromBeforeTrial } from './trial-run.ts'

/** Rows for audiences, with `reports` of the users who are left out. `unusable` are those of whom there are no rows. */
export type ReadLot = { lot: Lot; reports: UserReport[]; unusable: Unusable[] }

/**
 * What a message asks for. Its rows are made when they are asked for, because those for forty destinations would fill the
 * memory. `unusable` are the parts that lead to nothing, `notSent` rows that are given up. With `waitSeconds`, the message
 * must come again after so many seconds.
 */
type ReadRecord = {
  read: Iterable<ReadLot>
  unusable: Unusable[]
  notSent?: Served[]
  waitSeconds?: number
}

/** What one operation of a message asks for. */
export type ReadOperation = ReadLot & { operation: AudienceOperation }

type Reading = Pick<ConsumerDependencies, 'settings' | 'rowBuilderOf' | 'clock'>

/** Reads a message of the track, removal or retry queue: events with users, or rows that have waited. */
export function readRecord({ body, attributes }: SQSRecord, reading: Reading): ReadRecord {
  const message = decodeMessage(body)
  if (message) return readMessage(message, reading)
  const nothing = { read: [], unusable: [] }
  const waited = decodeRows(body)
  const destination = reading.settings.destinations.find(({ name }) => name === waited?.destination)
  if (!waited || !destination)
    return { ...nothing, unusable: [{ body, reason: waited ? 'destination_unknown' : 'undecodable' }] }
  const { thenWait, ...rows } = waited
  if (destination.dryRun) return { ...nothing, notSent: fromBeforeTrial({ ...rows, destination }) }
  if (thenWait !== undefined && attributes.ApproximateReceiveCount === '1') return { ...nothing, waitSeconds: thenWait }
  return { ...nothing, read: [{ lot: { ...rows, destination }, reports: [], unusable: [] }] }
}

/** What the events of a message ask for, operation by operation, and the part of it that asks for nothing any more. */
export function readMessage(
  message: QueueMessage,
  reading: Reading,
): { read: Iterable<ReadOperation>; unusable: Unusable[] } {
  const { settings } = reading
  const unmapped = unmappedPart(message, settings)
  const { destinations, trialSince } = asReceived(message, settings.destinations)
  const beforeTrial = partFor(message, trialSince)
  return {
    read: toOperations(message, { ...settings, destinations })
      .values()
      .map((operation) => readOperation(message, operation, reading)),
    unusable: [
      ...(unmapped ? [{ body: toQueueJson(unmapped), reason: 'event_unmapped' as const }] : []),
      ...(beforeTrial ? [{ body: toQueueJson(beforeTrial), reason: 'dry_run' as const }] : []),
    ],
  }
}

function readOperation(
  message: QueueMessage,
  operation: AudienceOperation,
  { rowBuilderOf, clock }: Reading,
): ReadOperation {
  const { destination, audienceIds, direction, isErasure } = operation
  const lot = { destination, audienceIds, add: [], remove: [] }
  if (isErasure) {
    const rows = removalRows(destination, clock)
    const { changes, unnamed } = removalsOf(operation, rows)
    const unusable = unnamed.users.length > 0 ? [asUnnamed(message, operation, unnamed)] : []
    return { operation, lot: { ...lot, schema: rows.schema, remove: changes }, reports: [], unusable }
  }
  const rowBuilder = rowBuilderOf(destination.name)
  const { changes, reports } = toChanges(operation, rowBuilder)
  return { operation, lot: { ...lot, schema: rowBuilder.schema, [direction]: changes }, reports, unusable: [] }
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
