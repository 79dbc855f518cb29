import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { bytesBefore } from '../erasure/page.ts'
import type { PageTable } from '../erasure/page.ts'
import { letGoBy } from '../erasure/record.ts'
import type { ErasureReads, ErasureRecord, ErasureRecords, LetGo } from '../erasure/record.ts'
import { REGISTER_KEY, itemsOf, keyOf, sortable, unlessRefused } from './register-items.ts'
import type { Client, Item } from './register-items.ts'

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
      for await (const items of itemsOf(client, table, { partition: PAGES, from: sortable(from) }))
        yield items.map((item) => ({
          number: Number(item[REGISTER_KEY.sort]?.S),
          bytes: item.bytes?.B ?? new Uint8Array(),
        }))
    },
    write: async (page, added) => {
      const { number, bytes } = page
      const before = bytesBefore(page, added)
      const condition =
        before === 0
          ? { ConditionExpression: `attribute_not_exists(${REGISTER_KEY.sort})` }
          : {
              ConditionExpression: 'filled = :before',
              ExpressionAttributeValues: { ':before': { N: String(before) } },
            }
      const Item = { ...keyOf(PAGES, sortable(number)), bytes: { B: bytes }, filled: { N: String(bytes.length) } }
      const written = await unlessRefused(client.send(new PutItemCommand({ TableName: table, Item, ...condition })))
      return written !== undefined
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
    note: async ({ id, destination, audienceId, ...places }) => {
      // A set in the table is never empty.
      const told = (['done', 'takenBack'] as const).filter((what) => (places[what] ?? []).length > 0)
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(progressPartition(id), `${destination}#${audienceId}`),
          UpdateExpression: `ADD ${told.map((what) => `${what} :${what}`).join(', ')}`,
          ExpressionAttributeValues: Object.fromEntries(
            told.map((what) => [`:${what}`, { NS: (places[what] ?? []).map(String) }]),
          ),
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
        for (const { [REGISTER_KEY.sort]: key, done, takenBack } of items) {
          const [destination = '', audienceId = ''] = key?.S?.split('#') ?? []
          letGo.push({ destination, audienceId, ...letGoBy(done?.NS ?? [], takenBack?.NS ?? []) })
        }
      return letGo
    },
  }
}

function recordIn(item: Item): ErasureRecord {
  const record = JSON.parse(item.record?.S ?? '{}') as Omit<ErasureRecord, 'id'>
  return { id: item[REGISTER_KEY.sort]?.S ?? '', ...record }
}
