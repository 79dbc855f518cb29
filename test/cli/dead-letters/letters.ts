import { createHash } from 'node:crypto'
import { createSendMessages } from '../../../lib/aws/queue.ts'
import { asDeadLetters } from '../../../lib/retry/give-up.ts'
import { destinationsOf } from '../../support/settings.ts'
import { packMessages } from '../../../lib/track/message.ts'
import type { QueueEntry, UserList } from '../../../lib/track/message.ts'
import type { SQSClient } from '@aws-sdk/client-sqs'

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export const NOON = Date.UTC(2026, 10, 27, 12)

type About = { reason?: string; audience?: string; direction?: 'add' | 'remove'; at?: number; erasure?: string }

/** The dead letter that the consumer writes when it gives these people up. */
export function givenUp(emails: readonly string[], about: About & { audience: string }): QueueEntry[] {
  const { reason = 'graph_190_463', audience, direction = 'add', at = NOON, erasure } = about
  const [destination] = destinationsOf({ userSchema: ['EMAIL'] })
  if (!destination) throw new Error('no destination')
  const changes = emails.map((email) => {
    const hash = sha256(email)
    return { cells: [hash], identifiers: [], at: at - 3_600_000, ...(erasure !== undefined && { erasure }) }
  })
  const lot = { destination, audienceIds: [audience], schema: ['EMAIL' as const], add: [], remove: [] }
  return asDeadLetters({ lot, audienceId: audience }, direction, changes, { reason }, at)
}

/** What ingest queues: SQS itself moves it to the dead letters when a consumer crashes on it. */
export function crashed(lists: readonly Partial<UserList>[], receivedAt = NOON) {
  return packMessages(
    'server',
    receivedAt,
    lists.map((list, place) => ({
      messageId: `event-${place}`,
      name: 'USER_ADD',
      at: receivedAt,
      direction: 'add',
      users: [],
      ...list,
    })),
  )
}

const waiting = { sleep: () => Promise.resolve(), random: Math.random }

/** Puts messages into a queue, with the real client. */
export async function put(client: SQSClient, url: string, entries: Iterable<QueueEntry>): Promise<void> {
  const stored = await createSendMessages(client, url, waiting)(entries)
  if (!stored.ok) throw new Error(stored.reason)
}
