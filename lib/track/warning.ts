import type { TrackEvent } from './event.ts'
import { note } from './findings.ts'
import type { Findings } from './findings.ts'
import { SESSION_PROBLEMS } from '../session/session-fields.ts'
import type { UserLists } from './user-list.ts'

/** What is wrong with an event that is used all the same. */
export const WARNINGS = {
  time_unknown:
    'The event says no time that can be used (of a browser: no sentAt beside it), so it counts as happened when it was received.',
  message_id_missing: 'The event has no messageId, so its repetitions cannot be recognised.',
  field_unknown: 'This field of the users is none of Meta’s; it was left out.',
  field_not_in_schema: "The destination's userSchema does not have this field; add it there, or it is left out.",
  cannot_match: 'These users have no fields, or only such as thousands of people share; they will be left out.',
  property_unknown: 'This looks like a list or a session field and is none; it was not used, nor were the users in it.',
  invalid_encoding: 'These values are no valid UTF-8; they will be left out.',
  user_not_an_object: 'These users are not JSON objects; they will be left out.',
  ...SESSION_PROBLEMS,
} as const

export type WarningCode = keyof typeof WARNINGS

/** `count` is of users where it is about users, and else of the event. */
export type EventWarning = {
  index: number
  code: WarningCode
  field?: string
  suggestion?: string
  count: number
}

/** Adds what is wrong with an event and its users. */
export function noteWarnings(
  found: Findings<EventWarning>,
  { index, time, hasMessageId, misspelt }: TrackEvent,
  { problems, users }: Pick<UserLists, 'problems' | 'users'>,
): void {
  const warn = (code: WarningCode, count: number, about: Pick<EventWarning, 'field' | 'suggestion'> = {}) => {
    if (count > 0) note(found, { index, code, ...about, count }, count)
  }
  if (time.from === 'received') warn('time_unknown', 1)
  if (!hasMessageId) warn('message_id_missing', 1)
  for (const problem of problems) warn(problem, 1)
  for (const { name, suggestion } of misspelt) warn('property_unknown', 1, { field: name.slice(0, 100), suggestion })
  warn('user_not_an_object', users.notObjects)
  for (const [field, count] of users.notInSchema ?? []) warn('field_not_in_schema', count, { field })
  // Those that resemble a field come first: of many others, only the first are named.
  const unknown = [...(users.unknown ?? [])].sort(
    ([, a], [, b]) => Number(a.suggestion === undefined) - Number(b.suggestion === undefined),
  )
  for (const [field, { count, suggestion }] of unknown)
    warn('field_unknown', count, { field: field.slice(0, 100), ...(suggestion && { suggestion }) })
  warn('field_unknown', users.moreUnknown)
  warn('cannot_match', users.cannotMatch)
  for (const [field, count] of users.invalidEncoding ?? []) warn('invalid_encoding', count, { field })
}
