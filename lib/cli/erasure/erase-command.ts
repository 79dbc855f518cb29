import { Command } from '@commander-js/extra-typings'
import * as v from 'valibot'
import { parseDestinationsJson } from '../../config/destinations-json.ts'
import { STRONG_FIELDS } from '../../config/schema-field.ts'
import { ERASE_PROBLEMS, usersIn } from '../../erasure/erase-body.ts'
import { ERASURE_WARNINGS } from '../../erasure/erasure-warning.ts'
import { createErasure } from '../../erasure/erasure.ts'
import { createNamePeople } from '../../erasure/named-people.ts'
import type { ErasureRecord } from '../../erasure/record.ts'
import { isObject } from '../../track/json-object.ts'
import type { JsonObject } from '../../track/json-object.ts'
import { examples } from '../help.ts'
import { nameOf, readJson } from '../input-file.ts'
import { ask, endpointOf } from '../stack/endpoint.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION, typedFor } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { columns } from '../terminal/columns.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wrapped } from '../terminal/wrap.ts'
import { FileError, UsageError } from '../wrong-use.ts'
import { EMAIL, EXTERN_ID, MADID, PHONE } from './person-options.ts'

const FIELDS = { email: 'EMAIL', phone: 'PHONE', externId: 'EXTERN_ID', madid: 'MADID' } as const

type Identifiers = { [option in keyof typeof FIELDS]?: string[] }
/** What says who is meant, and where the service is. */
export type PersonValues = Identifiers & StackOptions & { json?: true }
type Values = PersonValues & { yes?: true }
type Kind = ErasureRecord['kind']

const DESCRIPTIONS = {
  erase: 'remove people from every audience, and keep them out',
  unerase: 'take an erasure back: a later add of these people is sent again; nobody is added by it',
}

/** `erase` and `unerase`. */
export function eraseCommand(kind: Kind, surroundings: Surroundings, end: (result: Result) => void) {
  return new Command(kind)
    .description(DESCRIPTIONS[kind])
    .argument('[users.json]', 'a list of users or the body of POST /v1/erase, or - for standard input')
    .addOption(EMAIL)
    .addOption(PHONE)
    .addOption(EXTERN_ID)
    .addOption(MADID)
    .option('--yes', 'do it; without this, the command says what it would ask for, and ends with 1')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples(`${kind} --email ann@example.com --yes`, `${kind} users.json --yes`))
    .action(async (file, options) => end(await runErase(kind, file, options, surroundings)))
}

export const WARNING = v.object({
  ...{ code: v.string(), field: v.string(), count: v.number() },
  ...{ suggestion: v.optional(v.string()), message: v.optional(v.string()) },
})
type Warning = v.InferOutput<typeof WARNING>

const ANSWER = v.object({
  id: v.string(),
  users: v.number(),
  message: v.string(),
  removals: v.optional(
    v.array(v.object({ destination: v.string(), audienceIds: v.array(v.string()), users: v.number() })),
    [],
  ),
  notSent: v.optional(
    v.array(v.object({ destination: v.string(), code: v.string(), users: v.optional(v.number()) })),
    [],
  ),
  rejected: v.optional(v.array(v.object({ index: v.number() })), []),
  rejectedCount: v.optional(v.number(), 0),
  warnings: v.optional(v.array(WARNING), []),
})

/** Asks the service to erase people, or to take that back. Without `yes` it says what it would ask for. */
async function runErase(
  kind: Kind,
  file: string | undefined,
  values: Values,
  surroundings: Surroundings,
): Promise<Result> {
  const { body, from } = peopleToErase(kind, file, values, surroundings)
  const asked = usersIn(body, kind)
  if (!asked.ok)
    throw new FileError(`${from ?? kind}: ${asked.found ? `${asked.found}; ` : ''}${ERASE_PROBLEMS[asked.problem]}`)
  const endpoint = await endpointOf(values, surroundings, ({ mayErase }) => mayErase)
  if (!values.yes) {
    const whom = from === undefined ? '1 person' : counted(asked.users.length)
    const stderr = intention(kind, endpoint.url, whom, asked.users, checked(asked.users, surroundings.clock))
    if (!values.json) return { status: 1, stdout: '', stderr }
    const json = { asked: false, kind, url: endpoint.url, users: asked.users.length, message: stderr }
    return { status: 1, stdout: JSON.stringify(json, null, 2), stderr: '' }
  }
  const answered = await ask(endpoint, { method: 'POST', path: `/v1/${kind}`, body }, ANSWER, surroundings.fetch)
  const stdout = values.json && answered.json !== undefined ? JSON.stringify(answered.json, null, 2) : ''
  if (!answered.ok) return { status: answered.status, stdout, stderr: answered.message }
  const problems = problemsIn(kind, answered.answer)
  return {
    status: problems.length > 0 ? 1 : 0,
    stdout: values.json ? stdout : effects(kind, answered.answer, typedFor(values), surroundings.terminal),
    stderr: problems.join('\n'),
  }
}

/** The body of the request, and the file that it is from. The options describe one person. */
export function peopleToErase(
  kind: Kind | 'why',
  file: string | undefined,
  values: PersonValues,
  { readStandardInput }: Surroundings,
): { body: unknown; from?: string } {
  const users = personBy(values)
  if (file !== undefined && users.length > 0) throw new UsageError(`${kind} takes a file or options, and not both`)
  if (file === undefined && users.length === 0)
    throw new UsageError(`Say who is meant: ${kind} --email ann@example.com, or ${kind} users.json`)
  if (file === undefined) return { body: { users } }
  const json = readJson(file, readStandardInput)
  return { body: Array.isArray(json) ? { users: json } : json, from: nameOf(file) }
}

