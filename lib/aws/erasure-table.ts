import {
  ConditionalCheckFailedException,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient, QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import type { PageTable } from '../erasure/page.ts'
import type { ErasureProgress, ErasureRecord, ErasureRecords } from '../erasure/record.ts'
import { REGISTER_KEY } from './register-table.ts'

type Client = Pick<DynamoDBClient, 'send'>
type Item = Record<string, AttributeValue>

// These items have no expiry: an erasure is remembered without end.
const PAGES = 'erased'
const RECORDS = 'erasures'
export const ERASURE_PARTITIONS = [PAGES, RECORDS]

/** The list of erased people in the register's table: a partition with an item for each page. */
export function createPageTable(client: Client, table: string): PageTable {
  return {
    read: async function* (from) {
      for await (const items of itemsOf(client, table, PAGES, padded(from)))
        yield items.map((item) => ({
          number: Number(item[REGISTER_KEY.sort]?.S),
          bytes: item.bytes?.B ?? new Uint8Array(),
        }))
    },
    write: async ({ number, bytes }, bytesBefore) => {
      try {
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: { ...keyOf(PAGES, padded(number)), bytes: { B: bytes }, filled: { N: String(bytes.length) } },
            ...(bytesBefore === 0
              ? { ConditionExpression: `attribute_not_exists(${REGISTER_KEY.sort})` }
              : {
                  ConditionExpression: 'filled = :before',
                  ExpressionAttributeValues: { ':before': { N: String(bytesBefore) } },
                }),
          }),
        )
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
  }
}

/** The records of erasures in the register's table, and what each audience has let go. */
export function createErasureRecords(client: Client, table: string): ErasureRecords {
  return {
    write: async ({ id, at, ...record }) => {
      const Item = { ...keyOf(RECORDS, `${padded(at)}#${id}`), record: { S: JSON.stringify(record) } }
      await client.send(new PutItemCommand({ TableName: table, Item }))
    },
    note: async ({ id, destination, audienceId, done }) => {
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(`erasure#${id}`, `${destination}#${audienceId}`),
          UpdateExpression: 'ADD done :done',
          ExpressionAttributeValues: { ':done': { NS: done.map(String) } },
        }),
      )
    },
  }
}

/** All recorded erasures, the oldest first. */
export async function readErasures(client: Client, table: string): Promise<ErasureRecord[]> {
  const records: ErasureRecord[] = []
  for await (const items of itemsOf(client, table, RECORDS, ''))
    for (const item of items) {
      const [at, id = ''] = item[REGISTER_KEY.sort]?.S?.split('#') ?? []
      const record = JSON.parse(item.record?.S ?? '{}') as Omit<ErasureRecord, 'id' | 'at'>
      records.push({ id, at: Number(at), ...record })
    }
  return records
}

/** What the audiences have let go of an erasure. */
export async function readProgress(client: Client, table: string, id: string): Promise<ErasureProgress[]> {
  const progress: ErasureProgress[] = []
  for await (const items of itemsOf(client, table, `erasure#${id}`, ''))
    for (const item of items) {
      const [destination = '', audienceId = ''] = item[REGISTER_KEY.sort]?.S?.split('#') ?? []
      progress.push({ id, destination, audienceId, done: item.done?.NS?.map(Number) ?? [] })
    }
  return progress
}

async function* itemsOf(client: Client, table: string, partition: string, from: string): AsyncIterable<Item[]> {
  let start: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression:
          from === ''
            ? `${REGISTER_KEY.partition} = :partition`
            : `${REGISTER_KEY.partition} = :partition AND ${REGISTER_KEY.sort} >= :from`,
        ExpressionAttributeValues: { ':partition': { S: partition }, ...(from !== '' && { ':from': { S: from } }) },
        ...(start && { ExclusiveStartKey: start }),
      }),
    )
    if (page.Items && page.Items.length > 0) yield page.Items
    start = page.LastEvaluatedKey
  } while (start)
}

function keyOf(partition: string, sort: string): Item {
  return { [REGISTER_KEY.partition]: { S: partition }, [REGISTER_KEY.sort]: { S: sort } }
}

// Numbers with equally many digits have the same order as texts.
function padded(number: number): string {
  return String(Math.floor(number)).padStart(15, '0')
}
