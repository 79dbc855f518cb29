import type { Logger } from '@aws-lambda-powertools/logger'

/** Every line that a function may write, and what it means. Lines are found by these codes. */
const LOG_CODES = {
  event_rejected: 'An event was not used; its sender was told so in the answer.',
  events_ignored: 'Calls of other types, or events that no destination maps, were accepted and ignored.',
  events_warned: 'Events were used although something is wrong with them; the count is by reason.',
  write_keys_unreadable:
    'An entry of the write-keys secret, or all of it, cannot be read; the last good version is used.',
  session_not_sent: 'The users of an event were sent without the session it asked for.',
  request_refused: 'A request was refused before its events were looked at.',
  request_failed: 'A request could not be stored, or not be answered; its sender was told to repeat it.',
  gateway_corrupted_gzip: 'A gateway turned a compressed body into text; binary media types must be */*.',
  write_keys_missing: 'A source of the settings has no entry in the write-keys secret: all its requests are refused.',
  unexpected_error: 'Something happened that the code does not expect.',
  message_unusable:
    'A queue message was not written by this product, or no destination takes it now; it went to the dead letters.',
  users_overtaken: 'Users were left out because a newer row about the same person exists.',
  erasure_requested:
    'A source erased people, or took that back. They are remembered; messageId is the id of the erasure.',
  erasure_done: 'An audience has let go erased people; messageId is the id of the erasure.',
  erasure_taken_back:
    'Erased people were unerased and added again before their removal; messageId is the id of the erasure.',
  users_dropped: 'Users could not be sent; the count is by reason.',
  values_left_out: 'Values of users could not be sent and were left blank; the count is by field and reason.',
  values_in_doubt: 'Values of users were sent as they are, and hardly match anybody; the count is by field and reason.',
  destination_paused: 'Somebody must act before anything can be sent to this destination or audience.',
  graph_request_failed: 'The Graph API refused or did not answer a request.',
  users_invalid: 'Meta received users that it counts as invalid.',
  users_delivered: 'Meta took users.',
  users_would_be_sent: 'A trial run would have sent users; nothing was sent.',
  users_waiting: 'Users wait in the retry queue, or in the session queue in their order.',
  message_not_hidden:
    'SQS could not hide a message for as long as it must wait; it comes again after the queue’s visibility timeout.',
  message_not_deleted: 'SQS could not delete messages that were done with; they come again, which does no harm.',
  users_given_up: 'Users went to the dead letters.',
  register_failed: 'The register could not be read or written; the users of the audience wait.',
  receipts_lost:
    'Receipts of requests, or notes why audiences wait, could not be written; only `status` and `why` lack them.',
  store_failed: 'Users could not be stored in a queue; their messages will be delivered again.',
  token_checked: 'Meta was asked how many days an access token has left.',
  token_not_checked: 'Meta could not be asked how many days an access token has left.',
  version_unknown: 'The API version is newer than the table of versions, so its end is not watched.',
} as const

type LogCode = keyof typeof LOG_CODES

/** The only things a line may hold: names from the settings, identifiers and counts. Never content. */
type LogFields = {
  messageId?: string
  source?: string
  destination?: string
  audienceId?: string
  direction?: string
  reason?: string
  /** A field of the settings, or a key that resembles one (lib/config/field-suggestion.ts). */
  field?: string
  /** A name from the settings or from the table of fields that was probably meant. */
  suggestion?: string
  /** Numbers by code. */
  counts?: Readonly<Partial<Record<string, number>>>
  list?: string
  index?: number
  count?: number
  status?: number
  graphCode?: number
  graphSubCode?: number
  fbtraceId?: string
  waitSeconds?: number
  daysLeft?: number
  advice?: string
  positions?: readonly number[]
}

export type Log = (level: 'info' | 'warn' | 'error', code: LogCode, fields?: LogFields) => void

/** Writes lines of JSON. A messageId comes from outside, so it is written only if it looks like an identifier. */
export function createLog(logger: Pick<Logger, 'info' | 'warn' | 'error'>): Log {
  return (level, code, fields = {}) => {
    const { messageId, ...rest } = fields
    logger[level](LOG_CODES[code], {
      code,
      ...rest,
      ...(messageId !== undefined && {
        messageId: /^[\w.:-]{1,128}$/.test(messageId) ? messageId : '(not an identifier)',
      }),
    })
  }
}
