import type { SQSRecord } from 'aws-lambda'
import { toBatches } from '../../lib/audience/batch.ts'
import type { Batch } from '../../lib/audience/batch.ts'
import { toChanges } from '../../lib/audience/collect.ts'
import { toOperations, unmappedPart } from '../../lib/audience/operation.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import type { Sent } from '../../lib/outcome.ts'
import { SESSION_RECEIVES, waitSeconds } from '../../lib/retry/schedule.ts'
import { decodeMessage, toQueueJson } from '../../lib/track/message.ts'
import type { QueueMessage } from '../../lib/track/message.ts'
import type { SessionFields } from '../../lib/track/session.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { sendChanges } from './send.ts'
import { store } from './store.ts'
import type { Unusable } from './store.ts'

/** What waited this long goes on without its session, or the session would end before it. */
const SESSION_PATIENCE_SECONDS = 3600

/**
 * Handles messages of the session queue. The batches of a session reach Meta in order: when one must wait, the later
 * ones of its group are not sent, and all of them come back together. Answers the ids of the messages that wait.
 */
export async function handleSessions(
  records: readonly SQSRecord[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  const groups = Map.groupBy(records, ({ attributes, messageId }) => attributes.MessageGroupId ?? messageId)
  const failed = await Promise.all([...groups.values()].map((group) => handleGroup(group, invocation, dependencies)))
  return failed.flat()
}

async function handleGroup(
  records: readonly SQSRecord[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  for (const [index, record] of records.entries()) {
    const waitFor = await handleRecord(record, invocation, dependencies).catch((error: unknown) => {
      dependencies.log('error', 'unexpected_error', { reason: error instanceof Error ? error.name : 'unknown' })
      return waitSeconds(0, 0, dependencies.random)
    })
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
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<number | undefined> {
  const { settings, clock, random, log } = dependencies
  const { body, messageId, attributes } = record
  const storeAll = async (sent: readonly Sent[], unusable: readonly Unusable[]) =>
    (await store(sent, unusable, dependencies)) ? undefined : waitSeconds(0, 0, random)
  const message = decodeMessage(body)
  if (!message) return storeAll([], [{ body, reason: 'undecodable' }])
  const unmapped = unmappedPart(message, settings)
  const unusable: Unusable[] = unmapped ? [{ body: toQueueJson(unmapped), reason: 'event_unmapped' }] : []
  const notInSession = (reason: NotInSession) => {
    for (const event of message.events) log('warn', 'session_not_sent', { messageId: event.messageId, reason })
  }
  const ageSeconds = (clock() - message.receivedAt) / 1000
  const patience = SESSION_PATIENCE_SECONDS - ageSeconds
  if (patience <= 0) notInSession('session_timed_out')
  const inSession = async (audienceId: string, direction: 'add' | 'remove', session: SessionFields) => {
    if (patience <= 0) return false
    const key = [audienceId, direction, session.sessionId].join('#')
    const isOpen = await invocation.uploadSessions.open(key, session, messageId)
    if (!isOpen) notInSession('session_ended')
    return isOpen
  }
  const { sent, sessionWaits } = await deliverBatches(message, { inSession, notInSession }, invocation, dependencies)
  if (sessionWaits === undefined) return storeAll(sent, unusable)
  // On the last receive the users must be stored elsewhere, or SQS moves the message.
  if (Number(attributes.ApproximateReceiveCount) >= SESSION_RECEIVES) {
    notInSession('session_receives_used_up')
    return storeAll(sent, unusable)
  }
  return Math.min(waitSeconds(ageSeconds, sessionWaits, random), Math.max(1, patience))
}

type Delivered = {
  sent: Sent[]
  /** What Meta asks to wait before the session's batch is sent again; undefined when it need not be. */
  sessionWaits: number | undefined
}

type NotInSession = 'session_timed_out' | 'session_receives_used_up' | 'session_ended' | 'session_refused'

type Sessions = {
  inSession: (audienceId: string, direction: 'add' | 'remove', session: SessionFields) => Promise<boolean>
  notInSession: (reason: NotInSession) => void
}

/** Sends a message's users, one batch after the other, in their session or without it. */
async function deliverBatches(
  message: QueueMessage,
  { inSession, notInSession }: Sessions,
  invocation: Invocation,
  { settings, rowsOf, deliver, report }: ConsumerDependencies,
): Promise<Delivered> {
  const users = report.users()
  const delivered: Delivered = { sent: [], sessionWaits: undefined }
  for (const operation of toOperations(message, settings)) {
    const { destination, direction, session } = operation
    const { schema, toRow } = rowsOf(destination.name)
    const changes = toChanges(operation, { schema, toRow }, users.report)
    if (changes.length === 0) continue
    for (const audienceId of operation.audienceIds) {
      const isOpen = session !== undefined && (await inSession(audienceId, direction, session))
      const plain = { destination, audienceId, direction, schema }
      const target = { ...plain, ...(isOpen && { session }) }
      const sent = await sendChanges(target, changes, invocation, deliver)
      const refused = isOpen ? sent[direction].filter(({ kind }) => kind === 'rejected') : []
      if (refused.length > 0) {
        // It may be the session that Meta refuses, such as one whose id is in use elsewhere in the ad account.
        notInSession('session_refused')
        const again = refused.flatMap((outcome) => outcome.changes)
        delivered.sent.push(await sendChanges(plain, again, invocation, deliver))
      }
      const settled = { ...sent, [direction]: sent[direction].filter((outcome) => !refused.includes(outcome)) }
      delivered.sent.push(settled)
      const wait = waitOf(toBatches(target, changes), settled[direction])
      if (wait !== undefined) delivered.sessionWaits = Math.max(delivered.sessionWaits ?? 0, wait)
    }
  }
  users.end()
  return delivered
}

/**
 * The longest wait of users whom the session still needs. Those who were sent outside of it, and those whom Meta took
 * and who must only be sent once more, do not hold it up.
 */
function waitOf(batches: readonly Batch[], outcomes: readonly Outcome[]): number | undefined {
  const missing = new Set(batches.flatMap(({ session, changes }) => (session ? changes : [])))
  for (const outcome of outcomes)
    if (outcome.kind === 'delivered') for (const change of outcome.changes) missing.delete(change)
  const waits = outcomes.flatMap((outcome) =>
    outcome.kind === 'waiting' && outcome.changes.some((change) => missing.has(change)) ? [outcome.waitSeconds] : [],
  )
  return waits.length > 0 ? Math.max(...waits) : undefined
}
