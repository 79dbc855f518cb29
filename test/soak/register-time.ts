import { BatchWriteItemCommand, DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import type { AttributeValue, WriteRequest } from '@aws-sdk/client-dynamodb'

/** Longer than the register takes a request to be under way. */
const UNDER_WAY_MS = 6 * 60_000

/** DynamoDB takes 25 writes at once, and an item that moves needs two. */
const ITEMS_AT_ONCE = 12

type Item = Record<string, AttributeValue>

/**
 * Makes the words that were in the register at a time some minutes older, once, in place of waiting for them: what
 * follows one is repeated until it is minutes old, and the processes count these by a clock that TIME_SCALE does not
 * reach. Nothing may have been under way at that time, and all events must be much older.
 */
export async function ageWords(awsUrl: string, before: number): Promise<void> {
  await rewrite(awsUrl, ({ audience, recorded, ...item }) => {
    const [at = '', ...writer] = recorded?.S?.split('#') ?? []
    const isRecent = Number(at) <= before && Number(at) > before - UNDER_WAY_MS
    if (!audience || !recorded || !isRecent) return []
    const older = [String(Number(at) - UNDER_WAY_MS).padStart(at.length, '0'), ...writer].join('#')
    return [
      { PutRequest: { Item: { ...item, audience, recorded: { S: older } } } },
      { DeleteRequest: { Key: { audience, recorded } } },
    ]
  })
}

/** Empties the register, as 60 days do in which nothing was under way. */
export async function expireRegister(awsUrl: string): Promise<void> {
  await rewrite(awsUrl, ({ audience, recorded }) =>
    audience && recorded ? [{ DeleteRequest: { Key: { audience, recorded } } }] : [],
  )
}

async function rewrite(awsUrl: string, writesFor: (item: Item) => WriteRequest[]): Promise<void> {
  const credentials = { accessKeyId: 'soak', secretAccessKey: 'soak' }
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: awsUrl, credentials })
  const { TableNames: [table = ''] = [] } = await client.send(new ListTablesCommand())
  const writes: WriteRequest[][] = []
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table }))
    writes.push(...Items.map(writesFor).filter((each) => each.length > 0))
  for (let start = 0; start < writes.length; start += ITEMS_AT_ONCE) {
    const some = writes.slice(start, start + ITEMS_AT_ONCE).flat()
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: some } }))
  }
  client.destroy()
}
