import * as v from 'valibot'
import { columns } from './columns.ts'
import { ask, endpointOf } from './endpoint.ts'
import type { Result, Surroundings } from './surroundings.ts'
import { UsageError } from './wrong-use.ts'

type Values = { before?: string | undefined; url?: string | undefined; json?: boolean | undefined }

export const ERASURES_OPTIONS = ['before', 'url', 'json']

const ERASURE = v.object({
  id: v.string(),
  at: v.string(),
  kind: v.string(),
  users: v.number(),
  state: v.picklist(['done', 'open', 'nobody_removed']),
  removals: v.array(v.object({ destination: v.string(), audienceId: v.string(), users: v.number(), done: v.number() })),
})
type Erasure = v.InferOutput<typeof ERASURE>

const ANSWER = v.object({ erasures: v.array(ERASURE), more: v.boolean() })

/** Asks the service for the newest erasures, or those from before one, and shows what became of them. */
export async function runErasures(
  files: readonly string[],
  values: Values,
  surroundings: Surroundings,
): Promise<Result> {
  if (files.length > 0) throw new UsageError('erasures takes no file')
  const endpoint = endpointOf(values.url, surroundings)
  const { before } = values
  const path = `/v1/erasures${before === undefined ? '' : `?before=${encodeURIComponent(before)}`}`
  const answered = await ask(endpoint, { method: 'GET', path }, ANSWER, surroundings.fetch)
  const stdout = values.json && answered.json !== undefined ? JSON.stringify(answered.json, null, 2) : ''
  if (!answered.ok) return { status: answered.status, stdout, stderr: answered.message }
  const { erasures, more } = answered.answer
  if (values.json) return { status: 0, stdout, stderr: '' }
  const none = before === undefined ? 'Nobody was erased yet.' : 'No erasure is older.'
  return {
    status: 0,
    stdout: erasures.length === 0 ? none : erasuresTable(erasures),
    stderr: [
      ...(erasures.some(({ state }) => state === 'open') ? [whereToLook(endpoint.url)] : []),
      ...(more ? [`There are older ones: npm run -s cli -- erasures --before ${erasures.at(-1)?.id ?? ''}`] : []),
    ].join('\n'),
  }
}

function erasuresTable(erasures: readonly Erasure[]): string {
  const [head = '', ...rows] = columns([
    ['time (UTC)', 'id', 'kind', 'users', 'state'],
    ...erasures.map(({ id, at, kind, users, state }) => [minuteOf(at), id, kind, String(users), state]),
  ])
  return [head, ...rows.flatMap((row, place) => [row, ...openIn(erasures[place])])].join('\n')
}

const MOST_SHOWN = 5

function openIn(erasure: Erasure | undefined): string[] {
  const removals = erasure?.removals ?? []
  const open = removals.filter(({ users, done }) => done < users)
  if (open.length === 0) return []
  const named = open
    .slice(0, MOST_SHOWN)
    .map(({ destination, audienceId, users, done }) => `${destination} ${audienceId} (${done} of ${users} removed)`)
  const more = open.length > MOST_SHOWN ? [`and ${open.length - MOST_SHOWN} more`] : []
  const what = `${open.length} of ${removals.length} ${removals.length === 1 ? 'audience' : 'audiences'} open:`
  return [`    ${what}`, ...[...named, ...more].map((line) => `      ${line}`)]
}

function minuteOf(at: string): string {
  return at.slice(0, 16).replace('T', ' ')
}

function whereToLook(url: string): string {
  return [
    'Open removals are on their way for some minutes. Later, they wait for Meta or are in the dead letters:',
    `  npm start: queues and deadLetters in ${url}/_local/status`,
    '  a deployed stack: its dashboard, and "Dead letters" in cdk/README.md',
  ].join('\n')
}
