import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { createErasureRecords, createPageTable, readErasures, readProgress } from '../../lib/aws/erasure-table.ts'
import { REGISTER_KEY } from '../../lib/aws/register-table.ts'
import { createErasedPeople } from '../../lib/erasure/erased-people.ts'
import type { Page, PageTable } from '../../lib/erasure/page.ts'
import { memoryPages } from '../erasure/memory-erasures.ts'
import { fakeTable } from './dynamodb-limits.ts'
import { startLocalTable } from './local-table.ts'

let client: DynamoDBClient
let close: () => Promise<void>

beforeAll(async () => {
  ;({ client, close } = await startLocalTable())
})
afterAll(() => close())

const aPage = (number: number, length: number): Page => ({ number, bytes: new Uint8Array(length).fill(number + 1) })
async function pagesFrom(table: PageTable, from: number): Promise<Page[]> {
  const found: Page[] = []
  for await (const pages of table.read(from)) found.push(...pages)
  return found.map(({ number, bytes }) => ({ number, bytes: new Uint8Array(bytes) }))
}

// The pages in memory, on which the other tests rely, pass the same test; and each table is a new one.
describe.each<[string, () => PageTable]>([
  ['dynalite', () => createPageTable(client, 'register')],
  [
    'a fake that enforces the limits of DynamoDB',
    () => createPageTable(fakeTable('register', REGISTER_KEY).client, 'register'),
  ],
  ['memory', memoryPages],
])('pages of the erased, in %s,', (_, aTable) => {
  it('are written by who knows what is there, and read in their order from any page on', async () => {
    const table = aTable()
    expect(await pagesFrom(table, 0)).toEqual([])
    expect(await table.write(aPage(0, 7), 0)).toBe(true)
    expect(await table.write(aPage(0, 14), 0)).toBe(false)
    expect(await table.write(aPage(0, 21), 14)).toBe(false)
    expect(await table.write(aPage(0, 14), 7)).toBe(true)
    expect(await table.write(aPage(1, 7), 7)).toBe(false)
    for (let number = 1; number < 12; number += 1) expect(await table.write(aPage(number, 7), 0)).toBe(true)
    expect(await pagesFrom(table, 10)).toEqual([aPage(10, 7), aPage(11, 7)])
    expect((await pagesFrom(table, 0)).map(({ number }) => number)).toEqual([...Array(12).keys()])
    expect((await pagesFrom(table, 0))[0]).toEqual(aPage(0, 14))
  })
})

test('whoever is erased in DynamoDB is so for everybody who asks there', async () => {
  const table = createPageTable(fakeTable('register', REGISTER_KEY).client, 'register')
  const environment = () => createErasedPeople(table, () => Promise.resolve('key'))
  const many = Array.from({ length: 1_500 }, (_, index) => `1${index}`)
  await environment().remember(many, 'erased')
  const isOn = await environment().read()
  expect(many.every((identifier) => isOn?.(identifier))).toBe(true)
  expect(isOn?.('11500')).toBe(false)
})

test('erasures are listed with what each audience has let go, the oldest first', async () => {
  const records = createErasureRecords(client, 'register')
  const removals = [{ destination: 'main', audienceIds: ['23846440602800582'], users: 2 }]
  const record = { id: 'b', at: 2_000, kind: 'erase', source: 'server', users: 2, removals } as const
  await records.write(record)
  await records.write({ ...record, id: 'a', at: 1_000 })
  expect(await readErasures(client, 'register')).toEqual([{ ...record, id: 'a', at: 1_000 }, record])
  const target = { id: 'b', destination: 'main', audienceId: '23846440602800582' }
  expect(await readProgress(client, 'register', 'b')).toEqual([])
  await records.note({ ...target, done: [0] })
  await records.note({ ...target, done: [0, 1] })
  const [progress] = await readProgress(client, 'register', 'b')
  expect({ ...progress, done: progress?.done.toSorted() }).toEqual({ ...target, done: [0, 1] })
  expect(await readProgress(client, 'register', 'a')).toEqual([])
})
