import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

const ACTIONS = { insert: 'add', update: 'add', delete: 'remove' } as const

/** What a record call does to its person; undefined for an action that is none of RudderStack's. */
export function recordDirection({ action }: JsonObject): 'add' | 'remove' | undefined {
  const given = typeof action === 'string' ? action.trim().toLowerCase() : ''
  return Object.hasOwn(ACTIONS, given) ? ACTIONS[given as keyof typeof ACTIONS] : undefined
}

const AUDIENCE_TYPE = /^FB_CUSTOM_AUDIENCE(?:-(.*))?$/i

/**
 * The audience that a warehouse sync names in `context.externalId`: undefined where it names none, and the empty text where
 * it names one without its id. That must not pass for none: its person would land in the audience of the source.
 */
export function audienceIdOf({ context }: JsonObject): string | undefined {
  const externalIds: unknown[] = isObject(context) ? [context.externalId].flat() : []
  for (const externalId of externalIds) {
    const type = isObject(externalId) && typeof externalId.type === 'string' ? externalId.type : ''
    const named = AUDIENCE_TYPE.exec(type.trim())
    if (named) return named[1]?.trim() ?? ''
  }
  return undefined
}
