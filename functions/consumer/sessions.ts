import type { SQSRecord } from 'aws-lambda'
import { lacksExternId } from '../../lib/audience/batch.ts'
import type { AudienceOperation } from '../../lib/audience/operation.ts'
import { stepFor, withJitter } from '../../lib/retry/schedule.ts'
import { SESSION_PATIENCE_SECONDS, SESSION_RECEIVES, busyWaitSeconds } from '../../lib/session/patience.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { readMessage } from './read-record.ts'
import type { ReadOperation } from './read-record.ts'
import { store } from './store.ts'
import type { Unusable } from './store.ts'
import { takeTurn } from './turn.ts'
import type { Turn } from './turn.ts'

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
      return withJitter(stepFor(0), dependencies.random)
    })
    if (waitFor === undefined) continue
    const waiting = records.slice(index)
    const hide = ({ receiptHandle }: SQSRecord) => dependencies.hideInSessionQueue(receiptHandle, waitFor)
    for (const done of await Promise.all(waiting.map(hide))) dependencies.report.hidden(done)
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
  const { report, clock, random, log } = dependencies
  const { body, attributes } = record
  const receives = Number(attributes.ApproximateReceiveCount)
  const storeAll = async (served: readonly Turn[], unusable: readonly Unusable[]) =>
    (await store(served, unusable, invocation, dependencies)) ? undefined : withJitter(stepFor(0), random)
  const message = decodeMessage(body)
  if (!message) return storeAll([], [{ body, reason: 'undecodable' }])
  const ageSeconds = (clock() - message.receivedAt) / 1000
  const patience = SESSION_PATIENCE_SECONDS - ageSeconds
  const notInSession = (reason: string) => {
    for (const { messageId } of message.events) log('warn', 'session_not_sent', { messageId, reason })
  }
  if (patience <= 0) notInSession('session_timed_out')

  const { read: operations, unusable } = readMessage(message, dependencies)
  const read = [...operations]
  report.users(read.flatMap(({ reports }) => reports))
  const turns: SessionTurn[] = []
  for (const each of read)
    turns.push(...(await takeTurns(each, invocation, dependencies, patience > 0 ? record.messageId : undefined)))
  for (const { turn } of turns) if (turn.notInSession) notInSession(turn.notInSession)

  const waits = patience > 0 ? turns.flatMap((each) => waitOf(each, ageSeconds, receives)) : []
  // On the last receive the users must be stored elsewhere, or SQS moves the message to the dead letters.
  if (waits.length > 0 && receives < SESSION_RECEIVES) {
    const longest = Math.max(...waits.map(({ seconds }) => seconds))
    const waitSeconds = Math.min(withJitter(longest, random), patience)
    for (const { seconds: _, ...held } of waits) report.sessionWaits({ ...held, waitSeconds, ageSeconds })
    return waitSeconds
  }
  if (waits.length > 0) notInSession('session_receives_used_up')
  return storeAll(
    turns.map(({ turn }) => turn),
    [...unusable, ...read.flatMap((each) => each.unusable)],
  )
}

type SessionTurn = { turn: Turn; operation: AudienceOperation }

/**
 * Sends an operation's users to its audiences. `messageId` is the queue message of the batch; undefined if the session
 * has no time left, so that its users are sent without it.
 */
async function takeTurns(
  { operation, lot }: ReadOperation,
  invocation: Invocation,
  dependencies: ConsumerDependencies,
  messageId: string | undefined,
): Promise<SessionTurn[]> {
  const { direction, session } = operation
  if (lot[direction].length === 0) return []
  const batch = messageId !== undefined && session ? { direction, fields: session, messageId } : undefined
  const turns: Turn[] = []
  for (const audienceId of lot.audienceIds)
    turns.push(...(await takeTurn(audienceId, [lot], invocation, dependencies, batch)))
  return turns.map((turn) => ({ turn, operation }))
}

/** Why and how long a batch waits. Users that were sent without the session do not delay it. */
function waitOf({ turn, operation }: SessionTurn, ageSeconds: number, receives: number) {
  const { session, direction } = operation
  if (!session || turn.notInSession) return []
  const waiting =
    'held' in turn
      ? [{ kind: 'held' as const, changes: turn.lot[direction], ...turn.held }]
      : turn[direction].filter(({ changes }) => changes.some((change) => !lacksExternId(turn.lot.schema, change)))
  return waiting.flatMap((outcome) => {
    if (outcome.kind === 'delivered' || outcome.kind === 'rejected') return []
    const isShort = outcome.kind === 'held' && outcome.since === undefined
    const step = isShort ? busyWaitSeconds(receives) : stepFor(ageSeconds)
    const { reason, changes, waitSeconds } = outcome
    const about = { destination: turn.lot.destination.name, audienceId: turn.audienceId, direction }
    return [{ ...about, reason, count: changes.length, seconds: Math.max(step, waitSeconds) }]
  })
}
