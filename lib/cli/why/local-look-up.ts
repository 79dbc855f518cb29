import * as v from 'valibot'
import type { Direction } from '../../audience/change.ts'
import { isAdAccount } from '../../graph-api/request.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { OutOfReach } from '../wrong-use.ts'
import type { SentForm } from './sent-forms.ts'

const FOUND = v.object({
  found: v.array(
    v.object({
      queue: v.string(),
      destination: v.string(),
      audience: v.string(),
      direction: v.picklist(['add', 'remove']),
      at: v.number(),
      reason: v.optional(v.string()),
    }),
  ),
})

/** A message with the person, in a queue or among the dead letters. `at` is when its event happened, ms since 1970. */
export type FoundMessage = v.InferOutput<typeof FOUND>['found'][number]

const PATIENCE_MS = 30_000

/** The messages of the local stack that add or remove somebody with these identifiers; undefined for a deployed one. */
export async function messagesWith(
  wanted: Readonly<Record<Direction, readonly string[]>>,
  { isLocal, trackUrl }: Pick<Stack, 'isLocal' | 'trackUrl'>,
  fetch: Surroundings['fetch'],
): Promise<readonly FoundMessage[] | undefined> {
  if (!isLocal) return undefined
  const found: FoundMessage[] = []
  for (const direction of ['add', 'remove'] as const) {
    const answer = await answerOf(`${trackUrl}/_local/find`, { identifiers: wanted[direction] }, fetch)
    const parsed = v.safeParse(FOUND, answer)
    if (!parsed.success)
      throw new OutOfReach(`${trackUrl} does not tell who is in its queues: start this version of it`)
    found.push(...parsed.output.found.filter((each) => each.direction === direction))
  }
  return found
}

const MEMBERS = v.object({ members: v.array(v.record(v.string(), v.unknown())) })

/** Whether the emulator has somebody with one of these values; undefined where Meta, or an ad account, is asked. */
export async function isMember(
  audienceId: string,
  forms: readonly SentForm[],
  { isLocal, graphApiUrl }: Pick<Stack, 'isLocal' | 'graphApiUrl'>,
  fetch: Surroundings['fetch'],
): Promise<boolean | undefined> {
  if (!isLocal || isAdAccount(audienceId)) return undefined
  const answer = await answerOf(`${graphApiUrl}/_emulator/audiences/${audienceId}/members`, undefined, fetch)
  const parsed = v.safeParse(MEMBERS, answer)
  if (!parsed.success) return undefined
  return parsed.output.members.some((member) => forms.some(({ field, sent }) => member[field] === sent))
}

async function answerOf(url: string, body: object | undefined, fetch: Surroundings['fetch']): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const sent = body ? { method: 'POST', headers, body: JSON.stringify(body) } : {}
  try {
    const response = await fetch(url, { ...sent, signal: AbortSignal.timeout(PATIENCE_MS) })
    return await response.json()
  } catch {
    return undefined
  }
}
