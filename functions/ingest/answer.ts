import type { APIGatewayProxyResult } from 'aws-lambda'
import { ERASE_PROBLEMS } from '../../lib/erasure/erase-body.ts'
import { TOO_MANY_PEOPLE } from '../../lib/track/people-bytes.ts'
import { MAX_BODY_BYTES, MAX_BODY_BYTES_WITHOUT_KEY, MAX_VALUES, TOO_LARGE } from '../../lib/track/request.ts'

const HOW_TO_SEND_THE_KEY =
  'send it as the user name of Basic authentication (curl -u KEY:), in X-Write-Key, or in ?writeKey='

/**
 * Answers that are not a success. Python SDKs retry an error that lacks `code` or `message`. Android SDKs stop on
 * "invalid write key".
 */
const REFUSALS = {
  invalid_json: [400, 'invalid json: send a JSON object or array in UTF-8, plain or gzip'],
  key_missing: [401, `invalid write key: the request has none; ${HOW_TO_SEND_THE_KEY}`],
  key_unknown: [401, `invalid write key: no source has this one; ${HOW_TO_SEND_THE_KEY}`],
  origin_not_allowed: [
    401,
    'invalid write key: its source is used from the origins in allowedOrigins alone, or, without these, from servers that send no Origin',
  ],
  signature_invalid: [
    401,
    'invalid write key: its source is signed, and x-signature is not the HMAC-SHA1 of the body with its signing secret',
  ],
  may_not_erase: [
    403,
    'the source of this write key may not erase people; use the key of a source that has "mayErase": true in the settings',
  ],
  users_missing: [400, ERASE_PROBLEMS.users_missing],
  too_many_users: [400, ERASE_PROBLEMS.too_many_users],
  too_many_asked: [400, 'the body asks about more than 100 users; ask about them in several requests'],
  no_identifier: [400, ERASE_PROBLEMS.no_identifier],
  subject_unknown: [400, ERASE_PROBLEMS.subject_unknown],
  body_key_unknown: [400, ERASE_PROBLEMS.body_key_unknown],
  query_key_unknown: [
    400,
    'nobody was looked for, because such a key may change what is meant; behind the "?" this path takes writeKey alone',
  ],
  regulation_unknown: [400, ERASE_PROBLEMS.regulation_unknown],
  wrong_regulation: [400, ERASE_PROBLEMS.wrong_regulation],
  before_unknown: [
    400,
    'no erasure has the id that "before" gives; give the id of the last erasure that was listed, or leave it out for the newest',
  ],
  not_found: [404, 'there is nothing at this path; send events to /v1/batch or /v1/track'],
  payload_too_large: [413, TOO_LARGE],
  payload_too_large_without_key: [
    413,
    `the body is too large for a request without a write key in the Authorization header: ${HOW_TO_SEND_THE_KEY}, ` +
      `and the body may hold ${MAX_BODY_BYTES / 1_000_000} MB instead of ${MAX_BODY_BYTES_WITHOUT_KEY / 1024 ** 2} MiB`,
  ],
  too_many_values: [
    413,
    `the body holds more than ${MAX_VALUES.toLocaleString('en')} objects, arrays and commas; send fewer users in a request`,
  ],
  too_many_people: [413, TOO_MANY_PEOPLE],
  too_many_to_erase: [
    413,
    'these are too many people for one request with the userFields and the several values of defaultCountry of these destinations',
  ],
  keys_unreadable: [503, 'the write key cannot be checked at the moment; repeat the request'],
  erasures_unreadable: [503, 'the list of erasures cannot be read at the moment; repeat the request'],
  unavailable: [503, 'the events could not be stored; repeat the request'],
} as const

export type Refusal = keyof typeof REFUSALS

/** What is wrong with a path that takes another method, or that was probably meant as another. */
export function wrongPath({ use, meant }: { use?: 'GET' | 'POST'; meant?: string }): string | undefined {
  if (meant !== undefined) return `nobody was erased; send it to ${meant}`
  return use && `this path takes ${use} alone; use ${use}`
}

/**
 * SDKs branch on these codes. So all kinds of a bad key share one code, and all kinds of a too large body share one.
 */
const PUBLIC_CODES: Partial<Record<Refusal, string>> = {
  key_missing: 'unauthorized',
  key_unknown: 'unauthorized',
  origin_not_allowed: 'unauthorized',
  signature_invalid: 'unauthorized',
  payload_too_large_without_key: 'payload_too_large',
  too_many_values: 'payload_too_large',
  too_many_people: 'payload_too_large',
  too_many_to_erase: 'payload_too_large',
  keys_unreadable: 'unavailable',
  erasures_unreadable: 'unavailable',
}

const RETRY_AFTER_SECONDS = '5'

/** Success is always exactly 200 with a JSON object: several SDKs retry or loop on any other 2xx. */
export function success(content: object = {}): APIGatewayProxyResult {
  return json(200, { success: true, ...content })
}

/** `found` says what is wrong with this request. It stands before the general message. */
export function refusal(reason: Refusal, found?: string): APIGatewayProxyResult {
  const [status, general] = REFUSALS[reason]
  const message = found === undefined ? general : reason === 'not_found' ? found : `${found}; ${general}`
  const answer = json(status, { success: false, code: PUBLIC_CODES[reason] ?? reason, message })
  if (status === 503) answer.headers = { ...answer.headers, 'Retry-After': RETRY_AFTER_SECONDS }
  return answer
}

export function preflight(): APIGatewayProxyResult {
  return { statusCode: 204, headers: {}, body: '' }
}

function json(statusCode: number, content: object): APIGatewayProxyResult {
  return { statusCode, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(content) }
}
