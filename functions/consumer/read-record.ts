import type { SQSRecord } from 'aws-lambda'
import { toChanges } from '../../lib/audience/lot.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import { toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import type { Unusable } from './store.ts'

/** The content of a message: rows for audiences, nothing that can be used, or a wait of some more seconds. */
export type ReadRecord = { lots: Lot[]; unusable: Unusable[]; waitSeconds?: number }

/** Reads a message of the track, removal or retry queue: events with users, or rows that have waited. */
export function readRecord(
  { body, attributes }: SQSRecord,
  onUser: (user: UserReport) => void,
  { settings, rowsOf }: Pick<ConsumerDependencies, 'settings' | 'rowsOf'>,
): ReadRecord {
  const message = decodeMessage(body)
  if (message) {
    const unmapped = unmappedPart(message, settings)
    return {
      unusable: unmapped ? [{ body: toQueueJson(unmapped), reason: 'event_unmapped' }] : [],
      lots: toOperations(message, settings).map((operation): Lot => {
        const { destination, audienceIds, direction } = operation
        const rows = rowsOf(destination.name)
        const changes = toChanges(operation, rows, onUser)
        return { destination, audienceIds, schema: rows.schema, add: [], remove: [], [direction]: changes }
      }),
    }
  }
  const waited = decodeRows(body)
  const destination = settings.destinations.find(({ name }) => name === waited?.destination)
  if (!waited || !destination)
    return { lots: [], unusable: [{ body, reason: waited ? 'destination_unknown' : 'undecodable' }] }
  const { thenWait, ...rows } = waited
  if (thenWait !== undefined && attributes.ApproximateReceiveCount === '1')
    return { lots: [], unusable: [], waitSeconds: thenWait }
  return { lots: [{ ...rows, destination }], unusable: [] }
}
