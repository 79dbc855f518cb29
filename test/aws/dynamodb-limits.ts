import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type {
  AttributeValue,
  DynamoDBClient,
  GetItemCommandInput,
  PutItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { InvalidExpression, createExpressions, holds, orderOf, updated } from './dynamodb-expression.ts'
import type { Condition, Item } from './dynamodb-expression.ts'

const MAX_ITEM_BYTES = 400 * 1024
const PAGE_BYTES = 1024 * 1024
const MAX_KEY_BYTES = { partition: 2048, sort: 1024 }

type Fault = {
  /** Calls that fail. */
  times: number
  /** `after`: the call takes effect and its answer is lost. */
  when: 'before' | 'after'
  /** Only calls about this partition key. */
  partition?: string
  error?: Error
}

type FakeTable = {
  client: Pick<DynamoDBClient, 'send'>
  fail: (fault: Fault) => void
  items: () => Item[]
  /** Names of the operations that reached the table. */
  calls: string[]
}

type Keys = { partition: string; sort: string }
type Input = PutItemCommandInput | GetItemCommandInput | UpdateItemCommandInput | QueryCommandInput
type Write = { key: Item; item: Item; old: Item | undefined }

/**
 * One table with text keys that refuses what DynamoDB refuses. A read without strong consistency misses the last write.
 * Sources: DynamoDB's API reference, "Constraints" and "Item sizes and formats" of its guide.
 */
export function fakeTable(tableName: string, keys: Keys): FakeTable {
  const items = new Map<string, Item>()
  const faults: Fault[] = []
  const calls: string[] = []
  let last: { id: string; old: Item | undefined } | undefined
  const idOf = (key: Item) => JSON.stringify([key[keys.partition]?.S, key[keys.sort]?.S])

  function read(id: string, isConsistent = false): Item | undefined {
    return !isConsistent && last?.id === id ? last.old : items.get(id)
  }

  function write({ key, item, old }: Write): void {
    const bytes = sizeOf(item)
    if (bytes > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size')
    last = { id: idOf(key), old }
    items.set(last.id, item)
  }

  function put(input: PutItemCommandInput) {
    if (!['NONE', 'ALL_OLD'].includes(input.ReturnValues ?? 'NONE'))
      throw invalid('ReturnValues can be NONE or ALL_OLD')
    const item = normalised(input.Item ?? {})
    const key = keyOf(item, keys)
    const { condition, unused } = expressionsOf(input)
    const holdsFor = input.ConditionExpression === undefined ? undefined : condition(input.ConditionExpression)
    requireAllUsed(unused)
    const old = items.get(idOf(key))
    check(holdsFor, old)
    write({ key, item, old })
    return input.ReturnValues === 'ALL_OLD' && old ? { Attributes: copy(old) } : {}
  }

  function update(input: UpdateItemCommandInput) {
    const key = keyOf(onlyKey(input.Key ?? {}, keys), keys)
    const expressions = expressionsOf(input)
    const change = expressions.update(input.UpdateExpression ?? '')
    const condition =
      input.ConditionExpression === undefined ? undefined : expressions.condition(input.ConditionExpression)
    requireAllUsed(expressions.unused)
    if ([...change.set.map(([name]) => name), ...change.remove].some((name) => name in key))
      throw invalid('Cannot update attribute: it is part of the key')
    const old = items.get(idOf(key))
    check(condition, old)
    const item = updated(change, old ?? key)
    write({ key, item, old })
    if (input.ReturnValues === 'ALL_NEW') return { Attributes: copy(item) }
    return input.ReturnValues === 'ALL_OLD' && old ? { Attributes: copy(old) } : {}
  }

  function get(input: GetItemCommandInput) {
    const item = read(idOf(keyOf(onlyKey(input.Key ?? {}, keys), keys)), input.ConsistentRead)
    return item ? { Item: copy(item) } : {}
  }

  function query(input: QueryCommandInput) {
    const { condition, unused } = expressionsOf(input)
    const asked = condition(input.KeyConditionExpression ?? '')
    requireAllUsed(unused)
    requireKeyCondition(asked, keys)
    const forward = input.ScanIndexForward ?? true
    const start = input.ExclusiveStartKey?.[keys.sort]
    const found = [...new Set([...items.keys(), ...(last ? [last.id] : [])])]
      .map((id) => read(id, input.ConsistentRead))
      .filter((item) => item !== undefined)
      .filter((item) => holds(asked, item))
      .sort((one, other) => (forward ? 1 : -1) * between(one, other, keys.sort))
      .filter((item) => !start || (forward ? 1 : -1) * between(item, { [keys.sort]: start }, keys.sort) > 0)
    const page = pageOf(found, input.Limit)
    const end = page.at(-1)
    const isCut = page.length < found.length || (end !== undefined && page.length === input.Limit)
    return {
      Items: page.map(copy),
      Count: page.length,
      ScannedCount: page.length,
      ...(isCut && end && { LastEvaluatedKey: keyOf(end, keys) }),
    }
  }

  function answer(command: unknown): unknown {
    if (command instanceof PutItemCommand) return put(command.input)
    if (command instanceof UpdateItemCommand) return update(command.input)
    if (command instanceof GetItemCommand) return get(command.input)
    if (command instanceof QueryCommand) return query(command.input)
    throw new Error('This fake has no such operation')
  }

  function nextFault(input: Input): Fault | undefined {
    const partition = partitionOf(input, keys)
    const fault = faults.find((each) => each.times > 0 && (each.partition ?? partition) === partition)
    if (fault) fault.times -= 1
    return fault
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection, as the client's is
  const send = async (command: { input: Input }): Promise<unknown> => {
    const { input } = command
    if (input.TableName !== tableName) throw new ResourceNotFoundException({ message: 'No such table', $metadata: {} })
    for (const option of Object.keys(input))
      if (!OPTIONS.has(option)) throw new Error(`This fake does not know ${option}`)
    const fault = nextFault(input)
    if (fault?.when === 'before') throw fault.error ?? noAnswer()
    calls.push(command.constructor.name.replace(/Command$/, ''))
    const output = answering(() => answer(command))
    if (fault) throw fault.error ?? noAnswer()
    return output
  }
  return {
    client: { send } as Pick<DynamoDBClient, 'send'>,
    fail: (fault) => faults.push({ ...fault }),
    items: () => [...items.values()].map(copy),
    calls,
  }
}

const OPTIONS = new Set([
  ...['TableName', 'Item', 'Key', 'ConditionExpression', 'UpdateExpression', 'ReturnValues', 'ConsistentRead', 'Limit'],
  ...['ExpressionAttributeNames', 'ExpressionAttributeValues', 'KeyConditionExpression', 'ScanIndexForward'],
  'ExclusiveStartKey',
])

const between = (one: Item, other: Item, name: string) => orderOf(one[name] ?? { S: '' }, other[name] ?? { S: '' }) ?? 0

function expressionsOf(input: Exclude<Input, GetItemCommandInput>) {
  return createExpressions(input.ExpressionAttributeNames, normalised(input.ExpressionAttributeValues ?? {}))
}

function requireAllUsed(unused: ReadonlySet<string>): void {
  if (unused.size > 0) throw invalid(`Unused in expressions: ${[...unused].join(', ')}`)
}

function check(condition: Condition | undefined, item: Item | undefined): void {
  if (!condition || holds(condition, item ?? {})) return
  throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} })
}

