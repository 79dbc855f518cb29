import { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type {
  AttributeValue,
  DynamoDBClient,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../support/long.ts'
import { RESERVED } from './dynamodb-expression.ts'
import { fakeTable } from './dynamodb-limits.ts'
import { startLocalTable } from './local-table.ts'

const TableName = 'register'
const KEYS = { partition: 'audience', sort: 'recorded' }
type Client = Pick<DynamoDBClient, 'send'>

let local: Awaited<ReturnType<typeof startLocalTable>>
let comparisons = 0
beforeAll(async () => {
  local = await startLocalTable()
})
afterAll(() => local.close())

const S = (value: string): AttributeValue => ({ S: value })
const N = (value: number | string): AttributeValue => ({ N: String(value) })

/** Operations on one partition, with what DynamoDB answers as a value: its error's name where it is one. */
function operations(client: Client, partition: string) {
  const keyOf = (sort: string) => ({ audience: S(partition), recorded: S(sort) })
  const answer = async (call: Promise<object>): Promise<unknown> => {
    try {
      const { $metadata: _, ...output } = (await call) as { $metadata?: unknown }
      return JSON.parse(
        JSON.stringify(output, (__, value: unknown) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
        ),
      )
    } catch (error) {
      return (error as Error).name
    }
  }
  return {
    put: (sort: string, rest: Record<string, AttributeValue>, more: object = {}) =>
      answer(client.send(new PutItemCommand({ TableName, Item: { ...keyOf(sort), ...rest }, ...more }))),
    get: (sort: string) =>
      answer(client.send(new GetItemCommand({ TableName, Key: keyOf(sort), ConsistentRead: true }))),
    update: (sort: string, more: Partial<UpdateItemCommandInput>) =>
      answer(client.send(new UpdateItemCommand({ TableName, Key: keyOf(sort), ...more }))),
    query: (condition: string, values: Record<string, AttributeValue>, more: Partial<QueryCommandInput> = {}) =>
      answer(
        client.send(
          new QueryCommand({
            TableName,
            ConsistentRead: true,
            KeyConditionExpression: condition,
            ExpressionAttributeValues: { ':p': S(partition), ...values },
            ...more,
          }),
        ),
      ),
  }
}
type Operations = ReturnType<typeof operations>

/** Runs a script against the fake and against dynalite, in a new partition of the same name; answers the answers. */
async function compared(script: (table: Operations) => Promise<unknown[]>): Promise<unknown[]> {
  const partition = `partition-${String((comparisons += 1)).padStart(6, '0')}`
  const fake = await script(operations(fakeTable(TableName, KEYS).client, partition))
  expect(fake).toEqual(await script(operations(local.client, partition)))
  return fake
}

describe('answers as DynamoDB’s protocol in dynalite does', () => {
  const ordered = fc.oneof(
    fc.constantFrom('a', 'b', 'é', '\u{1F600}', '').map(S),
    fc.constantFrom(0, 7, 10, -3, '007', '12345678901234567890').map(N),
    fc.uint8Array({ minLength: 1, maxLength: 3 }).map((B): AttributeValue => ({ B })),
  )
  const value = fc.oneof(
    ordered,
    fc.boolean().map((BOOL): AttributeValue => ({ BOOL })),
  )
  const condition = fc.constantFrom(
    undefined,
    'attribute_not_exists(a) OR b < :x OR c = :y',
    'attribute_exists(a) AND b >= :x AND c <> :y',
    '(a = :x OR b > :y) AND attribute_exists(#c)',
    'b BETWEEN :x AND :y',
    'a <= :x AND NOT_THERE = :y',
    'a = :x',
    'c <> :y',
    'a ==',
  )
  const change = fc.constantFrom(
    'SET a = :x, b = :y REMOVE c',
    'SET b = :x, #c = if_not_exists(a, :y)',
    'REMOVE a, b SET c = :x',
    'SET a = b, b = a',
    'REMOVE c',
    'SET a = :x, a = :y',
    'SET recorded = :x',
  )
  const step = fc.record({
    operation: fc.constantFrom('put', 'update', 'get'),
    sort: fc.constantFrom('1', '2'),
    item: fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 }),
    condition,
    change,
    x: ordered,
    y: ordered,
    returned: fc.constantFrom('NONE', 'ALL_OLD', 'ALL_NEW'),
  })

  test('whatever is put, updated and read, with conditions that hold and that do not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        await compared(async (table) => {
          const answers: unknown[] = []
          for (const { operation, sort, item, condition: wanted, change: update, x, y, returned } of steps) {
            const used = `${wanted ?? ''} ${operation === 'update' ? update : ''}`
            const values = { ...(used.includes(':x') && { ':x': x }), ...(used.includes(':y') && { ':y': y }) }
            const more = {
              ...(wanted !== undefined && { ConditionExpression: wanted }),
              ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
              ...(used.includes('#c') && { ExpressionAttributeNames: { '#c': 'c' } }),
              ReturnValues: returned,
            }
            if (operation === 'get') answers.push(await table.get(sort))
            if (operation === 'put') answers.push(await table.put(sort, item, more))
            if (operation === 'update')
              answers.push(await table.update(sort, { UpdateExpression: update, ...(more as object) }))
          }
          return [...answers, await table.query('audience = :p', {})]
        })
      }),
      { numRuns: runs(100, 20) },
    )
  })

  test.each(['recorded = :a', 'recorded >= :a', 'recorded < :b', 'recorded BETWEEN :a AND :b'])(
    'a query for %s, forwards and backwards, a page at a time',
    async (range) => {
      const answers = await compared(async (table) => {
        for (const sort of ['1', '2', '10', '3', 'é']) await table.put(sort, { a: S(sort) })
        const values = { ...(range.includes(':a') && { ':a': S('10') }), ...(range.includes(':b') && { ':b': S('3') }) }
        const all = []
        for (const ScanIndexForward of [true, false]) {
          all.push(await table.query(`audience = :p AND ${range}`, values, { ScanIndexForward }))
          let start: Record<string, AttributeValue> | undefined
          do {
            const more = { ScanIndexForward, Limit: 1, ...(start && { ExclusiveStartKey: start }) }
            const page = await table.query(`audience = :p AND ${range}`, values, more)
            all.push(page)
            start = (page as { LastEvaluatedKey?: Record<string, AttributeValue> }).LastEvaluatedKey
          } while (start)
        }
        return all
      })
      expect(answers.length).toBeGreaterThan(3)
    },
  )

  test('a page of a query ends at 1 MiB', async () => {
    const [first] = await compared(async (table) => {
      for (const sort of ['1', '2', '3', '4', '5']) await table.put(sort, { a: { B: new Uint8Array(300 * 1024) } })
      const page = (await table.query('audience = :p', {})) as { Count: number; LastEvaluatedKey: object }
      const rest = (await table.query('audience = :p', {}, { ExclusiveStartKey: page.LastEvaluatedKey as never })) as {
        Count: number
      }
      return [page.Count, rest.Count]
    })
    expect(first).toBe(4)
  })

  test('an item of 400 KB is taken, and one byte more is not, names counted', async () => {
    const room = 400 * 1024 - 'audience'.length - 'partition-000000'.length - 'recorded'.length - 1 - 'text'.length
    const sizes = await compared(async (table) => [
      await table.put('1', { text: S('x'.repeat(room)) }),
      await table.put('1', { text: S('x'.repeat(room + 1)) }),
      await table.update('1', { UpdateExpression: 'SET more = :x', ExpressionAttributeValues: { ':x': S('x') } }),
      await table.put('1', { text: S('x'.repeat(room - 10)), n: N(1234) }),
      await table.put('1', { text: S('x'.repeat(room - 3)), n: N(1234) }),
    ])
    expect(sizes).toEqual([{}, 'ValidationException', 'ValidationException', {}, 'ValidationException'])
  })

  test.each<[string, (table: Operations) => Promise<unknown>]>([
    ['a key without its sort key', (table) => table.put('', {})],
    ['a sort key that is too long', (table) => table.put('x'.repeat(1025), {})],
    ['a value that no expression uses', (table) => table.query('audience = :p', { ':q': S('x') })],
    [
      'a name that no expression uses',
      (table) => table.query('audience = :p', {}, { ExpressionAttributeNames: { '#a': 'a' } }),
    ],
    ['a value that is not given', (table) => table.query('audience = :p AND recorded = :q', {})],
    ['a query without the partition', (table) => table.query('recorded = :p', {})],
    ['a query for another attribute', (table) => table.query('audience = :p AND a = :q', { ':q': S('x') })],
    ['a query for a range of partitions', (table) => table.query('audience >= :p', {})],
    ['a number that is none', (table) => table.put('1', { a: N('one') })],
    ['a number of 39 digits', (table) => table.put('1', { a: N('1'.repeat(39)) })],
  ])('%s is refused', async (_, call) => {
    expect(await compared(async (table) => [await call(table)])).toEqual(['ValidationException'])
  })

  test.each([...RESERVED])('the reserved word %s is refused bare, and taken as #name', async (word) => {
    const name = word.toLowerCase()
    const ExpressionAttributeValues = { ':x': N(1) }
    const answers = await compared(async (table) => [
      await table.update('1', { UpdateExpression: `SET ${name} = :x`, ExpressionAttributeValues }),
      await table.update('1', {
        UpdateExpression: 'SET #name = :x',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues,
      }),
    ])
    expect(answers).toEqual(['ValidationException', {}])
  })
})