/** A user has one value for each field, so a person with two e-mail addresses is two users. */
function personBy(values: Identifiers): JsonObject[] {
  const users: Record<string, string>[] = []
  for (const [option, field] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][])
    values[option]?.forEach((value, place) => {
      if (value.trim() === '') throw new UsageError(`--${option === 'externId' ? 'extern-id' : option} is empty`)
      users[place] = { ...users[place], [field]: value }
    })
  return users
}

const MOST_SHOWN = 10

/** Names no value: what came by standard input must not stand in a terminal's or a job's log. */
function intention(
  kind: Kind,
  url: string,
  whom: string,
  users: readonly unknown[],
  problems: readonly string[],
): string {
  const counts = new Map<string, number>()
  for (const user of users)
    for (const key of isObject(user) ? Object.keys(user) : []) counts.set(key, (counts.get(key) ?? 0) + 1)
  const keys = [...counts].map(([key, count]) => (count === 1 ? key : `${key} (${count.toLocaleString('en')})`))
  const more = keys.length > MOST_SHOWN ? ` and ${keys.length - MOST_SHOWN} more` : ''
  const effect =
    kind === 'erase'
      ? 'out of every audience of each destination that knows them by one of these, and kept out until you unerase them'
      : 'kept out no longer; nobody is added by this'
  return [
    `This asks ${url} to ${kind} ${whom}, by ${keys.slice(0, MOST_SHOWN).join(', ')}${more}: ${effect}.`,
    ...problems,
    'Nothing was asked yet. Add --yes to do it.',
  ].join('\n')
}

/** What can be seen of users without the settings of the service. These have all identifiers in their schema. */
const ANY_DESTINATION = parseDestinationsJson(
  JSON.stringify({
    sources: [{ name: 'any' }],
    destinations: [
      {
        ...{ name: 'any', userSchema: STRONG_FIELDS, events: { any: '1000000000000000' } },
        userFields: { EXTERN_ID: ['userId'] },
      },
    ],
  }),
)

function checked(users: readonly unknown[], clock: () => number): string[] {
  if (!ANY_DESTINATION.ok) throw new RangeError('a destination with all identifiers is none')
  const { destinations } = ANY_DESTINATION.destinations
  const { people } = createNamePeople(destinations)(users)
  const { unusable, warnings } = createErasure(destinations, clock)({ id: '', at: clock(), people })
  const nobody = unusable.length === people.length ? [ERASE_PROBLEMS.no_identifier] : []
  return [...nobody, ...warnings.slice(0, MOST_SHOWN).map(warningLine)]
}

export function warningLine({ code, field, suggestion, message, count }: Warning): string {
  if (suggestion !== undefined) return `"${field}" was not used. Did you mean ${suggestion}?`
  return `${field} of ${counted(count, 'user')}: ${code}. ${message ?? ERASURE_WARNINGS[code] ?? ''}`.trimEnd()
}

type Answer = v.InferOutput<typeof ANSWER>

const WHY_NOT_SENT: Readonly<Record<string, string>> = {
  dry_run: 'has a trial run, so it removes nobody. Erase them again when it sends.',
  names_only: 'knows people by names alone, so it removes nobody. Remove them there by a userListDelete.',
  no_identifier_of_it: 'knows people by other identifiers than these. Erase them by one that is in its userSchema.',
}

function effects(
  kind: Kind,
  { id, users, message, removals, notSent }: Answer,
  typed: Stack['typed'],
  { columns: width = Infinity }: Terminal,
): string {
  const rows = removals.flatMap((each) =>
    each.audienceIds.map((audienceId) => [each.destination, audienceId, String(each.users)]),
  )
  const lines = [
    `${kind === 'erase' ? 'Erased:' : 'Unerase of'} ${counted(users, 'user')}, id ${id}`,
    wrapped(message, width),
  ]
  if (kind === 'unerase') return lines.join('\n')
  if (rows.length > 0) lines.push(...columns([['destination', 'audience', 'users'], ...rows]))
  for (const { destination, code, users: some = users } of notSent)
    lines.push(
      wrapped(
        `Not in ${destination}${some < users ? ` (${some} of ${users} users)` : ''}: it ${WHY_NOT_SENT[code] ?? code}`,
        width,
      ),
    )
  return [...lines, `Whether they have left every audience: ${typed('erasures')}`].join('\n')
}

function problemsIn(kind: Kind, { rejected, rejectedCount, warnings, removals }: Answer): string[] {
  const places = rejected.slice(0, MOST_SHOWN).map(({ index }) => index)
  const more = rejectedCount > places.length ? ` and ${rejectedCount - places.length} more` : ''
  return [
    ...(kind === 'erase' && removals.length === 0 ? ['Nobody was removed: whoever is in an audience stays in.'] : []),
    ...(rejectedCount === 0
      ? []
      : [`Left out: user ${places.join(', ')}${more} (counted from 0) without an identifier that can be used.`]),
    ...warnings.map(warningLine),
  ]
}

function counted(count: number, one: 'person' | 'user' = 'person'): string {
  if (count === 1) return `1 ${one}`
  return `${count.toLocaleString('en')} ${one === 'person' ? 'people' : 'users'}`
}
