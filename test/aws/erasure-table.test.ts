import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { createErasureReads, createErasureRecords, createPageTable } from '../../lib/aws/erasure-table.ts'
import { REGISTER_KEY } from '../../lib/aws/register-items.ts'
import { createErasedPeople } from '../../lib/erasure/erased-people.ts'
import type { Page, PageTable } from '../../lib/erasure/page.ts'
import type { ErasureRecord } from '../../lib/erasure/record.ts'
import { memoryPages, secretOf } from '../erasure/memory-erasures.ts'
import { AUDIENCE } from '../support/settings.ts'
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
    expect(await table.write(aPage(0, 7), 1)).toBe(true)
    expect(await table.write(aPage(0, 14), 2)).toBe(false)
    expect(await table.write(aPage(0, 21), 1)).toBe(false)
    expect(await table.write(aPage(0, 14), 1)).toBe(true)
    expect(await table.write(aPage(1, 14), 1)).toBe(false)
    for (let number = 1; number < 12; number += 1) expect(await table.write(aPage(number, 7), 1)).toBe(true)
    expect(await pagesFrom(table, 10)).toEqual([aPage(10, 7), aPage(11, 7)])
    expect((await pagesFrom(table, 0)).map(({ number }) => number)).toEqual([...Array(12).keys()])
    expect((await pagesFrom(table, 0))[0]).toEqual(aPage(0, 14))
  })
})

test('whoever is erased in DynamoDB is so for everybody who asks there', async () => {
  const table = createPageTable(fakeTable('register', REGISTER_KEY).client, 'register')
  const environment = () =>
    createErasedPeople(
      table,
      secretOf(() => 'key'),
    )
  const many = Array.from({ length: 1_500 }, (_, index) => `1${index}`)
  await environment().remember(many, 'erased')
  const isOn = await environment().read()
  expect(many.every((identifier) => isOn?.(identifier))).toBe(true)
  expect(isOn?.('11500')).toBe(false)
})

describe('records of erasures', () => {
  const removals = [{ destination: 'main', audienceIds: [AUDIENCE], users: 2 }]
  const aRecord = (id: string) =>
    ({ ...{ id, at: 1_000, kind: 'erase', source: 'server', users: 2, removals, notSent: [] } }) satisfies ErasureRecord

  it('are read newest first, so many at most, and from any of them on', async () => {
    const records = createErasureRecords(client, 'register')
    const { newest } = createErasureReads(client, 'register')
    expect(await newest(10, undefined)).toEqual([])
    for (const id of ['b', 'a', 'd', 'c']) await records.write(aRecord(id))
    expect(await newest(10, undefined)).toEqual(['d', 'c', 'b', 'a'].map(aRecord))
    expect(await newest(3, undefined)).toEqual(['d', 'c', 'b'].map(aRecord))
    expect((await newest(2, 'c')).map(({ id }) => id)).toEqual(['c', 'b'])
    expect((await newest(2, 'bb')).map(({ id }) => id)).toEqual(['b', 'a'])
  })

  it('are as many as asked for, also where an answer of the table holds fewer', async () => {
    const { client: small } = fakeTable('register', REGISTER_KEY)
    const records = createErasureRecords(small, 'register')
    const long = Array.from({ length: 20_000 }, (_, index) => `2384644${index}`)
    const large = { removals: [{ destination: 'main', audienceIds: long, users: 1 }] }
    const ids = Array.from({ length: 12 }, (_, index) => `id-${String(index).padStart(2, '0')}`)
    for (const id of ids) await records.write({ ...aRecord(id), ...large })
    const read = await createErasureReads(small, 'register').newest(10, undefined)
    expect(read.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 10))
  })

  it('come with how many people each audience has let go; one that is noted twice counts once', async () => {
    const records = createErasureRecords(client, 'register')
    const { letGo } = createErasureReads(client, 'register')
    const target = { id: 'noted', destination: 'main', audienceId: AUDIENCE }
    expect(await letGo('noted')).toEqual([])
    await records.note({ ...target, done: [0] })
    await records.note({ ...target, done: [0, 1] })
    await records.note({ ...target, audienceId: 'act_1', done: [1] })
    await records.note({ ...target, id: 'another', done: [1] })
    await records.note({ ...target, audienceId: 'act_1', done: [], takenBack: [0, 1, 2.1] })
    await records.note({ ...target, audienceId: 'act_1', done: [2.2], takenBack: [] })
    expect(await letGo('noted')).toEqual([
      { destination: 'main', audienceId: AUDIENCE, done: 2, takenBack: 0 },
      { destination: 'main', audienceId: 'act_1', done: 1, takenBack: 2 },
    ])
  })
})
