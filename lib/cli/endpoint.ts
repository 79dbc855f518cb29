import * as v from 'valibot'
import { isPrivateAddress } from '../config/private-address.ts'
import type { Surroundings } from './surroundings.ts'
import { UsageError } from './wrong-use.ts'

const LOCAL_STACK = 'http://127.0.0.1:3000'
const LOCAL_KEY = 'local-write-key'

/** Longer than any answer takes behind API Gateway, which ends a request after 29 s. */
const PATIENCE_MS = 40_000

type Endpoint = { url: string; key: string; isLocalKey: boolean }

type Request = { method: 'GET' | 'POST'; path: string; body?: unknown }

/** `json` is the whole answer, as it came. */
type Answered<T> =
  { ok: true; answer: T; json: unknown } | { ok: false; status: 1 | 2 | 3; message: string; json: unknown }

/** Where the service is, and the key for it. Throws UsageError. */
export function endpointOf(
  option: string | undefined,
  { trackUrl, writeKey }: Pick<Surroundings, 'trackUrl' | 'writeKey'>,
): Endpoint {
  const url = option ?? trackUrl ?? LOCAL_STACK
  if (!isPrivateAddress(url))
    throw new UsageError(
      `${option === undefined ? 'TRACK_URL' : '--url'} must be an address that begins with https://, or with http:// on this machine, such as ${LOCAL_STACK}, and is "${url}"`,
    )
  if (writeKey === '') throw new UsageError('WRITE_KEY is empty; set it to the write key of a source, or unset it')
  return { url: url.replace(/\/+$/, ''), key: writeKey ?? LOCAL_KEY, isLocalKey: writeKey === undefined }
}

/** Sends a request to the service. What it answers must have this form. */
export async function ask<T extends v.GenericSchema>(
  { url, ...key }: Endpoint,
  { method, path, body }: Request,
  form: T,
  fetch: Surroundings['fetch'],
): Promise<Answered<v.InferOutput<T>>> {
  let status: number
  let text: string
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${key.key}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirected POST would become a GET.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    return { ok: false, status: 3, message: outOfReach(url, error), json: undefined }
  }
  const json = parsed(text)
  const answer = v.safeParse(form, json)
  if (status === 200 && answer.success) return { ok: true, answer: answer.output, json }
  const refusal = v.safeParse(REFUSAL, json)
  if (status === 200 || !refusal.success)
    return {
      ok: false,
      status: status >= 500 ? 3 : 1,
      message: `${url} answers ${status}, and not as this service does: see whether the address is right`,
      json,
    }
  const about = status === 401 || status === 403 ? `\n${aboutKey(key)}` : ''
  return { ok: false, status: exitStatus(status), message: `${printable(refusal.output.message)}${about}`, json }
}

const REFUSAL = v.object({ code: v.string(), message: v.string() })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function exitStatus(status: number): 1 | 2 | 3 {
  if (status === 400 || status === 413) return 2
  return status === 429 || status >= 500 ? 3 : 1
}

function aboutKey({ isLocalKey }: Omit<Endpoint, 'url'>): string {
  return isLocalKey
    ? `WRITE_KEY is not set, so the key was ${LOCAL_KEY}, which only the local stack knows.`
    : 'The key was that of WRITE_KEY.'
}

function outOfReach(url: string, error: unknown): string {
  const { name, cause } = error as { name: string; cause?: { code?: string; message?: string } }
  if (cause?.code === 'ECONNREFUSED') return `nothing answers at ${url}: start it with npm start, or give --url`
  const reason =
    name === 'TimeoutError' ? `no answer in ${PATIENCE_MS / 1000} s` : (cause?.code ?? cause?.message ?? name)
  return `${url} cannot be reached (${reason}): see whether the address is right, and repeat the command`
}

// Text from outside must not control the terminal.
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
