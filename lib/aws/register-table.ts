import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient, QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import type { RegisterItem, RegisterTable } from '../register/register.ts'

/** Nothing waits longer: queues keep messages for 4 days, dead letters for 14, and whoever redrives them has a month. */
const KEPT_SECONDS = 60 * 24 * 3600

/** The attributes of the table's key; the stack creates it with these. */
export const REGISTER_KEY = { partition: 'audience', sort: 'recorded' } as const
export const REGISTER_EXPIRY = 'expiresAt'

/** The register in DynamoDB: the partition is an audience and direction, the order is the time of writing. */
export function createRegisterTable(client: Pick<DynamoDBClient, 'send'>, table: string): RegisterTable {
  let written = 0
  return {
    append: async ({ audienceId, direction, recordedAt, writer, entries }) => {
      written += 1
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            audience: { S: `${audienceId}#${direction}` },
            recorded: { S: `${sortable(recordedAt)}#${writer}#${String(written)}` },
            writer: { S: writer },
            entries: { B: entries },
            [REGISTER_EXPIRY]: { N: String(Math.floor(recordedAt / 1000) + KEPT_SECONDS) },
          },
        }),
      )
    },
    read: async function* (audienceId, direction, since) {
      let start: QueryCommandOutput['LastEvaluatedKey']
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName: table,
            ConsistentRead: true,
            ScanIndexForward: false,
            KeyConditionExpression: 'audience = :audience AND recorded >= :since',
            ExpressionAttributeValues: {
              ':audience': { S: `${audienceId}#${direction}` },
              ':since': { S: sortable(since) },
            },
            ...(start && { ExclusiveStartKey: start }),
          }),
        )
        for (const item of page.Items ?? []) yield toItem(audienceId, direction, item)
        start = page.LastEvaluatedKey
      } while (start)
    },
  }
}

function toItem(
  audienceId: string,
  direction: RegisterItem['direction'],
  item: NonNullable<QueryCommandOutput['Items']>[number],
): RegisterItem {
  return {
    audienceId,
    direction,
    recordedAt: Number(item.recorded?.S?.split('#')[0]),
    writer: item.writer?.S ?? '',
    entries: item.entries?.B ?? new Uint8Array(),
  }
}

// Digits of equal number order as text as they do as numbers.
function sortable(ms: number): string {
  return String(Math.max(0, Math.floor(ms))).padStart(15, '0')
}
