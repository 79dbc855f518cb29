import type { TrackEvent } from './event.ts'
import type { Consent } from './consent.ts'
import { note } from './findings.ts'
import type { Findings } from './findings.ts'
import { SESSION_PROBLEMS } from '../session/session-fields.ts'
import type { UserLists } from './user-list.ts'

/** What is wrong with an event that is used all the same. */
export const WARNINGS = {
  time_unknown:
    'The event has no time that can be used (a browser must also send sentAt), so the time of its receipt counts.',
  message_id_missing: 'The event has no messageId, so nobody can tell when it is sent again.',
  field_unknown: 'Meta has no such field; it was left out of the users.',
  field_not_in_schema:
    "The destination's userSchema does not have this field, so it was left out. Add it there to send it.",
  cannot_match: 'These users have no fields, or only values that thousands of people share; they will be left out.',
  external_id_is_email:
    'The call has an e-mail address for EXTERN_ID, in its columns or where userFields looks. It would be sent without hashing, so it was left out.',
  property_unknown:
    'This looks like a list or a session field, but has another name. It was not used, and users in it were left out.',
  invalid_encoding: 'These values are not valid UTF-8; they will be left out.',
  user_not_an_object: 'These users are not JSON objects; they will be left out.',
  consent_denied:
    'These users were not added to this destination for want of consent. Without a category, they say so themselves. "said" is what is said: denied, unknown (nothing), or unreadable (neither true nor false), and "field" and "given" are where and how. Write the category as it is in the settings, in context.consent.categoryPreferences or context.consentManagement.allowedConsentIds; or give each user of a list "consent": true. Who said denied is removed as well, where the destination has "onDenial": "remove".',
  consent_unused:
    'These users say whether they consent, and this destination does not ask for it, so it kept nobody from being added there. Give the destination "consent": {"categories": […]} in the settings.',
  denial_unreadable:
    'The call may deny a consent, and this destination removes whoever does. It cannot be read as true or false, so nobody was removed. Write false at the exact name of the category; "field" and "given" are what was said.',
  ...SESSION_PROBLEMS,
} as const

export type WarningCode = keyof typeof WARNINGS

/** `count` is a number of users for warnings about users, and 1 for warnings about the event. */
export type EventWarning = {
  index: number
  code: WarningCode
  field?: string
  suggestion?: string
  /** Whom these users were not added to, the category that decides unless they do themselves, and what is said of it. */
  destination?: string
  category?: string
  said?: Consent['said']
  /** Where and in which words it is said, and `given` is short: see `Statement`. */
  given?: string
  count: number
}

type About = Pick<EventWarning, 'field' | 'suggestion' | 'destination' | 'category' | 'said' | 'given'>

/** Adds what is wrong with an event and its users. */
export function noteWarnings(
  found: Findings<EventWarning>,
  { index, time, hasMessageId, misspelt, findings: users }: TrackEvent,
  { problems, withheld }: Pick<UserLists, 'problems' | 'withheld'>,
): void {
  const warn = (code: WarningCode, count: number, about: About = {}) => {
    if (count > 0) note(found, { index, code, ...about, count }, count)
  }
  if (time.from === 'received') warn('time_unknown', 1)
  if (!hasMessageId) warn('message_id_missing', 1)
  for (const problem of problems) warn(problem, 1)
  for (const { name, suggestion } of misspelt) warn('property_unknown', 1, { field: name.slice(0, 100), suggestion })
  for (const { destination, category, said, field, given, places } of withheld)
    warn('consent_denied', places.length, {
      ...{ destination, ...(category !== undefined && { category }), said },
      ...(field !== undefined && { field }),
      ...(given !== undefined && { given }),
    })
  for (const [destinations, count] of users.consentUnused ?? [])
    for (const destination of destinations) warn('consent_unused', count, { destination })
  warn('user_not_an_object', users.notObjects)
  for (const [field, count] of users.notInSchema ?? []) warn('field_not_in_schema', count, { field })
  // Keys that resemble a field come first, because only the first ones are named.
  const unknown = [...(users.unknown ?? [])].sort(
    ([, a], [, b]) => Number(a.suggestion === undefined) - Number(b.suggestion === undefined),
  )
  for (const [field, { count, suggestion }] of unknown)
    warn('field_unknown', count, { field: field.slice(0, 100), ...(suggestion && { suggestion }) })
  warn('field_unknown', users.moreUnknown)
  warn('cannot_match', users.cannotMatch)
  warn('external_id_is_email', users.emailsAsId)
  for (const [field, count] of users.invalidEncoding ?? []) warn('invalid_encoding', count, { field })
}
