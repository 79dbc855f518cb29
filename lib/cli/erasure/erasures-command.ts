import { Command } from '@commander-js/extra-typings'
import * as v from 'valibot'
import { examples } from '../help.ts'
import { ask, endpointOf } from '../stack/endpoint.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION, typedFor } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { columns } from '../terminal/columns.ts'
import { table } from '../terminal/table.ts'
import type { Column } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

type Values = StackOptions & { before?: string; json?: true }

/** `erasures`: what became of erasures. */
export function erasuresCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('erasures')
    .description('list the erasures, the newest first, and which audiences still have somebody of them')
    .option('--before <id>', 'those from before this erasure; the newest hundred when left out')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('erasures', 'erasures --stack FacebookAudienceSync --json'))
    .action(async (options) => end(await runErasures(options, surroundings)))
}

const ERASURE = v.object({
  id: v.string(),
  at: v.string(),
  kind: v.string(),
  users: v.number(),
  state: v.picklist(['done', 'open', 'nobody_removed', 'taken_back']),
  notSent: v.optional(
    v.array(v.object({ destination: v.string(), code: v.string(), users: v.optional(v.number()) })),
    [],
  ),
  removals: v.array(
    v.object({
      destination: v.string(),
      audienceId: v.string(),
      users: v.number(),
      done: v.number(),
      takenBack: v.number(),
    }),
  ),
})
type Erasure = v.InferOutput<typeof ERASURE>

const ANSWER = v.object({ erasures: v.array(ERASURE), more: v.boolean() })

/** Asks the service for the newest erasures, or those from before one, and shows what became of them. */
async function runErasures(values: Values, surroundings: Surroundings): Promise<Result> {
  const endpoint = await endpointOf(values, surroundings, ({ mayErase }) => mayErase)
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
    stdout: erasures.length === 0 ? none : erasuresTable(erasures, surroundings.terminal),
    stderr: [
      ...(erasures.some(({ state }) => state === 'open') ? [whereToLook(values, endpoint.url)] : []),
      ...(more ? [`There are older ones: ${typedFor(values)(`erasures --before ${erasures.at(-1)?.id ?? ''}`)}`] : []),
    ].join('\n'),
  }
}

const TITLES: readonly Column[] = [
  { title: 'time (UTC)' },
  { title: 'id', mayBeCut: true },
  { title: 'kind' },
  { title: 'users' },
  { title: 'state' },
]

function erasuresTable(erasures: readonly Erasure[], terminal: Terminal): string {
  const cells = erasures.map((each) => [minuteOf(each.at), each.id, each.kind, String(each.users), stateOf(each)])
  const [head = '', ...rows] =
    terminal.columns === undefined
      ? columns([TITLES.map(({ title }) => title), ...cells])
      : table(TITLES, cells, terminal).split('\n')
  return [head, ...rows.flatMap((row, place) => [row, ...openIn(erasures[place]), ...notSentIn(erasures[place])])].join(
    '\n',
  )
}

/** Nobody may read `done` as everywhere where a destination has removed nobody. */
function stateOf({ state, notSent }: Erasure): string {
  return state === 'done' && notSent.length > 0 ? 'done but' : state
}

const MOST_SHOWN = 5

function openIn(erasure: Erasure | undefined): string[] {
  const removals = erasure?.removals ?? []
  const open = removals.filter(({ users, done, takenBack }) => done + takenBack < users)
  if (open.length === 0) return []
  const named = open
    .slice(0, MOST_SHOWN)
    .map(({ destination, audienceId, users, done }) => `${destination} ${audienceId} (${done} of ${users} removed)`)
  const more = open.length > MOST_SHOWN ? [`and ${open.length - MOST_SHOWN} more`] : []
  const what = `${open.length} of ${removals.length} ${removals.length === 1 ? 'audience' : 'audiences'} open:`
  return [`    ${what}`, ...[...named, ...more].map((line) => `      ${line}`)]
}

const WHY_NOT_SENT: Readonly<Record<string, string>> = {
  dry_run: 'trial run',
  names_only: 'names only',
  no_identifier_of_it: 'no identifier of it',
}

function notSentIn(erasure: Erasure | undefined): string[] {
  return (erasure?.notSent ?? []).map(({ destination, code, users = erasure?.users }) => {
    const some = users === erasure?.users ? '' : `: ${users} of ${erasure?.users} users`
    return `    not in ${destination} (${WHY_NOT_SENT[code] ?? code}${some})`
  })
}

function minuteOf(at: string): string {
  return at.slice(0, 16).replace('T', ' ')
}

function whereToLook({ stack, region, url }: Values, address: string): string {
  // An address alone does not name its stack; http:// is that of this machine.
  const isHere = stack === undefined && address.startsWith('http:')
  const typed = typedFor(isHere ? { url } : { stack: stack ?? 'NAME', region })
  return [
    'Open removals are on their way for some minutes. Later, they wait for Meta or are in the dead letters:',
    `  ${typed('status')}`,
    `  ${typed('dlq list')}`,
  ].join('\n')
}
