import { createNearMiss } from '../config/nearest-name.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** A name that is none of ours, and the one that it was probably meant as. */
export type Misspelt = { name: string; suggestion: string }

/** The user lists of an event. */
export type GivenLists = {
  add: readonly unknown[]
  remove: readonly unknown[]
  /** Whether there is any list, be it empty. */
  present: boolean
  /** Properties that hold something else than an array where a list belongs. */
  malformed: readonly string[]
  /** Names that are not read, and look like these or stand in the wrong place. */
  misspelt: readonly Misspelt[]
}

/** The properties that are read, in the spellings that RudderStack took, and what people write in place of them. */
const PROPERTIES = {
  userListAdd: [],
  userListDelete: ['userListRemove', 'userListDel'],
  listData: [],
  sessionIdAdd: ['session_id_add'],
  sessionIdDelete: ['session_id_delete', 'sessionIdRemove'],
  batchSequence: ['batchSeq', 'batch_seq'],
  lastBatchFlag: ['last_batch_flag', 'lastBatch'],
  estimatedNumTotal: ['estimated_num_total'],
} as const
const READ = new Set<string>([
  ...Object.keys(PROPERTIES),
  ...['session_id_add', 'session_id_delete', 'batchSeq', 'batch_seq', 'last_batch_flag', 'estimated_num_total'],
])
const HOLDS_USERS = { userListAdd: true, userListDelete: true, listData: true, add: true, remove: true }
const meantProperty = createNearMiss(
  Object.entries(PROPERTIES).flatMap(([name, others]) =>
    [name, ...others].map(
      (each) => [each, name, name in HOLDS_USERS && name !== 'listData' ? 2 : each === name ? 1 : 0] as const,
    ),
  ),
)
const meantInListData = createNearMiss([
  ['add', 'add'],
  ['remove', 'remove'],
  ['delete', 'remove'],
])

/**
 * The lists in an event's properties. RudderStack's later `audiencelist` call has them as `listData.add` and
 * `listData.remove`; where both are given, both count. A list under a name that looks like one of these, or outside of
 * `properties`, is not used, and is named: it may hold people who must be taken out.
 */
export function givenLists(event: JsonObject, properties: JsonObject): GivenLists {
  const listData = isObject(properties.listData) ? properties.listData : {}
  const adds = given({ userListAdd: properties.userListAdd, 'listData.add': listData.add })
  const removals = given({ userListDelete: properties.userListDelete, 'listData.remove': listData.remove })
  return {
    add: joined(adds.map(([, list]) => list)),
    remove: joined(removals.map(([, list]) => list)),
    present: adds.length + removals.length > 0,
    malformed: [
      ...[...adds, ...removals].flatMap(([name, list]) => (Array.isArray(list) ? [] : [name])),
      ...(isGiven(properties.listData) && !isObject(properties.listData) ? ['listData'] : []),
    ],
    misspelt: [
      ...misspeltIn(properties, READ, meantProperty, ''),
      ...misspeltIn(listData, LIST_DATA, meantInListData, 'listData.'),
      ...misplacedIn(event, ''),
      ...misplacedIn(event.traits, 'traits.'),
      ...misplacedIn(isObject(event.context) ? event.context.traits : undefined, 'context.traits.'),
    ],
  }
}

const LIST_DATA = new Set(['add', 'remove'])

/** Properties of an event that are looked at one by one: more are made up, and comparing them costs time. */
const MOST_LOOKED_AT = 50
const LISTS = ['userListAdd', 'userListDelete', 'listData'] as const

/** Lists that stand where other calls have what they say about a user. */
function misplacedIn(object: unknown, prefix: string): Misspelt[] {
  if (!isObject(object)) return []
  return LISTS.filter((name) => isGiven(object[name])).map((name) => ({
    name: prefix + name,
    suggestion: `properties.${name}`,
  }))
}

function given(lists: Readonly<Record<string, unknown>>): [name: string, list: unknown][] {
  return Object.entries(lists).filter(([, list]) => isGiven(list))
}

function misspeltIn(
  object: JsonObject,
  read: ReadonlySet<string>,
  meant: (name: string) => string | undefined,
  prefix: string,
): Misspelt[] {
  const found: Misspelt[] = []
  let looked = 0
  for (const name in object) {
    if (read.has(name) || !isGiven(object[name])) continue
    if ((looked += 1) > MOST_LOOKED_AT) break
    const suggestion = meant(name)
    // A property such as `lastDate` is no list, however much its name looks like one.
    if (suggestion === undefined || (suggestion in HOLDS_USERS && typeof object[name] !== 'object')) continue
    found.push({ name: prefix + name, suggestion: prefix + suggestion })
  }
  return found
}

function joined(lists: readonly unknown[]): readonly unknown[] {
  const arrays = lists.filter((list): list is unknown[] => Array.isArray(list))
  return arrays.length === 1 ? (arrays[0] ?? []) : arrays.flat()
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
