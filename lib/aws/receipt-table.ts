import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb'
import type { WriteRequest } from '@aws-sdk/client-dynamodb'
import type { Direction } from '../audience/change.ts'
import type { Receipt } from '../graph-api/receipt.ts'
import { inParallel } from './batch-call.ts'
import type { BackOff } from './batch-call.ts'
import { REGISTER_EXPIRY, REGISTER_KEY, expiry, itemsOf, keyOf, number, sortable } from './register-items.ts'
import type { Client, Item } from './register-items.ts'

/** DynamoDB: a batch has at most 25 writes. */
const MOST_ITEMS = 25

/** The wait before items that DynamoDB left undone are written once more; at least half of it. */
const BACK_OFF_MS = 200

/** A receipt, and what makes its key differ from those of the same millisecond. */
export type NamedReceipt = Receipt & { id: string }

/** How many receipts were not written, and the name of the first error. */
export type Written = { lost: number; reason?: string }

export type ReceiptTable = {
  /** Writes receipts until the signal. A failure is a value. */
  write: (receipts: readonly NamedReceipt[], signal: AbortSignal) => Promise<Written>
  /** The newest receipts of an audience, newest first: from this time on (ms since 1970), and at most so many. */
  newest: (audienceId: string, wanted: { from: number; most: number }) => Promise<Receipt[]>
  /** The first receipts of an audience from this time on, oldest first, and at most so many. */
  first: (audienceId: string, wanted: { from: number; most: number }) => Promise<Receipt[]>
}

/** The partition with the receipts of an audience, ordered by time. */
export function receiptPartition(audienceId: string): string {
  return `receipt#${audienceId}`
}

/** The receipts of audiences in the register's table. They expire as the log does. */
export function createReceiptTable(client: Client, table: string, waiting: BackOff): ReceiptTable {
  async function put(items: readonly WriteRequest[], signal: AbortSignal): Promise<readonly WriteRequest[]> {
    const command = new BatchWriteItemCommand({ RequestItems: { [table]: [...items] } })
    const { UnprocessedItems } = await client.send(command, { abortSignal: signal })
    return UnprocessedItems?.[table] ?? []
  }

  async function writeBatch(items: readonly WriteRequest[], signal: AbortSignal): Promise<Written & { whole?: true }> {
    let left = items
    try {
      left = await put(left, signal)
      if (left.length > 0) {
        await waiting.sleep((0.5 + waiting.random() / 2) * BACK_OFF_MS)
        left = await put(left, signal)
      }
      return left.length === 0 ? { lost: 0 } : { lost: left.length, reason: 'UnprocessedItems' }
    } catch (error) {
      return { lost: left.length, reason: nameOf(error, signal), whole: true }
    }
  }

  async function read(
    audienceId: string,
    { from, most }: { from: number; most: number },
    newestFirst: boolean,
  ): Promise<Receipt[]> {
    const receipts: Receipt[] = []
    const wanted = { partition: receiptPartition(audienceId), from: sortable(from), newestFirst, most }
    for await (const items of itemsOf(client, table, wanted)) {
      receipts.push(...items.map((item) => receiptIn(audienceId, item)))
      if (receipts.length >= most) break
    }
    return receipts.slice(0, most)
  }

  return {
    write: async (receipts, signal) => {
      // After a call that failed as a whole the others would fail too.
      const results = await inParallel(
        batchesOf(receipts),
        async (batch) => ({ tried: batch.length, ...(await writeBatch(batch.map(putOf), signal)) }),
        ({ whole }) => whole === true,
      )
      const written = results.reduce((sum, { tried, lost }) => sum + tried - lost, 0)
      const reason = results.find((result) => result.reason !== undefined)?.reason
      return { lost: receipts.length - written, ...(reason !== undefined && { reason }) }
    },
    newest: (audienceId, wanted) => read(audienceId, wanted, true),
    first: (audienceId, wanted) => read(audienceId, wanted, false),
  }
}

/** The name of an error; `out_of_time` if the signal was the reason. */
export function nameOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'out_of_time'
  return error instanceof Error ? error.name : 'unknown'
}

function* batchesOf<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += MOST_ITEMS) yield all.slice(start, start + MOST_ITEMS)
}

function putOf({ id, audienceId, at, ...receipt }: NamedReceipt): WriteRequest {
  const { destination, direction, count, outcome, invalid, ms, fbtraceId, session } = receipt
  const Item: Item = {
    ...keyOf(receiptPartition(audienceId), `${sortable(at)}#${id}`),
    destination: { S: destination },
    direction: { S: direction },
    count: number(count),
    outcome: { S: outcome },
    invalid: number(invalid),
    ms: number(ms),
    ...(fbtraceId !== undefined && { fbtraceId: { S: fbtraceId } }),
    ...(session && { sessionId: { S: session.id }, batch: number(session.batch) }),
    [REGISTER_EXPIRY]: expiry(at),
  }
  return { PutRequest: { Item } }
}

/** The receipt in an item of an audience's partition. */
export function receiptIn(audienceId: string, item: Item): Receipt {
  const { destination, direction, count, outcome, invalid, ms, fbtraceId, sessionId, batch } = item
  return {
    audienceId,
    at: Number(item[REGISTER_KEY.sort]?.S?.split('#')[0]),
    destination: destination?.S ?? '',
    direction: direction?.S as Direction,
    count: Number(count?.N),
    outcome: outcome?.S ?? '',
    invalid: Number(invalid?.N),
    ms: Number(ms?.N),
    ...(fbtraceId?.S !== undefined && { fbtraceId: fbtraceId.S }),
    ...(sessionId?.S !== undefined && { session: { id: sessionId.S, batch: Number(batch?.N) } }),
  }
}
