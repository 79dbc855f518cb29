import * as v from 'valibot'
import { CODES, VERDICTS } from './verdicts.ts'
import type { Verdict } from './verdicts.ts'

/** A failed request. It carries codes, identifiers and Meta's title; never a token, a row or a message. */
export type GraphFailure =
  | {
      kind: 'graph'
      status: number
      code: number
      subCode: number | undefined
      isTransient: boolean
      /**
       * Meta refuses the proof of the app secret, or the proof is missing: code 100, with another type than for
       * parameters.
       */
      isProofError: boolean
      title: string | undefined
      fbtraceId: string | undefined
    }
  | { kind: 'unreadable'; status: number; html: boolean }
  | { kind: 'timeout' }
  | { kind: 'network'; reason: string }

/** Meta's id of a request. It becomes an attribute of a queue message, and these may not hold every character. */
export const TRACE_ID = /^[\w+/=-]{1,100}$/

// Only the code must be readable. A surprise in another field must not hide what Meta said.
const text = v.fallback(v.optional(v.string()), undefined)
const errorBody = v.object({
  error: v.object({
    code: v.number(),
    error_subcode: v.fallback(v.optional(v.number()), undefined),
    is_transient: v.fallback(v.boolean(), false),
    type: text,
    error_user_title: text,
    fbtrace_id: v.fallback(v.optional(v.pipe(v.string(), v.regex(TRACE_ID))), undefined),
  }),
})

/** Such as ECONNREFUSED, TimeoutError or SyntaxError. Nothing else of an error: messages may quote what was sent. */
export function transportReason({ cause, name }: Error): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : name
}

/** Reads Meta's error object, whatever the HTTP status; undefined when the body has none. */
export function parseGraphError(status: number, body: unknown): GraphFailure | undefined {
  const parsed = v.safeParse(errorBody, body)
  if (!parsed.success) return undefined
  const { code, error_subcode, is_transient, type, error_user_title, fbtrace_id } = parsed.output.error
  return {
    kind: 'graph',
    status,
    code,
    subCode: error_subcode,
    isTransient: is_transient,
    isProofError: code === 100 && error_subcode === undefined && type === 'GraphMethodException',
    title: error_user_title,
    fbtraceId: fbtrace_id,
  }
}

/** Reads an answer of Meta that should be JSON without an error object, whatever the HTTP status. */
export function readJson(
  status: number,
  text: string,
): { ok: true; json: unknown } | { ok: false; failure: GraphFailure } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { ok: false, failure: { kind: 'unreadable', status, html: /^\s*</.test(text) } }
  }
  const failure = parseGraphError(status, json)
  return failure ? { ok: false, failure } : { ok: true, json }
}

/**
 * The only judge of failures. It goes by code, sub-code and `is_transient`, as Meta asks. The HTTP status counts only
 * if there is no error object. Source: developers.facebook.com/docs/graph-api/guides/error-handling.
 */
export function judge(failure: GraphFailure): Verdict {
  if (failure.kind === 'timeout') return VERDICTS.timeout
  if (failure.kind === 'network') return VERDICTS.network
  if (failure.kind === 'unreadable') {
    const isTooLarge = failure.status === 413 || (failure.status === 400 && failure.html)
    return isTooLarge ? VERDICTS.page : VERDICTS.network
  }
  const { code, subCode, isTransient, isProofError } = failure
  const verdict =
    CODES[isProofError ? '104' : `${code}/${subCode}`] ??
    CODES[String(code)] ??
    (code > 200 && code < 300 ? CODES['200–299'] : undefined)
  const givesUp = !verdict || verdict.verdict === 'reject' || verdict.verdict === 'pause'
  return isTransient && givesUp ? VERDICTS.transient : (verdict ?? VERDICTS.unknown)
}

/** A short name for logs, metrics and dead letters, such as `graph_190_463`, `timeout` or `http_502`. */
export function failureReason(failure: GraphFailure): string {
  if (failure.kind === 'unreadable') return `http_${failure.status}`
  if (failure.kind !== 'graph') return failure.kind
  return ['graph', failure.code, failure.subCode].filter((part) => part !== undefined).join('_')
}

/**
 * Codes of connections that never came about, so Meta has seen nothing of the request. Codes that also occur in the
 * midst of a request are not here: unreachable hosts, and TLS failures (`ERR_SSL_…`).
 */
const NEVER_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_ALTNAME_INVALID|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/

/** Whether a failed request may still take effect: Meta may have it and did not answer. */
export function mayTakeEffectLater(failure: GraphFailure): boolean {
  if (failure.kind === 'timeout') return true
  if (failure.kind === 'network') return !NEVER_SENT.test(failure.reason)
  return failure.kind === 'unreadable' && failure.status >= 500
}
