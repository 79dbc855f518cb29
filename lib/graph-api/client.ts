import * as v from 'valibot'
import type { AccessToken } from './access-token.ts'
import { TRACE_ID, readJson, transportReason } from './error.ts'
import type { GraphFailure } from './error.ts'
import { proofOf } from './proof.ts'
import { ACCOUNT_EDGE } from './request.ts'
import type { GraphRequest } from './request.ts'
import { readUsage } from './usage.ts'
import type { Usage } from './usage.ts'

/** What Meta says about the users it received. The samples map the JSON of a row, as it was sent, to a reason. */
export type Received = { numReceived: number; numInvalid: number; invalidSamples: Readonly<Record<string, string>> }

type ReadAnswer = { ok: true; received: Received } | { ok: false; failure: GraphFailure }

/** `requestId`: Meta's id of the request, from the headers; in an error it is the `fbtrace_id` too. */
export type GraphAnswer = { usage: Usage; requestId?: string } & ReadAnswer

export type SendRequest = (request: GraphRequest, token: AccessToken, timeoutMs: number) => Promise<GraphAnswer>

type ClientOptions = { baseUrl: string; fetch: typeof fetch; clock: () => number }

// Only the count must be readable. A surprise in another field must not have the users sent again.
const receivedBody = v.object({
  num_received: v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer()),
  num_invalid_entries: v.fallback(v.number(), 0),
  invalid_entry_samples: v.fallback(v.record(v.string(), v.string()), {}),
})

/** Meta does not document what the edge of an ad account answers. A 200 without an error is taken for a success. */
const NOT_COUNTED: Received = { numReceived: Infinity, numInvalid: 0, invalidSamples: {} }

const NO_USAGE: Usage = { adAccounts: [], appPercent: undefined, accountPercent: undefined }

/**
 * Calls the Graph API. Every failure is a value. The token travels in the Authorization header and the proof in the
 * body, so that no proxy logs them.
 */
export function createGraphClient({ baseUrl, fetch, clock }: ClientOptions): SendRequest {
  return async ({ method, path, body }, token, timeoutMs) => {
    let status
    let text
    let usage = NO_USAGE
    let requestId: { requestId?: string } = {}
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token.accessToken}`, 'Content-Type': 'application/json' },
        body: withProof(body, token, clock),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = response.status
      usage = readUsage(response.headers)
      requestId = readRequestId(response.headers)
      text = await response.text()
    } catch (error) {
      return { ok: false, usage, ...requestId, failure: transportFailure(error) }
    }
    return { usage, ...requestId, ...readAnswer(status, text, path.endsWith(ACCOUNT_EDGE)) }
  }
}

/** The body, with the proof added to its parameters. */
function withProof(body: string, token: AccessToken, clock: () => number): string {
  const proof = JSON.stringify(proofOf(token, clock))
  return proof === '{}' ? body : `${body.slice(0, -1)},${proof.slice(1)}`
}

function readRequestId(headers: Headers): { requestId?: string } {
  const id = headers.get('x-fb-request-id') ?? ''
  return TRACE_ID.test(id) ? { requestId: id } : {}
}

/** Reads what Meta answered: the counts of a success, or the failure. */
export function readAnswer(status: number, text: string, isOfAccount: boolean): ReadAnswer {
  const read = readJson(status, text)
  if (!read.ok) return read
  const parsed = v.safeParse(receivedBody, read.json)
  if (!parsed.success && status === 200 && isOfAccount && !saysNo(read.json)) return { ok: true, received: NOT_COUNTED }
  if (!parsed.success || status !== 200) return { ok: false, failure: { kind: 'unreadable', status, html: false } }
  const { num_received, num_invalid_entries, invalid_entry_samples } = parsed.output
  return {
    ok: true,
    received: {
      numReceived: num_received,
      numInvalid: num_invalid_entries,
      invalidSamples: invalid_entry_samples,
    },
  }
}

function saysNo(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'success' in json && json.success !== true
}

/** Why a request had no answer, from what `fetch` threw. */
export function transportFailure(error: unknown): GraphFailure {
  if (!(error instanceof Error)) return { kind: 'network', reason: '' }
  return error.name === 'TimeoutError' ? { kind: 'timeout' } : { kind: 'network', reason: transportReason(error) }
}
