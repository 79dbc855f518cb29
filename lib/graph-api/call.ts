import * as v from 'valibot'
import type { AccessToken } from './access-token.ts'
import { transportFailure } from './client.ts'
import { judge, readJson } from './error.ts'
import type { GraphFailure } from './error.ts'
import { proofOf } from './proof.ts'

/** A call about a node or an edge that moves no users. The path begins behind the version. */
type GraphCall = { method: 'get' | 'post'; path: string; parameters: Readonly<Record<string, string>> }

/** Calls the Graph API with one token and one version, and reads the answer in this form. */
export type CallGraph = <T extends v.GenericSchema>(call: GraphCall, form: T) => Promise<Called<v.InferOutput<T>>>

/** Every failure is a value. */
export type Called<T> = { ok: true; value: T } | { ok: false; failure: GraphFailure }

type CallOptions = {
  baseUrl: string
  apiVersion: string
  token: AccessToken
  fetch: typeof fetch
  clock: () => number
  sleep: (ms: number) => Promise<void>
}

const TIMEOUT_MS = 10_000
const PAUSE_MS = 1_000

/**
 * Calls the Graph API for a person who waits. A reading that failed and may pass at once is repeated once; what changes
 * something is not, because it may have been done. Parameters travel in a form, with `method=get` for readings, so that the
 * proof is in no URL that a proxy logs.
 */
export function createGraphCall({ baseUrl, apiVersion, token, fetch, clock, sleep }: CallOptions): CallGraph {
  const once = async ({ method, path, parameters }: GraphCall): Promise<Called<unknown>> => {
    const proof = Object.entries(proofOf(token, clock)).map(([name, value]) => [name, String(value)] as const)
    try {
      const response = await fetch(`${baseUrl}/${apiVersion}/${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token.accessToken}` },
        body: new URLSearchParams({ ...parameters, ...(method === 'get' && { method }), ...Object.fromEntries(proof) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return answered(response.status, await response.text())
    } catch (error) {
      return { ok: false, failure: transportFailure(error) }
    }
  }
  return async (call, form) => {
    let answer = await once(call)
    if (!answer.ok && call.method === 'get' && judge(answer.failure).verdict === 'retry') {
      await sleep(PAUSE_MS)
      answer = await once(call)
    }
    if (!answer.ok) return answer
    const parsed = v.safeParse(form, answer.value)
    return parsed.success
      ? { ok: true, value: parsed.output }
      : { ok: false, failure: { kind: 'unreadable', status: 200, html: false } }
  }
}

function answered(status: number, text: string): Called<unknown> {
  const read = readJson(status, text)
  if (!read.ok) return read
  return status === 200
    ? { ok: true, value: read.json }
    : { ok: false, failure: { kind: 'unreadable', status, html: false } }
}
