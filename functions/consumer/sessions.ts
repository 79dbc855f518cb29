import type { SQSRecord } from 'aws-lambda'
import { toBatches } from '../../lib/audience/batch.ts'
import { toChanges } from '../../lib/audience/collect.ts'
import { toOperations } from '../../lib/audience/operation.ts'
import { waitSeconds } from '../../lib/retry/schedule.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import type { QueueMessage } from '../../lib/track/message.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { store } from './store.ts'
import type { Unsent } from './store.ts'

/** Meta ends a session 90 minutes after its first batch; what waited this long goes on without the session. */
const SESSION_PATIENCE_SECONDS = 3600

/** The queue's maxReceiveCount: on the last receive the users must be stored elsewhere, or SQS moves the message. */
const LAST_RECEIVE = 5

/**
 * Handles messages of the session queue. The batches of a session reach Meta in order: when one must wait, the later
 * ones of its group are not sent, and all of them come back together. Answers the ids of the messages that wait.
 */
export async function handleSessions(
  records: readonly SQSRecord[],
  deadline: number,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  const groups = Map.groupBy(records, ({ attributes, messageId }) => attributes.MessageGroupId ?? messageId)
  const failed = await Promise.all([...groups.values()].map((group) => handleGroup(group, deadline, dependencies)))
  return failed.flat()
}

async function handleGroup(
  records: readonly SQSRecord[],
  deadline: number,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  for (const [index, record] of records.entries()) {
    const waitFor = await handleRecord(record, deadline, dependencies)
    if (waitFor === undefined) continue
    const waiting = records.slice(index)
    await Promise.all(waiting.map(({ receiptHandle }) => dependencies.hideInSessionQueue(receiptHandle, waitFor)))
    return waiting.map(({ messageId }) => messageId)
  }
  return []
}

/** Sends one batch of a session. Answers the seconds to wait when it must be sent again, in order. */
async function handleRecord(
  record: SQSRecord,
  deadline: number,
  dependencies: ConsumerDependencies,
): Promise<number | undefined> {
  const { clock, random, log } = dependencies
  const message = decodeMessage(record.body)
  if (!message) return (await store([], [record.body], dependencies)) ? undefined : 0
  const ageSeconds = (clock() - message.receivedAt) / 1000
  const patience = SESSION_PATIENCE_SECONDS - ageSeconds
  const lastChance = patience <= 0 || Number(record.attributes.ApproximateReceiveCount) >= LAST_RECEIVE

  const { unsent, sessionWaits } = await deliverBatches(message, deadline, dependencies)
  if (sessionWaits !== undefined && !lastChance)
    return Math.min(waitSeconds(ageSeconds, sessionWaits, random), Math.max(1, patience))
  if (sessionWaits !== undefined)
    for (const { messageId } of message.events)
      log('warn', 'session_not_sent', { messageId, reason: 'session_timed_out' })
  return (await store(unsent, [], dependencies)) ? undefined : 0
}

type Delivered = {
  unsent: Unsent
  /** What Meta asks to wait before the session's batch is sent again; undefined when it need not be. */
  sessionWaits: number | undefined
}

async function deliverBatches(
  message: QueueMessage,
  deadline: number,
  { settings, rowsOf, deliver, report }: ConsumerDependencies,
): Promise<Delivered> {
  const users = report.users()
  const delivered: Delivered = { unsent: [], sessionWaits: undefined }
  for (const operation of toOperations(message, settings)) {
    const { destination, direction, session } = operation
    const { schema } = rowsOf(destination.name)
    const changes = toChanges(operation, rowsOf(destination.name), users.report)
    for (const audienceId of operation.audienceIds) {
      const target = { destination, audienceId, direction, schema }
      for (const batch of toBatches({ ...target, ...(session && { session }) }, changes)) {
        const outcomes = await deliver(batch, deadline)
        delivered.unsent.push({ target, outcomes })
        for (const outcome of outcomes)
          if (batch.session && outcome.kind === 'waiting')
            delivered.sessionWaits = Math.max(delivered.sessionWaits ?? 0, outcome.waitSeconds)
      }
    }
  }
  users.end()
  return delivered
}
