import * as v from 'valibot'
import type { Surroundings } from '../../surroundings.ts'
import type { Post } from '../../post.ts'
import { printable } from '../../terminal/terminal.ts'

/** Longer than any answer takes behind API Gateway, which ends a request after 29 s. */
const PATIENCE_MS = 40_000

/** The waits before the next attempt of a request that may pass later. Together they are about three minutes. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000]
const LONGEST_WAIT_MS = 60_000

const finding = v.object({
  code: v.string(),
  message: v.optional(v.string()),
  field: v.optional(v.string()),
  destination: v.optional(v.string()),
  suggestion: v.optional(v.string()),
  index: v.optional(v.number()),
  count: v.optional(v.number(), 1),
})
const ANSWER = v.object({
  success: v.literal(true),
  accepted: v.number(),
  ignored: v.optional(v.array(finding), []),
  rejected: v.optional(v.array(finding), []),
  warnings: v.optional(v.array(finding), []),
  counts: v.optional(v.record(v.string(), v.number())),
})
const REFUSAL = v.object({ code: v.string(), message: v.string() })

export type Answer = v.InferOutput<typeof ANSWER>
export type Finding = v.InferOutput<typeof finding>

/** `isOutOfReach`: it may pass later, and was tried for long enough. Else the service refused it, and would again. */
export type Delivery =
  | { ok: true; answer: Answer }
  | { ok: false; why: 'interrupted' }
  | { ok: false; why: 'refused' | 'out_of_reach'; code: string; message: string }

type Means = Pick<Surroundings, 'post' | 'sleep'> & {
  url: string
  key: string
  /** Aborted when no further attempt is wanted; a request that is under way goes on. */
  signal: AbortSignal
  /** Says that there is a wait, and why. */
  onWait: (reason: string, ms: number) => void
}

/** Sends a request until it is acknowledged or refused. What passes later is tried again, with growing waits. */
export async function deliver(body: Buffer, { url, key, post, sleep, signal, onWait }: Means): Promise<Delivery> {
  for (let attempt = 0; ; attempt += 1) {
    const tried = await attemptOf(body, url, key, post)
    if (tried.result) return tried.result
    const wait = WAITS_MS[attempt]
    if (wait === undefined) return { ok: false, why: 'out_of_reach', code: tried.code, message: tried.message }
    const ms = Math.min(Math.max(wait, tried.retryAfterMs), LONGEST_WAIT_MS)
    onWait(tried.message, ms)
    await sleep(ms, signal)
    if (signal.aborted) return { ok: false, why: 'interrupted' }
  }
}

type Attempt = { result: Delivery } | { result?: undefined; code: string; message: string; retryAfterMs: number }

async function attemptOf(body: Buffer, url: string, key: string, post: Post): Promise<Attempt> {
  let answer: Awaited<ReturnType<Post>>
  try {
    answer = await post(`${url}/v1/batch`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body,
      patienceMs: PATIENCE_MS,
    })
  } catch (error) {
    return { code: 'no_answer', message: noAnswer(error), retryAfterMs: 0 }
  }
  const { status, text } = answer
  const json = parsed(text)
  if (status === 200) {
    const read = v.safeParse(ANSWER, json)
    if (read.success) return { result: { ok: true, answer: read.output } }
  }
  const refusal = v.safeParse(REFUSAL, json)
  const code = refusal.success ? printable(refusal.output.code) : `http_${status}`
  const message = refusal.success
    ? `${status} ${code}: ${printable(refusal.output.message)}`
    : `${status}, which is no answer of this service: see whether the address is right`
  if (status !== 429 && status < 500) return { result: { ok: false, why: 'refused', code, message } }
  const seconds = Number(answer.headers['retry-after'] ?? 0)
  return { code, message, retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0 }
}

function noAnswer(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ETIMEDOUT' ? `no answer in ${PATIENCE_MS / 1000} s` : `no answer (${code ?? message})`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
