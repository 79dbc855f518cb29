import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { UploadSessionTable } from '../session/upload-session.ts'
import { REGISTER_EXPIRY, keyOf } from './register-items.ts'
import type { Client } from './register-items.ts'

/** How long sessions are kept. Queues keep messages for 4 days, and an older session is over in any case. */
const KEPT_SECONDS = 5 * 24 * 3600

/** Upload sessions in the register's table. Each is one item in a partition of its own. */
export function createUploadSessionTable(client: Client, table: string): UploadSessionTable {
  const keyOfSession = (session: string) => keyOf(`session#${session}`, 'session')
  return {
    read: async (session) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: keyOfSession(session), ConsistentRead: true }),
      )
      const endedBy = Item?.endedBy?.S
      return Item && { startedAt: Number(Item.startedAt?.N), ...(endedBy !== undefined && { endedBy }) }
    },
    write: async (session, { startedAt, endedBy }) => {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            ...keyOfSession(session),
            startedAt: { N: String(startedAt) },
            ...(endedBy !== undefined && { endedBy: { S: endedBy } }),
            [REGISTER_EXPIRY]: { N: String(Math.floor(startedAt / 1000) + KEPT_SECONDS) },
          },
        }),
      )
    },
  }
}
