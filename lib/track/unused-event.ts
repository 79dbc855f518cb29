/** Why an event was not used, with what its sender can do about it. */
export const REJECTIONS = {
  no_events: 'The body holds no event; send {"batch": […]}, an array of events, or one event.',
  not_an_object: 'The event is not a JSON object.',
  event_name_missing: 'The track call has no event name; send it as the text field "event".',
  lists_missing:
    'The properties have neither userListAdd nor userListDelete. If the event is about one person, give it an "action" in the settings.',
  lists_empty: 'Both user lists are empty.',
  list_not_an_array: 'This list is not an array of objects; it was left out.',
  person_missing:
    'The call does not say who it is about: it has no value for the userSchema, or only values that thousands of people share. Say in userFields where they are; a record has them in fields or identifiers. An e-mail address is never taken for EXTERN_ID.',
  denial_person_missing:
    'The call denies a consent, and a destination removes whoever does. It does not say whom by EMAIL, PHONE, MADID or EXTERN_ID, so nobody was removed. Say in userFields where they are.',
  membership_value: 'This property is the key of an audience. Its value must be true or false.',
  record_action: 'The action of a record must be "insert", "update" or "delete".',
  audience_missing:
    'The call names no audience. Give its source one in sourceAudience, or name one of the settings in context.externalId.',
  audience_unknown:
    'context.externalId must name one audience that a destination of this source has in its settings. Write it as [{"type": "FB_CUSTOM_AUDIENCE-23846440602800585"}], with one such entry.',
  may_not_erase:
    'The source of this write key may not erase people. Use the key of a source that has "mayErase": true in the settings.',
  call_type:
    'Nobody was erased, because this is no type of call that erases. Write "type": "delete" or "suppress", or send the person to /v1/erase.',
  unerase_call:
    'No call takes an erasure back, so nothing was changed. Send these people to /v1/unerase, with the same identifiers.',
  session_ids_equal: 'sessionIdAdd and sessionIdDelete are the same; Meta needs one session for each direction.',
} as const

/** Why an event is accepted and ignored. */
export const IGNORED = {
  event_unmapped: 'No destination maps this event name (case matters); it is accepted and ignored.',
  membership_unmapped: 'No destination has this audience key in its memberships; it is accepted and ignored.',
  call_type:
    'Calls of this type lead to nothing: it is not "track" in small letters, nor identify with memberships in the settings. It is accepted and ignored.',
} as const

export type RejectionCode = keyof typeof REJECTIONS

/**
 * `keys` are the keys that the event or the body has in place of what is missing; for person_missing and denial_person_missing, paths that
 * userFields can name. `field` is the property in question, and `suggestion` the name that was probably meant.
 */
export type RejectedEvent = {
  index: number
  messageId: string | null
  code: RejectionCode
  keys?: readonly string[]
  field?: string
  suggestion?: string
  /** What a call that erases has in place of an identifier. */
  found?: string
}

/** Calls of other types (page, screen …), and what nobody maps: most of what a tracking SDK sends. */
export type IgnoredEvent =
  | { index: number; code: 'event_unmapped'; event: string }
  /** `key` is that of the audience; null where the call has none. */
  | { index: number; code: 'membership_unmapped'; key: string | null }
  /** `suggestion` is the type that was probably meant. */
  | { index: number; code: 'call_type'; type: string | null; suggestion?: string }
