import type { SQSRecord } from 'aws-lambda'
import { toChanges } from '../../lib/audience/lot.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import { toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import type { AudienceOperation } from '../../lib/audience/operation.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { QueueMessage } from '../../lib/track/message.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import type { Unusable } from './store.ts'

/**
 * What a message asks for: rows for audiences (`lots`), with `reports` of the users who are left out. `unusable` are the
 * parts that lead to nothing. With `waitSeconds`, the message must come again after so many seconds.
 */
type ReadRecord = { lots: Lot[]; reports: UserReport[]; unusable: Unusable[]; waitSeconds?: number }

/** What one operation of a message asks for. */
export type ReadOperation = { operation: AudienceOperation; lot: Lot; reports: UserReport[] }

type Reading = Pick<ConsumerDependencies, 'settings' | 'rowBuilderOf'>

/** Reads a message of the track, removal or retry queue: events with users, or rows that have waited. */
export function readRecord({ body, attributes }: SQSRecord, reading: Reading): ReadRecord {
  const message = decodeMessage(body)
  if (message) {
    const { read, unusable } = readMessage(message, reading)
    return { lots: read.map(({ lot }) => lot), reports: read.flatMap(({ reports }) => reports), unusable }
  }
  const nothing = { lots: [], reports: [], unusable: [] }
  const waited = decodeRows(body)
  const destination = reading.settings.destinations.find(({ name }) => name === waited?.destination)
  if (!waited || !destination)
    return { ...nothing, unusable: [{ body, reason: waited ? 'destination_unknown' : 'undecodable' }] }
  const { thenWait, ...rows } = waited
  if (thenWait !== undefined && attributes.ApproximateReceiveCount === '1') return { ...nothing, waitSeconds: thenWait }
  return { ...nothing, lots: [{ ...rows, destination }] }
}

/** What the events of a message ask for, operation by operation, and the part of it that asks for nothing any more. */
export function readMessage(
  message: QueueMessage,
  { settings, rowBuilderOf }: Reading,
): { read: ReadOperation[]; unusable: Unusable[] } {
  const unmapped = unmappedPart(message, settings)
  return {
    unusable: unmapped ? [{ body: toQueueJson(unmapped), reason: 'event_unmapped' }] : [],
    read: toOperations(message, settings).map((operation) => {
      const { destination, audienceIds, direction } = operation
      const rowBuilder = rowBuilderOf(destination.name)
      const { changes, reports } = toChanges(operation, rowBuilder)
      const lot: Lot = {
        destination,
        audienceIds,
        schema: rowBuilder.schema,
        add: [],
        remove: [],
        [direction]: changes,
      }
      return { operation, lot, reports }
    }),
  }
}
