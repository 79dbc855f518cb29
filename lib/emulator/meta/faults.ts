import type { GraphErrorFields } from './graph-error.ts'

/**
 * One way to go wrong.
 * - `applies`: whether the request still has its effect
 * - `error`: an answer in Meta's error shape; `page`: any other body
 * - `connection`: what happens to the connection instead of, or after a part of, the answer
 * - `usage`: which usage header says that the limit is reached
 * A fault with none of these lets the usual answer through, late.
 */
export type Fault = {
  applies: boolean
  error?: GraphErrorFields
  page?: { status: number; contentType: string; text: string }
  connection?: 'reset' | 'hang' | 'cut'
  usage?: 'business' | 'app' | 'account'
  delayMs?: number
}

type Refusal = Fault & Required<Pick<Fault, 'error'>>
const refused = (error: GraphErrorFields): Refusal => ({ applies: false, error })
const throttled = (usage: NonNullable<Fault['usage']>, error: GraphErrorFields): Refusal => ({
  applies: false,
  error,
  usage,
})
type Page = Fault & Required<Pick<Fault, 'page'>>
const html = (status: number, title: string): Page => ({
  applies: false,
  page: {
    status,
    contentType: 'text/html; charset="utf-8"',
    text: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  },
})
const page = (status: number, applies: boolean, text: string, contentType = 'application/json'): Page => ({
  applies,
  page: { status, contentType, text },
})

const EXPIRED = 'Error validating access token: Session has expired on Saturday, 13-Jun-26 05:00:00 PDT.'
const WAIT = 'Wait a bit and try again.'

/**
 * Every fault that can be asked for, by name. Codes, sub-codes and most texts are Meta's (documented or recorded);
 * an HTTP status that nobody has recorded is 400.
 */
export const FAULTS = {
  'unknown-error': refused({ status: 500, code: 1, message: 'An unknown error occurred' }),
  'unknown-error-99': refused({ status: 500, code: 1, subcode: 99, message: 'An unknown error occurred' }),
  'service-unavailable': refused({
    status: 500,
    code: 2,
    transient: true,
    message: 'An unexpected error has occurred. Please retry your request later.',
  }),
  'transient-400': refused({ status: 400, code: 2, transient: true, message: '(#2) Service temporarily unavailable' }),
  'error-in-200': refused({ status: 200, code: 2, transient: true, message: '(#2) Service temporarily unavailable' }),

  'rate-limit-80003': throttled('business', {
    status: 400,
    code: 80003,
    subcode: 2446079,
    message: `(#80003) There have been too many calls to this ad-account. ${WAIT} For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting#custom-audience.`,
  }),
  'rate-limit-4': throttled('app', {
    status: 403,
    code: 4,
    transient: true,
    message: '(#4) Application request limit reached',
  }),
  'rate-limit-17': throttled('account', {
    status: 400,
    code: 17,
    subcode: 2446079,
    message: `(#17) User request limit reached. ${WAIT}`,
  }),
  'rate-limit-32': throttled('app', { status: 400, code: 32, message: '(#32) Page request limit reached' }),
  'rate-limit-341': throttled('app', { status: 400, code: 341, message: '(#341) Application limit reached' }),
  'rate-limit-613': throttled('account', {
    status: 400,
    code: 613,
    subcode: 1487742,
    message: `(#613) Calls to this api have exceeded the rate limit. ${WAIT}`,
  }),

  'token-expired': refused({ status: 400, code: 190, subcode: 463, message: EXPIRED }),
  'token-password-changed': refused({
    status: 400,
    code: 190,
    subcode: 460,
    message: 'Error validating access token: The session has been invalidated because the password has changed.',
  }),
  'token-invalid': refused({
    status: 400,
    code: 190,
    subcode: 467,
    message: 'Error validating access token: The session is invalid.',
  }),
  'permission-denied': refused({
    status: 400,
    code: 10,
    message: '(#10) Application does not have permission for this action',
  }),
  'permission-error': refused({
    status: 400,
    code: 200,
    message: '(#200) The current user can not update this audience',
  }),
  'terms-not-accepted': refused({
    status: 400,
    code: 200,
    subcode: 1870090,
    transient: false,
    message: 'Permissions error',
    title: 'Custom Audience Terms Not Accepted',
    userMessage: 'A person of the business must accept the Custom Audience terms before audiences can be changed.',
  }),
  'terms-of-service': refused({
    status: 400,
    code: 2663,
    message: '(#2663) Terms of service has not been accepted',
  }),
  'policy-blocked': refused({
    status: 400,
    code: 368,
    message: '(#368) The action attempted has been deemed abusive or is otherwise disallowed',
  }),

  'audience-blocked': refused({
    status: 400,
    code: 100,
    subcode: 1713230,
    message: 'Invalid parameter',
    title: 'Audience Upload Blocked',
    userMessage:
      'Before updating user memberships, you must resolve integrity restrictions on this Data File Custom Audience. Go to Audience Manager to appeal the restrictions or create a new audience with updated data',
  }),
  'audience-too-small': refused({
    status: 400,
    code: 200,
    subcode: 1870047,
    transient: false,
    message: 'Permissions error',
    title: 'Audience Size too Low',
    userMessage: 'You cannot remove users from this audience because it will result in a low audience size.',
  }),
  'object-missing': refused({
    status: 400,
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
    message:
      'Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support this operation.',
  }),
  'alias-missing': refused({
    status: 400,
    code: 803,
    message: '(#803) Some of the aliases you requested do not exist: users',
  }),
  'invalid-parameter': refused({ status: 400, code: 100, message: '(#100) Invalid parameter' }),
  'update-in-progress': refused({
    status: 400,
    code: 2650,
    subcode: 1870145,
    message: '(#2650) Failed to update the custom audience',
    title: 'Audience Update In Progress',
  }),
  'update-failed': refused({
    status: 400,
    code: 2650,
    subcode: 1870148,
    message: '(#2650) Failed to update the custom audience',
    title: 'Something Went Wrong',
  }),
  'data-source-conflict': refused({
    status: 400,
    code: 2650,
    message:
      '(#2650) Failed to update the custom audience: This audience was created from data source FILE_IMPORTED.MULTI_HASHES, which does not support data source FILE_IMPORTED.HASHES_OR_USER_IDS.',
  }),
  'version-deprecated': refused({
    status: 400,
    code: 2635,
    message: '(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version.',
  }),

  'html-400': html(400, 'Bad Request'),
  'html-413': html(413, 'Request Entity Too Large'),
  'html-500': html(500, 'Sorry, something went wrong'),
  'empty-502': page(502, false, '', 'text/html'),
  'empty-200': page(200, true, ''),
  'garbage-json': page(200, true, '{"audience_id":"1","num_rec'),
  'truncated-body': { applies: true, connection: 'cut' },
  'reset-before-applying': { applies: false, connection: 'reset' },
  'reset-after-applying': { applies: true, connection: 'reset' },
  hang: { applies: false, connection: 'hang' },
  'slow-answer': { applies: true, delayMs: 1000 },
} as const satisfies Record<string, Fault>

/** The name of a fault. */
export type FaultName = keyof typeof FAULTS

/** The names, in the order of the table. */
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

/** Whether a value names a fault. */
export function isFaultName(value: unknown): value is FaultName {
  return typeof value === 'string' && Object.hasOwn(FAULTS, value)
}

/** The fault of that name. */
export function fault(name: FaultName): Fault {
  return FAULTS[name]
}