/** The partition by equality, and the sort key by one comparison. */
function requireKeyCondition(condition: Condition, { partition, sort }: Keys): void {
  const parts = condition.kind === 'and' ? condition.parts : [condition]
  const about = parts.map((part) => {
    if (part.kind === 'between') return [part.name, 'BETWEEN']
    if (part.kind === 'compare' && 'name' in part.left && 'value' in part.right)
      return [part.left.name, part.comparator]
    throw invalid('Query key condition not supported')
  })
  const [first, second] = [...about].sort(([name]) => (name === partition ? -1 : 1))
  const isAllowed = first?.join('') === `${partition}=` && (second?.[0] ?? sort) === sort && second?.[1] !== '<>'
  if (about.length > 2 || !isAllowed) throw invalid('Query key condition not supported')
}

/** As many items as 1 MiB holds, and the one that goes beyond it; or `limit`. */
function pageOf(items: Item[], limit = Infinity): Item[] {
  const page: Item[] = []
  let bytes = 0
  for (const item of items) {
    if (page.length >= limit || bytes >= PAGE_BYTES) break
    page.push(item)
    bytes += sizeOf(item)
  }
  return page
}

function partitionOf(input: Input, { partition }: Keys): string | undefined {
  const {
    Item,
    Key,
    KeyConditionExpression,
    ExpressionAttributeValues,
  }: Partial<UpdateItemCommandInput> & Partial<PutItemCommandInput> & Partial<QueryCommandInput> = input
  const asked = new RegExp(`\\b${partition}\\s*=\\s*(:\\w+)`).exec(KeyConditionExpression ?? '')?.[1]
  return (Item?.[partition] ?? Key?.[partition] ?? ExpressionAttributeValues?.[asked ?? ''])?.S
}

