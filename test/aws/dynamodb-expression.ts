import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type Item = Record<string, AttributeValue>

/** Reserved words that a table of ours might be tempted to use bare; DynamoDB refuses 573 in all. */
export const RESERVED = new Set(
  [
    'UNTIL',
    'OWNER',
    'TTL',
    'NAME',
    'STATUS',
    'STATE',
    'TIME',
    'TIMESTAMP',
    'VALUE',
    'KEY',
    'DATE',
    'LAST',
    'FIRST',
  ].concat([
    'COUNT',
    'TYPE',
    'USER',
    'USERS',
    'ROWS',
    'DATA',
    'SESSION',
    'TOKEN',
    'SIZE',
    'BEGIN',
    'END',
    'LOCK',
    'SOURCE',
  ]),
)

type Operand = { name: string } | { value: AttributeValue }
export type Condition =
  | { kind: 'or' | 'and'; parts: Condition[] }
  | { kind: 'exists' | 'missing'; name: string }
  | { kind: 'compare'; left: Operand; comparator: string; right: Operand }
  | { kind: 'between'; name: string; low: Operand; high: Operand }
export type Update = { set: [string, Operand | { name: string; otherwise: Operand }][]; remove: string[] }

export class InvalidExpression extends Error {}

const TOKEN = /\s*(<>|<=|>=|[<>=(),]|:\w+|#\w+|\w+)/y

/** Reads expressions of one request, which share names and values; each of these must be used, as DynamoDB wants. */
export function createExpressions(names: Record<string, string> = {}, values: Item = {}) {
  const unused = new Set([...Object.keys(names), ...Object.keys(values)])
  const lookUp = <T>(map: Record<string, T>, token: string): T => {
    unused.delete(token)
    const found = map[token]
    if (found === undefined) throw new InvalidExpression(`${token} is not defined`)
    return found
  }

  function reader(text: string) {
    const tokens: string[] = []
    for (TOKEN.lastIndex = 0; text.slice(TOKEN.lastIndex).trim() !== '';) {
      const match = TOKEN.exec(text)
      if (!match) throw new InvalidExpression(`Syntax error in ${text}`)
      tokens.push(match[1] ?? '')
    }
    const is = (...wanted: string[]) => wanted.includes((tokens[0] ?? '').toUpperCase())
    const take = (...wanted: string[]): string => {
      if (tokens.length === 0 || (wanted.length > 0 && !is(...wanted)))
        throw new InvalidExpression(`Syntax error at ${tokens.join(' ')}`)
      return tokens.shift() ?? ''
    }
    const name = (): string => {
      const token = take()
      if (token.startsWith('#')) return lookUp(names, token)
      if (!/^[a-z]\w*$/i.test(token)) throw new InvalidExpression(`Syntax error at ${token}`)
      if (RESERVED.has(token.toUpperCase())) throw new InvalidExpression(`${token} is a reserved keyword`)
      return token
    }
    const operand = (): Operand => (tokens[0]?.startsWith(':') ? { value: lookUp(values, take()) } : { name: name() })
    return { tokens, is, take, name, operand }
  }

  function condition(text: string): Condition {
    const { tokens, is, take, name, operand } = reader(text)
    const joined = (kind: 'or' | 'and', next: () => Condition): Condition => {
      const parts = [next()]
      while (is(kind.toUpperCase())) {
        take()
        parts.push(next())
      }
      return parts.length === 1 && parts[0] ? parts[0] : { kind, parts }
    }
    const one = (): Condition => {
      if (is('(')) {
        take()
        const inner = any()
        take(')')
        return inner
      }
      if (is('ATTRIBUTE_EXISTS', 'ATTRIBUTE_NOT_EXISTS')) {
        const kind = take() === 'attribute_exists' ? 'exists' : 'missing'
        take('(')
        const path = name()
        take(')')
        return { kind, name: path }
      }
      const left = operand()
      if (!is('BETWEEN')) {
        const comparator = take('=', '<>', '<', '<=', '>', '>=')
        return { kind: 'compare', left, comparator, right: operand() }
      }
      take()
      const low = operand()
      take('AND')
      const high = operand()
      if (!('name' in left)) throw new InvalidExpression('This fake takes BETWEEN for attributes only')
      if ('value' in low && 'value' in high && (orderOf(low.value, high.value) ?? 1) > 0)
        throw new InvalidExpression('BETWEEN takes two values of one type, the lower one first')
      return { kind: 'between', name: left.name, low, high }
    }
    const any = (): Condition => joined('or', () => joined('and', one))
    const parsed = any()
    if (tokens.length > 0) throw new InvalidExpression(`Syntax error at ${tokens.join(' ')}`)
    return parsed
  }

  function update(text: string): Update {
    const { tokens, is, take, name, operand } = reader(text)
    const parsed: Update = { set: [], remove: [] }
    const list = (item: () => void) => {
      item()
      while (is(',')) {
        take()
        item()
      }
    }
    const assignment = () => {
      const target = name()
      take('=')
      if (!is('IF_NOT_EXISTS')) return void parsed.set.push([target, operand()])
      take()
      take('(')
      const path = name()
      take(',')
      const otherwise = operand()
      take(')')
      parsed.set.push([target, { name: path, otherwise }])
    }
    while (tokens.length > 0)
      if (take('SET', 'REMOVE').toUpperCase() === 'SET') list(assignment)
      else list(() => parsed.remove.push(name()))
    const paths = [...parsed.set.map(([path]) => path), ...parsed.remove]
    if (new Set(paths).size < paths.length) throw new InvalidExpression('Two document paths overlap with each other')
    return parsed
  }

  return { condition, update, unused }
}

/** Whether an item fulfils a condition; a missing item is an empty one. */
export function holds(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'or':
      return condition.parts.some((part) => holds(part, item))
    case 'and':
      return condition.parts.every((part) => holds(part, item))
    case 'exists':
      return item[condition.name] !== undefined
    case 'missing':
      return item[condition.name] === undefined
    case 'between':
      return (
        compare('>=', item[condition.name], resolve(condition.low, item)) &&
        compare('<=', item[condition.name], resolve(condition.high, item))
      )
    case 'compare':
      return compare(condition.comparator, resolve(condition.left, item), resolve(condition.right, item))
  }
}

