import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

const ACTIONS = { insert: 'add', update: 'add', delete: 'remove' } as const

/** What a record call does to its person; undefined for an action that is none of RudderStack's. */
export function recordDirection({ action }: JsonObject): 'add' | 'remove' | undefined {
  const given = typeof action === 'string' ? action.trim().toLowerCase() : ''
  return Object.hasOwn(ACTIONS, given) ? ACTIONS[given as keyof typeof ACTIONS] : undefined
}

/**
 * The audience that a warehouse sync names in `context.externalId`; undefined where it names none. It is empty where the
 * name has no plain id, stands in another place than that of types, or is one of several: then its person never lands in
 * the audience of the source.
 */
export function audienceIdOf({ context }: JsonObject): string | undefined {
  const given = isObject(context) ? [context.externalId].flat() : []
  const ids = new Set<string>()
  for (const externalId of given) {
    const type = isObject(externalId) ? externalId.type : externalId
    if (typeof type === 'string' && AUDIENCE.test(type)) ids.add(idIn(type))
    else if (mentionsAudience(externalId)) ids.add('')
  }
  const [id] = ids
  return ids.size > 1 ? '' : id
}

const AUDIENCE = /FB_CUSTOM_AUDIENCE/i
const PREFIX = 'FB_CUSTOM_AUDIENCE-'
const LONGEST_TYPE = 200

function idIn(type: string): string {
  const name = type.length > LONGEST_TYPE ? '' : type.trim()
  const id = name.toUpperCase().startsWith(PREFIX) ? name.slice(PREFIX.length).trim() : ''
  return /^\d+$/.test(id) ? id : ''
}

// A loop in place of recursion: JSON may be nested deeper than the stack.
function mentionsAudience(value: unknown): boolean {
  const unseen = [value]
  while (unseen.length > 0) {
    const next = unseen.pop()
    if (typeof next === 'string' && AUDIENCE.test(next)) return true
    if (Array.isArray(next)) for (const item of next) unseen.push(item)
    else if (isObject(next)) for (const key in next) unseen.push(key, next[key])
  }
  return false
}
