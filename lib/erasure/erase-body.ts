import { suggestField } from '../config/field-suggestion.ts'
import { createNearMiss } from '../config/nearest-name.ts'
import { ERASE_TYPES, UNERASE_TYPES, erasureBy } from '../track/erase-type.ts'
import { isObject } from '../track/json-object.ts'
import type { JsonObject } from '../track/json-object.ts'

/** What is wrong with the body of a request to erase. */
export const ERASE_PROBLEMS = {
  users_missing:
    'the body must name people; send {"users": [{"EMAIL": "ann@example.com", "PHONE": "+49 30 123456", "EXTERN_ID": "17"}]}',
  body_key_unknown:
    'nobody was looked for, because such a key may change what is meant; the body takes users, or subjectIds and subjectType, and regulationType',
  too_many_users: 'the body names more than 10,000 users; send them in several requests',
  no_identifier:
    'no user has an EMAIL, PHONE, MADID or EXTERN_ID that can be used; each must be one text, and a "userId" counts only where userFields takes it for EXTERN_ID',
  regulation_unknown: `regulationType must be one text of ${[...ERASE_TYPES, ...UNERASE_TYPES].join(', ').toUpperCase()}, or be left out`,
  wrong_regulation:
    'the regulation asks for the opposite of this path; send regulations that suppress or delete to /v1/erase, and UNSUPPRESS to /v1/unerase',
  subject_unknown: 'subjectIds are those of users: send "subjectType": "USER_ID"',
} as const

export type EraseProblem = keyof typeof ERASE_PROBLEMS

/** A request is answered in seconds, and its users are in memory several times. */
export const MOST_USERS = 10_000

type Kind = 'erase' | 'unerase'

/** `found` says what is wrong with this body. It stands before the text of the problem. */
type Users = { ok: true; users: readonly unknown[] } | { ok: false; problem: EraseProblem; found?: string | undefined }

/**
 * The users whom the body of a request to erase or unerase names. Besides `users`, and the list of users alone, it takes
 * what the regulation APIs of RudderStack (`users` with `userId`, `email`, `phone`) and Segment (`subjectIds` of users) take.
 *
 * Sources: RudderStack's User Suppression API, "Add a suppression with delete regulation"; Segment's Public API, "Create
 * Workspace Regulation".
 */
export function usersIn(body: unknown, kind: Kind): Users {
  if (Array.isArray(body)) return limited(kind, body)
  if (!isObject(body)) return { ok: false, problem: 'users_missing' }
  const { regulationType, users, subjectIds, subjectType } = body
  if (users === undefined && subjectIds === undefined)
    return { ok: false, problem: 'users_missing', found: inPlaceOfUsers(body) }
  const unknown = Object.keys(body).filter((key) => !KEYS.includes(key))
  if (unknown.length > 0) return { ok: false, problem: 'body_key_unknown', found: unknown.map(meantBy).join(', ') }
  if (regulationType !== undefined) {
    const asked = erasureBy(regulationType)
    if (asked === undefined) return { ok: false, problem: 'regulation_unknown' }
    if (asked !== kind) return { ok: false, problem: 'wrong_regulation' }
  }
  if (subjectIds !== undefined && subjectType !== undefined && subjectType !== 'USER_ID')
    return { ok: false, problem: 'subject_unknown' }
  for (const [key, list] of Object.entries({ users, subjectIds })) {
    if (list === undefined || Array.isArray(list)) continue
    return { ok: false, problem: 'users_missing', found: `"${key}" must be a list, in [ ]` }
  }
  const ids = (subjectIds ?? []) as readonly unknown[]
  return limited(kind, [...((users ?? []) as readonly unknown[]), ...ids.map((userId) => ({ userId }))])
}

/** `destinationIds` and `sourceIds` are the ids that a CDP gives: an erasure is for all destinations. */
const KEYS = ['users', 'regulationType', 'subjectIds', 'subjectType', 'destinationIds', 'sourceIds']

const meantKey = createNearMiss([
  ...KEYS.map((key) => [key, key] as const),
  ['user', 'users'],
  ['people', 'users'],
  ['persons', 'users'],
])

function limited(kind: Kind, users: readonly unknown[]): Users {
  if (users.length === 0) return { ok: false, problem: 'users_missing', found: 'the list of users is empty' }
  const opposite = kind === 'erase' ? 'unerase' : 'erase'
  const place = users.findIndex((user) => isObject(user) && erasureBy(user.type) === opposite)
  if (place >= 0) return { ok: false, problem: 'wrong_regulation', found: `user ${place} says so by its "type"` }
  return users.length > MOST_USERS ? { ok: false, problem: 'too_many_users' } : { ok: true, users }
}

/** What the body has, perhaps, in place of `users`. */
function inPlaceOfUsers(body: JsonObject): string | undefined {
  const keys = Object.keys(body)
  const misspelt = keys.find((key) => meantKey(key) === 'users' || meantKey(key) === 'subjectIds')
  if (misspelt !== undefined) return meantBy(misspelt)
  const isUser = keys.some((key) => suggestField(key) !== undefined || key === 'traits')
  return isUser ? 'this is one user, who must stand in a list' : undefined
}

function meantBy(key: string): string {
  const meant = meantKey(key)
  return meant === undefined
    ? `"${key.slice(0, 100)}" is no key of the body`
    : `"${key.slice(0, 100)}" was probably meant as "${meant}"`
}
