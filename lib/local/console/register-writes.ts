import { receiptIn, receiptPartition } from '../../aws/receipt-table.ts'
import { REGISTER_KEY } from '../../aws/register-items.ts'
import type { Item } from '../../aws/register-items.ts'
import type { AwsCall } from '../../emulator/aws/call.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import { wordsIn } from '../../register/entries.ts'

/** What the consumer has written to the register since the stack began. */
export type RegisterWrites = {
  /** Looks at a call of an AWS API. */
  call: (call: AwsCall) => void
  counts: () => { words: number; receipts: number }
}

/** The beginnings of the partitions of receipts, and of words, which are in the log of an audience. */
const RECEIPTS = receiptPartition('')
const WORDS = 'log#'

/** Counts what is written to the register, and hands on each receipt. */
export function createRegisterWrites(onReceipt: (receipt: Receipt) => void): RegisterWrites {
  const counts = { words: 0, receipts: 0 }

  function written(item: Item): void {
    const partition = item[REGISTER_KEY.partition]?.S ?? ''
    // On the wire bytes are base64.
    const entries = partition.startsWith(WORDS) ? String(item.entries?.B ?? '') : ''
    for (const _ of wordsIn(Buffer.from(entries, 'base64'))) counts.words += 1
    if (!partition.startsWith(RECEIPTS)) return
    const receipt = receiptIn(partition.slice(RECEIPTS.length), item)
    counts.receipts += 1
    onReceipt(receipt)
  }

  return {
    call({ action, input }) {
      if (action === 'dynamodb:PutItem') written(input.Item as Item)
      if (action !== 'dynamodb:BatchWriteItem') return
      const tables = Object.values(input.RequestItems as Record<string, { PutRequest?: { Item: Item } }[]>)
      for (const { PutRequest } of tables.flat()) if (PutRequest) written(PutRequest.Item)
    },
    counts: () => counts,
  }
}
