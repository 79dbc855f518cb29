import { ConditionalCheckFailedException, QueryCommand } from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient, QueryCommandOutput } from '@aws-sdk/client-dynamodb'

/** The attributes of the table's key. The stack creates the table with these. */
export const REGISTER_KEY = { partition: 'audience', sort: 'recorded' } as const

export type Client = Pick<DynamoDBClient, 'send'>
export type Item = Record<string, AttributeValue>

export function keyOf(partition: string, sort: string): Item {
  return { [REGISTER_KEY.partition]: { S: partition }, [REGISTER_KEY.sort]: { S: sort } }
}

/** The key of an audience's head. */
export function headKey(audienceId: string): Item {
  return keyOf(`head#${audienceId}`, 'head')
}

/** The attribute by which DynamoDB ends items. The stack creates the table with it. */
export const REGISTER_EXPIRY = 'expiresAt'

/**
 * How long items are kept. Queues keep messages for 4 days and dead letters for 14, so this leaves a month for
 * redriving.
 */
const KEPT_SECONDS = 60 * 24 * 3600

/** When an item ends that is written now (ms since 1970). */
export function expiry(now: number): AttributeValue {
  return number(now / 1000 + KEPT_SECONDS)
}

/** A whole number as an attribute. */
export function number(value: number): AttributeValue {
  return { N: String(Math.floor(value)) }
}

/** A number as a text of the same order: numbers with equally many digits have the same order as texts. */
export function sortable(number: number): string {
  return String(Math.max(0, Math.floor(number))).padStart(15, '0')
}

/** Which items of a partition to read, and in which order. `most` is how many a page has at most. */
type Wanted = { partition: string; from?: string; to?: string | undefined; newestFirst?: boolean; most?: number }

/** The items of a partition, page by page, strongly consistent. */
export async function* itemsOf(client: Client, table: string, wanted: Wanted): AsyncIterable<Item[]> {
  const { partition, from, to, newestFirst = false, most } = wanted
  const condition = [
    `${REGISTER_KEY.partition} = :partition`,
    ...(from === undefined ? [] : [`${REGISTER_KEY.sort} >= :from`]),
    ...(to === undefined ? [] : [`${REGISTER_KEY.sort} <= :to`]),
  ]
  let start: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: condition.join(' AND '),
        ExpressionAttributeValues: {
          ':partition': { S: partition },
          ...(from !== undefined && { ':from': { S: from } }),
          ...(to !== undefined && { ':to': { S: to } }),
        },
        ScanIndexForward: !newestFirst,
        ...(most !== undefined && { Limit: most }),
        ...(start && { ExclusiveStartKey: start }),
      }),
    )
    if (page.Items && page.Items.length > 0) yield page.Items
    start = page.LastEvaluatedKey
  } while (start)
}

/** What a conditional write answers; undefined when its condition did not hold. */
export async function unlessRefused<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}