/** The item after an update. Every right side is read from the item as it was. */
export function updated({ set, remove }: Update, item: Item): Item {
  const assigned = set.map(([name, source]) => {
    const value = resolve(source, item) ?? ('otherwise' in source ? resolve(source.otherwise, item) : undefined)
    if (value === undefined) throw new InvalidExpression('An attribute that does not exist in the item')
    return [name, value] as const
  })
  const kept = Object.entries(item).filter(([name]) => !remove.includes(name))
  return { ...Object.fromEntries(kept), ...Object.fromEntries(assigned) }
}

function resolve(operand: Operand, item: Item): AttributeValue | undefined {
  return 'value' in operand ? operand.value : item[operand.name]
}

// A missing attribute, or a value of another type, is unequal to everything and fulfils no other comparison.
function compare(comparator: string, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  const order = left && right && orderOf(left, right)
  if (order === undefined) return comparator === '<>'
  const results: Record<string, boolean> = {
    '=': order === 0,
    '<>': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  }
  return results[comparator] ?? false
}

/** Below 0, 0 or above 0, as DynamoDB orders two values; undefined when their types differ. */
export function orderOf(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.N !== undefined && right.N !== undefined) {
    const difference = BigInt(left.N) - BigInt(right.N)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  // Text is ordered by its UTF-8 bytes, and so are bytes.
  const bytes = ({ S, B, BOOL }: AttributeValue) =>
    S !== undefined ? Buffer.from(S) : B !== undefined ? Buffer.from(B) : Buffer.from(String(BOOL))
  return Object.keys(left)[0] === Object.keys(right)[0] ? Buffer.compare(bytes(left), bytes(right)) : undefined
}