describe('what only the fake does', () => {
  test('a read that does not ask for consistency misses the last write', async () => {
    const { client } = fakeTable(TableName, KEYS)
    const table = operations(client, 'p')
    await table.put('1', { a: N(1) })
    await table.put('1', { a: N(2) })
    const Key = { audience: S('p'), recorded: S('1') }
    const { Item } = await client.send(new GetItemCommand({ TableName, Key }))
    expect([Item?.a, await table.get('1')]).toEqual([N(1), { Item: { ...Key, a: N(2) } }])
    await table.put('2', {})
    expect(await table.query('audience = :p', {}, { ConsistentRead: false })).toMatchObject({ Count: 1 })
  })

  test('calls fail before they take effect, or after, as often as told, and for one partition only', async () => {
    const { client, fail, items, calls } = fakeTable(TableName, KEYS)
    const [p, q] = [operations(client, 'p'), operations(client, 'q')]
    fail({ times: 1, when: 'before', partition: 'p' })
    fail({ times: 1, when: 'after', partition: 'p' })
    expect([await q.put('1', {}), await p.put('1', {}), items().length]).toEqual([{}, 'TimeoutError', 1])
    expect([await p.put('1', {}), items().length]).toEqual(['TimeoutError', 2])
    expect([await p.put('2', {}), calls]).toEqual([{}, ['PutItem', 'PutItem', 'PutItem']])
    fail({ times: 2, when: 'before', partition: 'p', error: Object.assign(new Error(), { name: 'Throttled' }) })
    expect([await p.query('audience = :p', {}), await p.get('1'), await p.get('1')]).toMatchObject([
      'Throttled',
      'Throttled',
      { Item: {} },
    ])
  })

  test('what it holds cannot be changed from outside', async () => {
    const { client, items } = fakeTable(TableName, KEYS)
    const B = new Uint8Array([1])
    await operations(client, 'p').put('1', { a: { B } })
    B[0] = 2
    const [first] = items()
    first?.a?.B?.fill(3)
    expect(items()[0]?.a?.B).toEqual(new Uint8Array([1]))
  })

  test('an option that it does not know is no answer that a test could rely on', async () => {
    const { client } = fakeTable(TableName, KEYS)
    const Key = { audience: S('p'), recorded: S('1') }
    const command = new GetItemCommand({ TableName, Key, ProjectionExpression: 'a' })
    await expect(client.send(command)).rejects.toThrow('This fake does not know ProjectionExpression')
  })
})
