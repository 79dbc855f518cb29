import * as v from 'valibot'
import type { Direction } from '../audience/change.ts'
import { toOperations } from '../audience/operation.ts'
import { createToRow } from '../audience/row.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import type { QueueService, StoredMessage } from '../emulator/aws/queue-service.ts'
import { queueNameOf } from '../emulator/aws/call.ts'
import { removalRows } from '../erasure/removal-rows.ts'
import { decodeRows } from '../retry/message.ts'
import { decodeMessage } from '../track/message.ts'
import type { StackResources } from './template.ts'

/** The queues in which people are, by the outputs that are their addresses. */
const QUEUES = {
  TrackQueueUrl: 'track',
  RemovalQueueUrl: 'removal',
  SessionQueueUrl: 'session',
  RetryQueueUrl: 'retry',
  DeadLettersUrl: 'dead letters',
  SessionDeadLettersUrl: 'dead letters',
} as const

/** A message with somebody who is looked for: on the way, waiting, or given up. `at` is the time of the event. */
export type FoundPerson = {
  queue: (typeof QUEUES)[keyof typeof QUEUES]
  destination: string
  audience: string
  direction: Direction
  at: number
  /** Why it was given up. */
  reason?: string
}

const ASKED = v.object({ identifiers: v.array(v.string()) })

type Running = {
  outputs: StackResources['outputs']
  service: Pick<QueueService, 'messages'>
  settings: Destinations
  clock: () => number
}

/**
 * Finds the messages that are about any of these identifiers (see `identifiersOf`), without receiving them: the answer
 * to POST /_local/find. For a body of another form nobody is found.
 */
export async function findPerson(body: unknown, running: Running): Promise<{ found: FoundPerson[] }> {
  const asked = v.safeParse(ASKED, body)
  const wanted = new Set(asked.success ? asked.output.identifiers : [])
  const found = await Promise.all(
    Object.entries(QUEUES).map(async ([output, queue]) => {
      const messages = await running.service.messages(queueNameOf(running.outputs[output] ?? ''))
      return messages.flatMap((message) =>
        peopleIn(message, running)
          .filter(({ identifiers }) => identifiers.some((each) => wanted.has(each)))
          .map(({ identifiers: _, ...person }) => ({ queue, ...person, ...reasonOf(message) })),
      )
    }),
  )
  return { found: found.flat() }
}

type PersonInMessage = Omit<FoundPerson, 'queue' | 'reason'> & { identifiers: readonly string[] }

function peopleIn({ body }: StoredMessage, { settings, clock }: Running): PersonInMessage[] {
  const rows = decodeRows(body)
  if (rows)
    return (['add', 'remove'] as const).flatMap((direction) =>
      rows[direction].flatMap(({ at, identifiers }) =>
        rows.audienceIds.map((audience) => ({ destination: rows.destination, audience, direction, at, identifiers })),
      ),
    )
  const message = decodeMessage(body)
  if (!message) return []
  return toOperations(message, settings).flatMap(({ destination, audienceIds, direction, at, users, isErasure }) => {
    const toRow = createToRow(destination, clock)
    const erased = removalRows(destination, clock)
    return users.flatMap((user) => {
      const result = toRow(user)
      const made = isErasure ? erased.toRows(user) : 'row' in result ? [result.row] : []
      return made.flatMap(({ identifiers }) =>
        audienceIds.map((audience) => ({ destination: destination.name, audience, direction, at, identifiers })),
      )
    })
  })
}

function reasonOf({ messageAttributes: { reason } }: StoredMessage): { reason?: string } {
  return reason?.StringValue === undefined ? {} : { reason: reason.StringValue }
}
