import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRegisterTable } from '../../lib/aws/register-table.ts'
import type { RegisterItem } from '../../lib/register/register.ts'
import { startLocalTable } from './local-table.ts'

let client: DynamoDBClient
let close: () => Promise<void>

beforeAll(async () => {
  ;({ client, close } = await startLocalTable())
})
afterAll(() => close())

function item(recordedAt: number, entries = Uint8Array.of(1, 2, 3), audienceId = '7'): RegisterItem {
  return { audienceId, direction: 'remove', recordedAt, writer: 'w', entries }
}

async function read(since: number, direction: 'add' | 'remove' = 'remove'): Promise<RegisterItem[]> {
  return Array.fromAsync(createRegisterTable(client, 'register').read('7', direction, since))
}

test('items come back whole and newest first, those of an audience and direction alone, and none from before the time asked for', async () => {
  const table = createRegisterTable(client, 'register')
  for (const each of [item(1_000), item(2_000), item(10_000), item(5_000, Uint8Array.of(9), '8')])
    await table.append(each)
  expect(await read(2_000)).toEqual([item(10_000), item(2_000)])
  expect(await read(0, 'add')).toEqual([])
})

test('two items of the same millisecond are both kept', async () => {
  const table = createRegisterTable(client, 'register')
  await table.append(item(77_000))
  await table.append(item(77_000))
  expect(await read(77_000)).toHaveLength(2)
})

test('more than DynamoDB answers at once is read page by page', async () => {
  const table = createRegisterTable(client, 'register')
  for (let index = 0; index < 4; index += 1) await table.append(item(100_000 + index, new Uint8Array(380_000)))
  expect((await read(100_000)).map(({ entries }) => entries.byteLength)).toEqual([380_000, 380_000, 380_000, 380_000])
})

test('it is read consistently, or a word that was written a moment ago would be missed; items expire after 60 days', async () => {
  const inputs: Record<string, unknown>[] = []
  const fake = {
    send: ({ input }: { input: Record<string, unknown> }) => {
      inputs.push(input)
      return Promise.resolve({})
    },
  } as unknown as DynamoDBClient
  const table = createRegisterTable(fake, 'register')
  await Array.fromAsync(table.read('7', 'add', 0))
  await table.append(item(1_800_000_000_000))
  expect(inputs).toMatchObject([
    { ConsistentRead: true },
    { Item: { expiresAt: { N: String(1_800_000_000 + 60 * 24 * 3600) } } },
  ])
})
