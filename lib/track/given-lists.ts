import { createNearMiss } from '../config/nearest-name.ts'
import { SESSION_PROPERTIES } from '../session/session-fields.ts'
import { isGiven, isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** A name that we do not know, and the name that was probably meant. */
export type Misspelt = { name: string; suggestion: string }

/** The user lists of an event. */
export type GivenLists = {
  add: readonly unknown[]
  remove: readonly unknown[]
  /** Whether there is any list, even an empty one. */
  present: boolean
  /** Properties with another value where an array belongs. */
  malformed: readonly string[]
  /** Names that are not read, but look like known ones or stand in the wrong place. */
  misspelt: readonly Misspelt[]
}

const LISTS = ['userListAdd', 'userListDelete', 'listData'] as const
const LIST_DATA = new Set(['add', 'remove'])

/** Only a list or an object is taken for these. A property such as `lastDate` is not, however similar its name. */
const HOLDS_USERS = new Set<string>([...LISTS, ...LIST_DATA])

/** Whether a name, perhaps with the place before it, is that of a list of users. */
export function isListName(name: string): boolean {
  return HOLDS_USERS.has(name.slice(name.lastIndexOf('.') + 1))
}

/** The properties that are read. */
const READ = new Set<string>([...LISTS, ...Object.values(SESSION_PROPERTIES).flat()])

/** The known names, the names that people write in their place, and how many slips of the pen are allowed. */
const meantProperty = createNearMiss([
  ['userListAdd', 'userListAdd', 2],
  ['userListDelete', 'userListDelete', 2],
  ['userListRemove', 'userListDelete', 2],
  ['userListDel', 'userListDelete', 2],
  ['userList', 'userListAdd', 0],
  ['users', 'userListAdd', 0],
  ['members', 'userListAdd', 0],
  ['listData', 'listData', 1],
  ...Object.keys(SESSION_PROPERTIES).map((name) => [name, name, 1] as const),
  ...Object.entries(SESSION_PROPERTIES).flatMap(([name, spellings]) =>
    spellings.map((spelling) => [spelling, name, 0] as const),
  ),
  ['sessionIdRemove', 'sessionIdDelete', 0],
  ['lastBatch', 'lastBatchFlag', 0],
])
const meantInListData = createNearMiss([
  ['add', 'add'],
  ['remove', 'remove'],
  ['delete', 'remove'],
  ['update', 'add'],
  ['insert', 'add'],
])

/** Words that other lists of a shop may have as a name too: these are lists of users where they hold objects. */
const COMMON = new Set(['users', 'members'])

/**
 * The lists in an event's properties. RudderStack's later `audiencelist` call has them as `listData.add` and
 * `listData.remove`. If both forms are given, both count. A list under a similar name, or outside of `properties`, is
 * not used but reported, because it may name people who must be removed.
 */
export function givenLists(event: JsonObject, properties: JsonObject): GivenLists {
  const listData = isObject(properties.listData) ? properties.listData : {}
  const adds = given({ userListAdd: properties.userListAdd, 'listData.add': listData.add })
  const removals = given({ userListDelete: properties.userListDelete, 'listData.remove': listData.remove })
  return {
    add: joined(adds.map(([, list]) => list)),
    remove: joined(removals.map(([, list]) => list)),
    // Whatever it holds, the call is about users: not about the person who sends it.
    present: adds.length + removals.length > 0 || isObject(properties.listData),
    malformed: [
      ...[...adds, ...removals].flatMap(([name, list]) => (Array.isArray(list) ? [] : [name])),
      ...(isGiven(properties.listData) && !isObject(properties.listData) ? ['listData'] : []),
    ],
    misspelt: [
      ...misspeltIn(properties, READ, meantProperty, ''),
      ...misspeltIn(listData, LIST_DATA, meantInListData, 'listData.', 'add or listData.remove'),
      ...misplacedIn(event, ''),
      ...misplacedIn(event.traits, 'traits.'),
      ...misplacedIn(isObject(event.context) ? event.context.traits : undefined, 'context.traits.'),
    ],
  }
}

/** How many properties of an event are compared with known names. More are made up, and comparing them costs time. */
const MOST_LOOKED_AT = 50
/** Lists in the places where other calls describe a user. */
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
  otherwise?: string,
): Misspelt[] {
  const found: Misspelt[] = []
  let hasOthers = false
  let looked = 0
  for (const name in object) {
    if (read.has(name) || !isGiven(object[name])) continue
    if ((looked += 1) > MOST_LOOKED_AT) break
    const near = meant(name)
    const suggestion = near ?? otherwise
    if (suggestion === undefined || (isListName(suggestion) && !mayHoldUsers(name, object[name]))) continue
    if (near !== undefined) found.push({ name: prefix + name, suggestion: prefix + near })
    else hasOthers = true
  }
  // A name that is like no known one may be a person's e-mail address, so the place alone is told.
  if (hasOthers) found.push({ name: prefix.slice(0, -1), suggestion: `${prefix}${otherwise ?? ''}` })
  return found
}

function mayHoldUsers(name: string, value: unknown): boolean {
  if (COMMON.has(name.toLowerCase())) return Array.isArray(value) && value.some(isObject)
  return typeof value === 'object'
}

function joined(lists: readonly unknown[]): readonly unknown[] {
  const arrays = lists.filter((list): list is unknown[] => Array.isArray(list))
  return arrays.length === 1 ? (arrays[0] ?? []) : arrays.flat()
}