function onlyKey(key: Item, { partition, sort }: Keys): Item {
  if (Object.keys(key).sort().join() !== [partition, sort].sort().join())
    throw invalid('The provided key element does not match the schema')
  return key
}

function keyOf(item: Item, { partition, sort }: Keys): Item {
  const texts = { partition: item[partition]?.S ?? '', sort: item[sort]?.S ?? '' }
  if (texts.partition === '' || texts.sort === '') throw invalid('One or more parameter values were invalid: key')
  for (const part of ['partition', 'sort'] as const)
    if (Buffer.byteLength(texts[part]) > MAX_KEY_BYTES[part]) throw invalid(`Size of ${part} key is too large`)
  return { [partition]: { S: texts.partition }, [sort]: { S: texts.sort } }
}

/** Bytes of names and values. A number takes about a byte for two digits, and one more. */
function sizeOf(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0)
}

function valueSize({ S, N, B }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S)
  if (B !== undefined) return B.byteLength
  if (N === undefined) return 1
  const digits = N.replace('-', '').replace(/0+$/, '').length
  return 1 + Math.ceil(digits / 2) + (N.startsWith('-') ? 1 : 0)
}

/** Attributes as DynamoDB keeps them: text, whole numbers as text without leading zeros, bytes, and booleans. */
function normalised(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]): [string, AttributeValue] => {
      if (value.S !== undefined || value.B !== undefined || value.BOOL !== undefined)
        return [name, structuredClone(value)]
      if (value.N === undefined) throw new Error('This fake knows the types S, N, B and BOOL only')
      if (!/^-?\d+$/.test(value.N)) {
        if (value.N.trim() === '' || Number.isNaN(Number(value.N)))
          throw invalid('The parameter cannot be converted to a numeric value')
        throw new Error('This fake knows whole numbers only')
      }
      if (value.N.replace(/^-?0*/, '').length > 38) throw invalid('Attempting to store more than 38 significant digits')
      return [name, { N: BigInt(value.N).toString() }]
    }),
  )
}

const copy = (item: Item): Item => structuredClone(item)

function answering<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof InvalidExpression ? invalid(error.message) : error
  }
}

function invalid(message: string): Error {
  return new DynamoDBServiceException({ name: 'ValidationException', $fault: 'client', message, $metadata: {} })
}

function noAnswer(): Error {
  return Object.assign(new Error('socket hang up'), { name: 'TimeoutError' })
}
