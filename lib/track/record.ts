import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

const ACTIONS = { insert: 'add', update: 'add', delete: 'remove' } as const

/** What a record call does to its person; undefined for an action that is none of RudderStack's. */
export function recordDirection({ action }: JsonObject): 'add' | 'remove' | undefined {
  const given = typeof action === 'string' ? action.trim().toLowerCase() : ''
  return Object.hasOwn(ACTIONS, given) ? ACTIONS[given as keyof typeof ACTIONS] : undefined
}

const AUDIENCE_TYPE = /^FB_CUSTOM_AUDIENCE-(.*)$/

/** The audience that a warehouse sync names in `context.externalId`; undefined where it names none. */
export function audienceIdOf({ context }: JsonObject): string | undefined {
  const externalIds = isObject(context) && Array.isArray(context.externalId) ? (context.externalId as unknown[]) : []
  for (const externalId of externalIds) {
    const type = isObject(externalId) && typeof externalId.type === 'string' ? externalId.type : ''
    const id = AUDIENCE_TYPE.exec(type)?.[1]
    if (id !== undefined) return id
  }
  return undefined
}
