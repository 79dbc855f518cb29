import type { APIGatewayProxyResult } from 'aws-lambda'

/** Answers that are not a success. Python SDKs retry an error without both `code` and `message`; Android stops on "invalid write key". */
const REFUSALS = {
  invalid_json: [400, 'invalid json: the body must be a JSON object or array, plain or gzip'],
  key_missing: [401, 'failed to read writekey; invalid write key'],
  key_unknown: [401, 'invalid write key'],
  signature_invalid: [401, 'invalid signature: x-signature must be the HMAC-SHA1 of the body; invalid write key'],
  not_found: [404, 'there is nothing at this path; send events to /v1/batch or /v1/track'],
  payload_too_large: [413, 'the body is too large: at most 16 MiB decoded, and about 4.5 MB through the gateway'],
  unavailable: [503, 'the events could not be stored; repeat the request'],
} as const

export type Refusal = keyof typeof REFUSALS

/** SDKs branch on these codes, so both kinds of a bad key share one. */
const PUBLIC_CODES: Partial<Record<Refusal, string>> = {
  key_missing: 'unauthorized',
  key_unknown: 'unauthorized',
  signature_invalid: 'unauthorized',
}

const RETRY_AFTER_SECONDS = '5'

/** Success is always exactly 200 with a JSON object: several SDKs retry or loop on any other 2xx. */
export function success(content: object = {}): APIGatewayProxyResult {
  return json(200, { success: true, ...content })
}

export function refusal(reason: Refusal): APIGatewayProxyResult {
  const [status, message] = REFUSALS[reason]
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
