/** Codes that only `explain` needs, beside those of answers, metrics and logs. */
export const EXPLANATION_CODES = {
  event_unmapped: 'No destination maps this event name; it is acknowledged and ignored.',
  not_a_track_event: 'There is no track call in it; it is acknowledged and ignored.',
  message_id_missing: 'The event has no messageId, so its repetitions cannot be recognised.',
} as const
