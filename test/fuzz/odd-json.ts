import type { Random } from './random.ts'

type Json = unknown
type JsonObject = Record<string, Json>

const MANY_KEYS = JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, key) => [`k${key}`, 'v'])))

/** What `JSON.stringify` cannot write, or what would be copied too often, by the texts that stand for it until then. */
const PLACEHOLDERS: Record<string, (depth: number) => string> = {
  '@deep list@': (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`,
  '@deep object@': (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  '@same key twice@': () => '{"EMAIL":"a@example.com","EMAIL":[1],"__proto__":1,"__proto__":{}}',
  '@many keys@': () => MANY_KEYS,
  '@long text@': () => `"${'x'.repeat(1_000_000)}"`,
}

const NAMES = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON', 'length', '', ' ', '0'],
  ...[
    'EMAIL',
    'email',
    ' Email ',
    'email_sha256',
    'COUNTRY',
    'properties',
    'userListAdd',
    'userListDelete',
    'listData',
  ],
  ...[
    'traits',
    'context',
    'personas',
    'computation_key',
    'computation_class',
    'audience_key',
    'high_value',
    'externalId',
  ],
  ...['action', 'fields', 'identifiers', 'device', 'advertisingId', 'address', 'birthday', 'customers', 'userId', 'a'],
  ...['type', 'event', 'batch', 'messageId', 'sessionIdAdd', 'sessionIdDelete', 'batchSequence', 'lastBatchFlag'],
  ...[
    'sentAt',
    'originalTimestamp',
    'timestamp',
    'writeKey',
    'integrations',
    '\uFFFE',
    '\uD800',
    'ключ',
    'k'.repeat(10_000),
  ],
]

const TEXTS = [
  ...['', ' ', '\0', '\uFEFF', '\uFFFE', '\uFFFF', '\uD800', '\uDC00x', 'a\u2028b', '👩‍👩‍👧', 'ﬀ', 'İ'],
  ...[
    'Order Completed',
    'Audience Entered',
    'Audience Exited',
    'record',
    'insert',
    'delete',
    'audience',
    'journey_step',
  ],
  ...['high_value', 'lapsed', 'constructor', 'FB_CUSTOM_AUDIENCE-23846440602800003', 'FB_CUSTOM_AUDIENCE-__proto__'],
  ...['ann@example.com', '1984-07-09', 'a'],
  ...['track', 'audiencelist', 'identify', 'USER_ADD', '__proto__', 'null', 'true', 'NaN', '[object Object]', '${x}'],
  ...[
    '2026-11-23T12:00:00Z',
    '-271821-04-20T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '9999',
    '1e400',
    '9223372036854775808',
  ],
  ...Object.keys(PLACEHOLDERS),
]

const NUMBERS = [0, -0, -1, 1, 0.1, 2 ** 31, 2 ** 53, 2 ** 63, 1e21, 1e300, Number.MAX_VALUE, 5e-324]

/** Any value at all, most of them ones that code forgets. */
function oddValue(random: Random): Json {
  const kinds: (() => Json)[] = [
    () => random.pick(TEXTS),
    () => random.pick(NUMBERS),
    () => random.pick([null, true, false]),
    () => [],
    () => ({}),
    () => Array.from({ length: random.below(5) }, () => oddValue(random)),
    () => withKey({}, random.pick(NAMES), random.pick(TEXTS)),
  ]
  return random.pick(kinds)()
}

/** The value with something changed in some places: replaced, removed, added, renamed, wrapped or repeated. */
export function mutate(value: Json, random: Random, mutations: number): Json {
  const root = { value: structuredClone(value) }
  for (let count = 0; count < mutations; count += 1) mutateOnce(root, random)
  return root.value
}

function mutateOnce(root: JsonObject, random: Random): void {
  const places = placesIn(root)
  const { holder, key } = random.pick(places)
  const value = holder[key]
  const changes: (() => void)[] = [
    () => void withKey(holder, key, oddValue(random)),
    () => void withKey(holder, key, [value]),
    () => void withKey(holder, key, withKey({}, random.pick(NAMES), value)),
    () => void withKey(holder, random.pick(NAMES), value),
    () => void withKey(holder, random.pick(NAMES), oddValue(random)),
    () => void Reflect.deleteProperty(holder, key),
    () => {
      if (Array.isArray(value)) value.push(oddValue(random), ...(value as Json[]).slice(0, 50))
    },
  ]
  random.pick(changes)()
}

type Place = { holder: JsonObject; key: string }

/** Every place in a value that holds something, from the outside in. */
function placesIn(root: JsonObject): Place[] {
  const places: Place[] = []
  const open: JsonObject[] = [root]
  for (let holder = open.pop(); holder; holder = open.pop())
    for (const key of Object.keys(holder)) {
      places.push({ holder, key })
      const value = Object.getOwnPropertyDescriptor(holder, key)?.value as Json
      if (typeof value === 'object' && value !== null) open.push(value as JsonObject)
    }

  // Enough to choose from, and a tree that went wild does not slow everything down.
  return places.length === 0 ? [{ holder: root, key: 'value' }] : places.slice(0, 200)
}

// As JSON.parse does it: `__proto__` is a key like any other.
function withKey(holder: JsonObject, key: string, value: Json): JsonObject {
  if (Array.isArray(holder)) {
    holder.push(value)
    return holder
  }
  return Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

/** JSON text, with what only text can hold: nesting that no stack survives, and keys twice. */
export function toOddJson(value: Json, random: Random): string {
  const depth = random.once(300) ? 100_000 : random.pick([10, 1_000])
  return JSON.stringify(value ?? null).replace(
    /"(@[a-z ]+@)"/g,
    (text, name: string) => PLACEHOLDERS[name]?.(depth) ?? text,
  )
}
