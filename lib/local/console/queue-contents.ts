import { identifiersOf } from '../../audience/identifiers.ts'
import { toChanges } from '../../audience/lot.ts'
import { toOperations } from '../../audience/operation.ts'
import { createRowBuilder } from '../../audience/row.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import type { StoredMessage } from '../../emulator/aws/queue-service.ts'
import type { Change, Direction } from '../../audience/change.ts'
import { decodeRows } from '../../retry/message.ts'
import { decodeMessage } from '../../track/message.ts'

/** The people of a message who go to one audience in one direction. */
export type Content = {
  destination: string
  audience: string
  direction: Direction
  people: number
  /** The first of them: what names each, and when its event happened. */
  rows: readonly { identifiers: readonly string[]; at: number }[]
}

/** What is in a message, without anything of the people but 16 digits of hashes. */
export type MessageContent = { contents: readonly Content[]; thenWait: number }

/** So many rows of each audience are kept. */
const KEPT_ROWS = 200

/** Users of a message of events that are made into rows. */
const MOST_USERS = 1_000

/** Reads messages of any queue. Each is read once, for as long as it is in its queue. */
export type ContentReader = (queue: string, messages: readonly StoredMessage[]) => ReadonlyMap<string, MessageContent>

/** Compiles the settings to a reader that remembers what it has read. */
export function createContentReader(settings: Destinations, clock: () => number): ContentReader {
  const builders = new Map(settings.destinations.map((each) => [each.name, createRowBuilder(each, clock)]))
  const known = new Map<string, Map<string, MessageContent>>()

  function ofRows(body: string): MessageContent | undefined {
    const rows = decodeRows(body)
    if (!rows) return undefined
    const { destination, audienceIds, schema, thenWait = 0 } = rows
    const contents = audienceIds.flatMap((audience) =>
      (['remove', 'add'] as const).flatMap((direction) => {
        const changes = rows[direction]
        const first = changes.slice(0, KEPT_ROWS)
        const kept = first.map(({ cells, at }) => ({ identifiers: identifiersOf(schema, cells), at }))
        return changes.length > 0 ? [{ destination, audience, direction, people: changes.length, rows: kept }] : []
      }),
    )
    return { contents, thenWait }
  }

  function ofEvents(body: string): MessageContent | undefined {
    const message = decodeMessage(body)
    if (!message) return undefined
    let left = MOST_USERS
    const contents = toOperations(message, settings).flatMap((operation) => {
      const { destination, audienceIds, direction, users } = operation
      const builder = builders.get(destination.name)
      const some = { ...operation, users: users.slice(0, Math.min(left, KEPT_ROWS)) }
      left -= some.users.length
      const changes: Change[] = builder ? toChanges(some, builder).changes : []
      const rows = changes.map(({ identifiers, at }) => ({ identifiers, at }))
      return audienceIds.map((audience) => ({
        ...{ destination: destination.name, audience, direction, people: users.length, rows },
      }))
    })
    return { contents, thenWait: 0 }
  }

  return (queue, messages) => {
    const before = known.get(queue)
    const now = new Map(
      messages.map(({ messageId, body }) => [
        messageId,
        before?.get(messageId) ?? ofRows(body) ?? ofEvents(body) ?? { contents: [], thenWait: 0 },
      ]),
    )
    known.set(queue, now)
    return now
  }
}
