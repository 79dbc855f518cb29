import type { SQSRecord } from 'aws-lambda'
import { orderChanges } from '../../lib/audience/change.ts'
import type { AudienceChanges, Change } from '../../lib/audience/change.ts'
import { createCollection, toChanges } from '../../lib/audience/collect.ts'
import { toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import type { Sent } from '../../lib/outcome.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { sendChanges } from './send.ts'
import { store } from './store.ts'
import type { Unusable } from './store.ts'

type Direction = 'add' | 'remove'

/** How many audiences of a destination are served at once: each keeps a body of some megabytes in memory. */
const AUDIENCES_AT_ONCE = 4

/**
 * Handles messages whose rows may be merged freely, from the track and the retry queue: all rows of an audience and
 * direction, whatever message they came in, share as few requests as hold them. Answers the ids of the messages that
 * must be delivered again.
 */
export async function handleMerged(
  records: readonly SQSRecord[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  const { settings, rowsOf, report, hideInRetryQueue } = dependencies
  const collection = createCollection()
  const users = report.users()
  const unusable: Unusable[] = []
  const deferred: { record: SQSRecord; seconds: number }[] = []

  for (const record of records) {
    const message = decodeMessage(record.body)
    if (message) {
      const unmapped = unmappedPart(message, settings)
      if (unmapped) unusable.push({ body: toQueueJson(unmapped), reason: 'event_unmapped' })
      for (const operation of toOperations(message, settings)) {
        const rows = rowsOf(operation.destination.name)
        const changes = toChanges(operation, rows, users.report)
        for (const audienceId of operation.audienceIds)
          collection.add(operation.destination, audienceId, rows.schema, operation.direction, changes)
      }
      continue
    }
    const rows = decodeRows(record.body)
    const destination = settings.destinations.find(({ name }) => name === rows?.destination)
    if (!rows || !destination) {
      unusable.push({ body: record.body, reason: rows ? 'destination_unknown' : 'undecodable' })
    } else if (rows.thenWait !== undefined && record.attributes.ApproximateReceiveCount === '1') {
      deferred.push({ record, seconds: rows.thenWait })
    } else {
      for (const direction of ['add', 'remove'] as const)
        collection.add(destination, rows.audienceId, rows.schema, direction, rows[direction])
    }
  }
  users.end()

  const [sent] = await Promise.all([
    deliverAll(collection.groups(), invocation, dependencies),
    ...deferred.map(({ record, seconds }) => hideInRetryQueue(record.receiptHandle, seconds)),
  ])
  const stored = await store(sent, unusable, dependencies)
  return (stored ? deferred.map(({ record }) => record) : records).map(({ messageId }) => messageId)
}

/** Serves all audiences, some of each destination at once; one that fails unexpectedly waits, and the others go on. */
async function deliverAll(
  groups: readonly AudienceChanges[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<Sent[]> {
  const sent: Sent[] = []
  const serve = async (group: AudienceChanges) => {
    try {
      sent.push(await deliverGroup(group, invocation, dependencies))
    } catch (error) {
      const { destination, audienceId, add, remove } = group
      const reason = error instanceof Error ? error.name : 'unknown'
      dependencies.log('error', 'unexpected_error', { destination: destination.name, audienceId, reason })
      sent.push({ ...group, add: [waitAfterError(add)], remove: [waitAfterError(remove)] })
    }
  }
  const byDestination = Map.groupBy(groups, ({ destination }) => destination.name)
  const lanes = [...byDestination.values()].flatMap((own) => {
    const next = own.values()
    return Array.from({ length: AUDIENCES_AT_ONCE }, async () => {
      for (const group of next) await serve(group)
    })
  })
  await Promise.all(lanes)
  return sent
}

/** Sends the changes of one audience in the order in which the last word about each person wins. */
async function deliverGroup(
  group: AudienceChanges,
  invocation: Invocation,
  { deliver, report }: ConsumerDependencies,
): Promise<Sent> {
  const { destination, audienceId, schema } = group
  const { groups, overtaken } = orderChanges(group)
  report.overtaken(group, overtaken.add + overtaken.remove)
  const sent: Record<Direction, Outcome[]> = { add: [], remove: [] }
  for (const { direction, changes } of groups) {
    const outcomes = await sendChanges({ destination, audienceId, direction, schema }, changes, invocation, deliver)
    sent.add.push(...outcomes.add)
    sent.remove.push(...outcomes.remove)
  }
  return { destination, audienceId, schema, ...sent }
}

function waitAfterError(changes: readonly Change[]): Outcome {
  return { kind: 'waiting', changes, reason: 'unexpected_error', waitSeconds: 0, tried: true }
}
