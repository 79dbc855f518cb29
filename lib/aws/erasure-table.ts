import {
  ConditionalCheckFailedException,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient, QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import { bytesBefore } from '../erasure/page.ts'
import type { PageTable } from '../erasure/page.ts'
import type { ErasureReads, ErasureRecord, ErasureRecords, LetGo } from '../erasure/record.ts'
import { REGISTER_KEY } from './register-table.ts'

type Client = Pick<DynamoDBClient, 'send'>
type Item = Record<string, AttributeValue>

// These items have no expiry: an erasure is remembered without end.
const PAGES = 'erased'
const RECORDS = 'erasures'
export const ERASURE_PARTITIONS = [PAGES, RECORDS]

/** Where it is noted what the audiences have let go of an erasure. */
export function progressPartition(id: string): string {
  return `erasure#${id}`
}

/** The list of erased people in the register's table: a partition with an item for each page. */
export function createPageTable(client: Client, table: string): PageTable {
  return {
    read: async function* (from) {
      for await (const items of itemsOf(client, table, { partition: PAGES, from: padded(from) }))
        yield items.map((item) => ({
          number: Number(item[REGISTER_KEY.sort]?.S),
          bytes: item.bytes?.B ?? new Uint8Array(),
        }))
    },
    write: async (page, added) => {
      const { number, bytes } = page
      const before = bytesBefore(page, added)
      try {
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: { ...keyOf(PAGES, padded(number)), bytes: { B: bytes }, filled: { N: String(bytes.length) } },
            ...(before === 0
              ? { ConditionExpression: `attribute_not_exists(${REGISTER_KEY.sort})` }
              : {
                  ConditionExpression: 'filled = :before',
                  ExpressionAttributeValues: { ':before': { N: String(before) } },
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
    write: async ({ id, ...record }) => {
      const Item = { ...keyOf(RECORDS, id), record: { S: JSON.stringify(record) } }
      await client.send(new PutItemCommand({ TableName: table, Item }))
    },
    note: async ({ id, destination, audienceId, done }) => {
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(progressPartition(id), `${destination}#${audienceId}`),
          UpdateExpression: 'ADD done :done',
          ExpressionAttributeValues: { ':done': { NS: done.map(String) } },
        }),
      )
    },
  }
}

/** What is known of erasures in the register's table. */
export function createErasureReads(client: Client, table: string): ErasureReads {
  return {
    newest: async (most, upTo) => {
      const records: ErasureRecord[] = []
      const wanted = { partition: RECORDS, to: upTo, newestFirst: true, most }
      for await (const items of itemsOf(client, table, wanted)) {
        records.push(...items.map(recordIn))
        if (records.length >= most) break
      }
      return records.slice(0, most)
    },
    letGo: async (id) => {
      const letGo: LetGo[] = []
      for await (const items of itemsOf(client, table, { partition: progressPartition(id) }))
        for (const { [REGISTER_KEY.sort]: key, done } of items) {
          const [destination = '', audienceId = ''] = key?.S?.split('#') ?? []
          letGo.push({ destination, audienceId, done: done?.NS?.length ?? 0 })
        }
      return letGo
    },
  }
}

function recordIn(item: Item): ErasureRecord {
  const record = JSON.parse(item.record?.S ?? '{}') as Omit<ErasureRecord, 'id'>
  return { id: item[REGISTER_KEY.sort]?.S ?? '', ...record }
}

type Wanted = { partition: string; from?: string; to?: string | undefined; newestFirst?: boolean; most?: number }

/** The items of a partition, page by page. `most` is how many a page has at most. */
async function* itemsOf(client: Client, table: string, wanted: Wanted): AsyncIterable<Item[]> {
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

function keyOf(partition: string, sort: string): Item {
  return { [REGISTER_KEY.partition]: { S: partition }, [REGISTER_KEY.sort]: { S: sort } }
}

// Numbers with equally many digits have the same order as texts.
function padded(number: number): string {
  return String(Math.floor(number)).padStart(15, '0')
}
