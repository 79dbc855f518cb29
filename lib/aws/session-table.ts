import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { UploadSessionTable } from '../session/upload-session.ts'
import { REGISTER_EXPIRY, REGISTER_KEY } from './register-table.ts'

/** How long sessions are kept. Queues keep messages for 4 days, and an older session is over in any case. */
const KEPT_SECONDS = 5 * 24 * 3600

/** Upload sessions in the register's table. Each is one item in a partition of its own. */
export function createUploadSessionTable(client: Pick<DynamoDBClient, 'send'>, table: string): UploadSessionTable {
  const keyOf = (session: string) => ({
    [REGISTER_KEY.partition]: { S: `session#${session}` },
    [REGISTER_KEY.sort]: { S: 'session' },
  })
  return {
    read: async (session) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: keyOf(session), ConsistentRead: true }),
      )
      const endedBy = Item?.endedBy?.S
      return Item && { startedAt: Number(Item.startedAt?.N), ...(endedBy !== undefined && { endedBy }) }
    },
    write: async (session, { startedAt, endedBy }) => {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            ...keyOf(session),
            startedAt: { N: String(startedAt) },
            ...(endedBy !== undefined && { endedBy: { S: endedBy } }),
            [REGISTER_EXPIRY]: { N: String(Math.floor(startedAt / 1000) + KEPT_SECONDS) },
          },
        }),
      )
    },
  }
}
