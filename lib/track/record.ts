import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

const ACTIONS = { insert: 'add', update: 'add', delete: 'remove' } as const

/** What a record call does to its person; undefined for an action that is none of RudderStack's. */
export function recordDirection({ action }: JsonObject): 'add' | 'remove' | undefined {
  const given = typeof action === 'string' ? action.trim().toLowerCase() : ''
  return Object.hasOwn(ACTIONS, given) ? ACTIONS[given as keyof typeof ACTIONS] : undefined
}

const AUDIENCE_TYPE = /^\s*FB_CUSTOM_AUDIENCE(?:-(.*?))?\s*$/i

/**
 * The audience that a warehouse sync names in `context.externalId`; undefined where it names none. A name without a
 * readable id is empty, so that its person never lands in the audience of the source.
 */
export function audienceIdOf({ context }: JsonObject): string | undefined {
  const given = isObject(context) ? [context.externalId].flat() : []
  for (const externalId of given) {
    const type = isObject(externalId) ? externalId.type : externalId
    const named = typeof type === 'string' ? AUDIENCE_TYPE.exec(type) : null
    if (named) return named[1]?.trim() ?? ''
  }
  return undefined
}
