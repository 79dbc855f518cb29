import { BatchWriteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { BatchWriteItemCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReceiptTable } from '../../lib/aws/receipt-table.ts'
import type { NamedReceipt } from '../../lib/aws/receipt-table.ts'
import { NOON } from '../graph-api/builders.ts'
import { startLocalTable } from './local-table.ts'

let client: DynamoDBClient
let close: () => Promise<void>
beforeAll(async () => {
  ;({ client, close } = await startLocalTable())
})
afterAll(() => close())

let audiences = 0
const anAudience = () => `receipts-${(audiences += 1)}`
const receipts = (audienceId: string, count: number): NamedReceipt[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `turn-${index}`,
    audienceId,
    at: NOON + Math.floor(index / 2),
    destination: 'main',
    direction: 'add',
    count: index,
    outcome: 'delivered',
    invalid: 0,
    ms: 5,
  }))
const told = ({ id: _, ...receipt }: NamedReceipt) => receipt
const signal = () => new AbortController().signal
const ALL = { from: 0, most: 1_000 }

/** The real client, and how many writes each batch had. `leaves`: how many of a call's writes are left undone. */
function watched(leaves: readonly number[] = []) {
  const calls: number[] = []
  const send = async (command: { input: BatchWriteItemCommandInput }, ...more: []) => {
    if (!(command instanceof BatchWriteItemCommand)) return client.send(command as never, ...more)
    const writes = command.input.RequestItems?.register ?? []
    const left = leaves[calls.length] ?? 0
    calls.push(writes.length)
    const done = writes.slice(left)
    if (done.length > 0) await client.send(new BatchWriteItemCommand({ RequestItems: { register: done } }), ...more)
    return left > 0 ? { UnprocessedItems: { register: writes.slice(0, left) } } : {}
  }
  const sleeps: number[] = []
  const sleep = (ms: number) => Promise.resolve(void sleeps.push(ms))
  const table = createReceiptTable({ send }, 'register', { sleep, random: () => 0.5 })
  return { calls, sleeps, table }
}

describe('receipts', () => {
  it('go into the register 25 at a time: 60 in three calls, those of one millisecond too', async () => {
    const [{ calls, table }, id] = [watched(), anAudience()]
    const all = receipts(id, 60)
    expect(await table.write(all, signal())).toEqual({ lost: 0 })
    expect(calls).toEqual([25, 25, 10])
    const newest = await table.newest(id, ALL)
    expect(newest.map(({ count }) => count).sort((a, b) => a - b)).toEqual(all.map(({ count }) => count))
  })

  it('come back as they were, the newest first, from a time on, and no more than asked for', async () => {
    const [{ table }, id] = [watched(), anAudience()]
    const [one, two, three] = [0, 1, 2].map((minute): NamedReceipt => ({
      ...{ id: 'x', audienceId: id, at: NOON + minute * 60_000, destination: 'main', direction: 'remove' },
      ...{ count: 7, outcome: 'graph_190_463', invalid: 3, ms: 250, fbtraceId: 'A+b/c=_-' },
      session: { id: '9223372036854775807', batch: 2 },
    })) as [NamedReceipt, NamedReceipt, NamedReceipt]
    await table.write([two, three, one, ...receipts(anAudience(), 1)], signal())
    expect(await table.newest(id, ALL)).toEqual([three, two, one].map(told))
    expect(await table.newest(id, { from: NOON + 60_000, most: 10 })).toEqual([three, two].map(told))
    expect(await table.newest(id, { from: 0, most: 2 })).toEqual([three, two].map(told))
    expect(await table.first(id, { from: NOON + 1, most: 1 })).toEqual([two].map(told))
    expect(await table.first(id, ALL)).toEqual([one, two, three].map(told))
  })

  it('are each one write of DynamoDB, of 1 KB at most, however long their names, and end after 60 days', async () => {
    const [{ table }, id] = [watched(), anAudience()]
    const [receipt] = receipts(id, 1) as [NamedReceipt]
    const long = { destination: 'd'.repeat(100), outcome: 'graph_2650_1870145', fbtraceId: 'A'.repeat(100) }
    await table.write([{ ...receipt, ...long, id: crypto.randomUUID() }], signal())
    const { Items = [] } = await client.send(new ScanCommand({ TableName: 'register' }))
    const item = Items.find(({ audience }) => audience?.S === `receipt#${id}`)
    expect(JSON.stringify(item).length).toBeLessThan(1024)
    expect(item?.expiresAt).toEqual({ N: String(NOON / 1000 + 60 * 24 * 3600) })
  })

  it('that DynamoDB leaves undone are written once more, after a pause, and those alone', async () => {
    const [{ calls, sleeps, table }, id] = [watched([10]), anAudience()]
    expect(await table.write(receipts(id, 20), signal())).toEqual({ lost: 0 })
    expect([calls, sleeps]).toEqual([[20, 10], [150]])
    expect(await table.newest(id, ALL)).toHaveLength(20)
  })

  it('that DynamoDB leaves undone twice are counted as lost, and the others are there', async () => {
    const [{ calls, table }, id] = [watched([10, 4]), anAudience()]
    expect(await table.write(receipts(id, 20), signal())).toEqual({ lost: 4, reason: 'UnprocessedItems' })
    expect(calls).toEqual([20, 10])
    expect(await table.newest(id, ALL)).toHaveLength(16)
  })

  it('are all counted when the table is not there', async () => {
    const table = createReceiptTable(client, 'elsewhere', { sleep: () => Promise.resolve(), random: () => 0 })
    expect(await table.write(receipts(anAudience(), 300), signal())).toEqual({
      lost: 300,
      reason: 'ResourceNotFoundException',
    })
  })

  it('are not begun after the signal, and all are counted', async () => {
    const { table } = watched()
    expect(await table.write(receipts(anAudience(), 30), AbortSignal.abort())).toEqual({
      lost: 30,
      reason: 'out_of_time',
    })
  })
})
