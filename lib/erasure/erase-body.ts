import { isObject } from '../track/json-object.ts'
import type { JsonObject } from '../track/json-object.ts'

/** What is wrong with the body of a request to erase. */
export const ERASE_PROBLEMS = {
  users_missing:
    'the body names nobody; send {"users": [{"EMAIL": "ann@example.com", "PHONE": "+49 30 123456", "EXTERN_ID": "17"}]}',
  too_many_users: 'the body names more than 10,000 users; send them in several requests',
  no_identifier:
    'no user has an EMAIL, PHONE, MADID or EXTERN_ID that can be used; a phone number needs its country code, or COUNTRY beside it, and a "userId" counts only where userFields takes it for EXTERN_ID',
  wrong_regulation:
    'this regulationType asks for the opposite of this path; send regulations that suppress or delete to /v1/erase, and UNSUPPRESS to /v1/unerase',
  subject_unknown: 'subjectIds are those of users: send "subjectType": "USER_ID"',
} as const

export type EraseProblem = keyof typeof ERASE_PROBLEMS

/** A request is answered in seconds, and its users are in memory several times. */
const MOST_USERS = 10_000

/**
 * The people whom the body of a request to erase or unerase names, each described as in a call. Besides `users` it takes
 * what the regulation APIs of RudderStack (`users` with `userId`, `email`, `phone`) and Segment (`subjectIds` of users) take.
 *
 * Sources: RudderStack's User Suppression API, "Add a suppression with delete regulation"; Segment's Public API, "Create
 * Workspace Regulation".
 */
export function peopleIn(
  body: unknown,
  kind: 'erase' | 'unerase',
): { ok: true; people: readonly JsonObject[] } | { ok: false; problem: EraseProblem } {
  if (!isObject(body)) return { ok: false, problem: 'users_missing' }
  const { regulationType, users, subjectIds, subjectType } = body
  if (typeof regulationType === 'string' && /^unsuppress/i.test(regulationType) !== (kind === 'unerase'))
    return { ok: false, problem: 'wrong_regulation' }
  if (subjectIds !== undefined && subjectType !== undefined && subjectType !== 'USER_ID')
    return { ok: false, problem: 'subject_unknown' }
  const named: unknown =
    users ?? (Array.isArray(subjectIds) ? subjectIds.map((userId: unknown) => ({ userId })) : users)
  if (!Array.isArray(named) || named.length === 0) return { ok: false, problem: 'users_missing' }
  if (named.length > MOST_USERS) return { ok: false, problem: 'too_many_users' }
  return { ok: true, people: named.map(asCall) }
}

function asCall(user: unknown): JsonObject {
  if (!isObject(user)) return {}
  const { userId, ...identifiers } = user
  return { userId, traits: user, identifiers }
}
