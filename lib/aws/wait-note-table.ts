import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { WaitNote } from '../register/wait-note.ts'
import { REGISTER_EXPIRY, expiry, headKey, number } from './register-items.ts'
import type { Client } from './register-items.ts'

export type WaitNoteTable = {
  /** Writes a note in place of the last one about its audience, until the signal. Rejects when it cannot. */
  write: (note: WaitNote, signal: AbortSignal) => Promise<void>
  /** The last note about an audience, which may be over. Undefined if it never waited, or not for 60 days. */
  read: (audienceId: string) => Promise<WaitNote | undefined>
}

/**
 * Why audiences wait: an attribute of their heads, beside those that decide who may send. A head that only has a note
 * is taken as a new one.
 */
export function createWaitNoteTable(client: Client, table: string): WaitNoteTable {
  return {
    write: async ({ audienceId, at, destination, reason, since, until }, signal) => {
      const note = {
        at: number(at),
        destination: { S: destination },
        reason: { S: reason },
        since: number(since),
        until: number(until),
      }
      const command = new UpdateItemCommand({
        TableName: table,
        Key: headKey(audienceId),
        UpdateExpression: `SET waits = :waits, ${REGISTER_EXPIRY} = :expiresAt`,
        ExpressionAttributeValues: { ':waits': { M: note }, ':expiresAt': expiry(at) },
      })
      await client.send(command, { abortSignal: signal })
    },
    read: async (audienceId) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: headKey(audienceId), ConsistentRead: true }),
      )
      const note = Item?.waits?.M
      if (!note) return undefined
      const { at, destination, reason, since, until } = note
      return {
        audienceId,
        at: Number(at?.N),
        destination: destination?.S ?? '',
        reason: reason?.S ?? '',
        since: Number(since?.N),
        until: Number(until?.N),
      }
    },
  }
}
