import * as v from 'valibot'
import type { CallGraph, Called } from './call.ts'

/** Meta ends a session so long after its first batch, and discards what comes later. Source: customer file guide. */
export const SESSION_LIFE_MS = 90 * 60_000

// All fields are texts. A session that has had its last batch is still "uploading", with an end of "0", as recorded.
const sessions = v.pipe(
  v.object({
    data: v.array(
      v.object({ start_time: v.pipe(v.string(), v.transform(Number)), end_time: v.fallback(v.string(), '0') }),
    ),
  }),
  v.transform(({ data }) => data.filter(({ end_time }) => end_time === '0').map(({ start_time }) => start_time * 1000)),
)

/** When the sessions of an audience began that may be open at `now`: ms since 1970, the oldest first. */
export async function openSessions(call: CallGraph, audienceId: string, now: number): Promise<Called<number[]>> {
  const answer = await call({ method: 'get', path: `${audienceId}/sessions`, parameters: {} }, sessions)
  if (!answer.ok) return answer
  return { ok: true, value: answer.value.filter((begun) => now - begun < SESSION_LIFE_MS).sort((a, b) => a - b) }
}
