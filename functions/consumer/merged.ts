import type { SQSRecord } from 'aws-lambda'
import { toBatches } from '../../lib/audience/batch.ts'
import { orderChanges } from '../../lib/audience/change.ts'
import type { AudienceChanges } from '../../lib/audience/change.ts'
import { createCollection, toChanges } from '../../lib/audience/collect.ts'
import { toOperations } from '../../lib/audience/operation.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { store } from './store.ts'
import type { Unsent } from './store.ts'

/**
 * Handles messages whose rows may be merged freely, from the track and the retry queue: all rows of an audience and
 * direction, whatever message they came in, share as few requests as hold them. Answers the ids of the messages that
 * must be delivered again.
 */
export async function handleMerged(
  records: readonly SQSRecord[],
  deadline: number,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  const { settings, rowsOf, report, log, hideInRetryQueue } = dependencies
  const collection = createCollection()
  const users = report.users()
  const undecodable: string[] = []
  const deferred: SQSRecord[] = []

  for (const record of records) {
    const message = decodeMessage(record.body)
    if (message) {
      const operations = toOperations(message, settings)
      if (operations.length === 0) log('warn', 'event_unmapped', { source: message.source })
      for (const operation of operations) {
        const rows = rowsOf(operation.destination.name)
        const changes = toChanges(operation, rows, users.report)
        for (const audienceId of operation.audienceIds)
          collection.add(operation.destination, audienceId, rows.schema, operation.direction, changes)
      }
      continue
    }
    const waiting = decodeRows(record.body)
    const destination = settings.destinations.find(({ name }) => name === waiting?.destination)
    if (!waiting || !destination) {
      undecodable.push(record.body)
    } else if (waiting.thenWait !== undefined && record.attributes.ApproximateReceiveCount === '1') {
      deferred.push(record)
      await hideInRetryQueue(record.receiptHandle, waiting.thenWait)
    } else {
      collection.add(destination, waiting.audienceId, waiting.schema, waiting.direction, waiting.changes)
    }
  }
  users.end()

  const unsent = await Promise.all(collection.groups().map((group) => deliverGroup(group, deadline, dependencies)))
  const stored = await store(unsent.flat(), undecodable, dependencies)
  return (stored ? deferred : records).map(({ messageId }) => messageId)
}

/** Sends the changes of one audience in the order in which the last word about each person wins. */
async function deliverGroup(
  group: AudienceChanges,
  deadline: number,
  { deliver, report }: ConsumerDependencies,
): Promise<Unsent> {
  const { destination, audienceId, schema } = group
  const { groups, overtaken } = orderChanges(group)
  report.overtaken(group, overtaken.add + overtaken.remove)
  const unsent: Unsent = []
  for (const { direction, changes } of groups) {
    const target = { destination, audienceId, direction, schema }
    const outcomes: Outcome[] = []
    for (const batch of toBatches(target, changes)) {
      // A late add must not go before the removal it follows: what waits lets everything behind it wait.
      const held = direction === 'add' && removalsWait(unsent)
      outcomes.push(...(held ? [waitBehind(batch.changes)] : await deliver(batch, deadline)))
    }
    unsent.push({ target, outcomes })
  }
  return unsent
}

function removalsWait(unsent: Unsent): boolean {
  return unsent.some(
    ({ target, outcomes }) => target.direction === 'remove' && outcomes.some(({ kind }) => kind === 'waiting'),
  )
}

function waitBehind(changes: Extract<Outcome, { kind: 'waiting' }>['changes']): Outcome {
  return { kind: 'waiting', changes, reason: 'behind_removal', waitSeconds: 0 }
}
