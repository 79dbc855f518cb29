import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseDestinationsJson } from '../config/destinations-json.ts'
import type { SettingProblem } from '../config/setting-problem.ts'
import { unreadableReason } from '../config/unreadable-file.ts'
import { EXAMPLE_TRAFFIC, costsTables } from './costs.ts'
import type { Traffic } from './costs.ts'
import { explain } from './explain.ts'
import { endedVersions } from '../graph-api/versions.ts'
import { jsonProblem } from '../track/json-problem.ts'
import { explanationTable } from './explanation-table.ts'

const USAGE = `Usage: npm run -s cli -- explain <event.json | -> [--destinations FILE] [--json]
       npm run -s cli -- costs [--users N] [--per-request N] [--destinations N]

  explain   shows what a track event would send to Meta: every value given, normalised and hashed,
            every request, and everything left out with the reason. Nothing is sent.
  costs     shows what users cost on AWS, and a month, with the prices it is computed from.

  of explain:
  --destinations FILE   settings to use instead of those that DESTINATIONS names, or cdk/destinations.json
  --source NAME         the source that sends it: its clock, and the destinations that it feeds; all of them when left out
  --json                one JSON object instead of tables

  of costs:
  --users N             how many users are added or removed; a million when left out
  --per-request N       how many of them each request to the endpoint brings; 1, 10 and 100 when left out
  --destinations N      how many destinations each request feeds; one when left out

Exit status: 0, 1 when nothing would be sent, 2 for wrong usage.`

const OPTIONS_OF: Record<'explain' | 'costs', readonly string[]> = {
  explain: ['destinations', 'source', 'json'],
  costs: ['users', 'per-request', 'destinations'],
}

/** Wrong usage. The message is shown before the usage. */
class UsageError extends Error {
  override name = 'UsageError' as const
}

/** A file that cannot be used. The usage was right. */
class FileError extends Error {
  override name = 'FileError' as const
}

/** What the command is given beside its arguments. */
export type Surroundings = {
  /** The settings file that the environment names. */
  destinations: string | undefined
  /** Read when the event is to come from there, and not before: a terminal would wait. */
  readStandardInput: () => string
  clock: () => number
}

/** What is written, without the last line's end, and the exit status. */
type Result = { status: 0 | 1 | 2; stdout: string; stderr: string }

/** Runs the command that these arguments are. Nothing is written: the result has it all. */
export function runCommand(args: readonly string[], surroundings: Surroundings): Result {
  try {
    return run(args, surroundings)
  } catch (error) {
    if (error instanceof UsageError) return { status: 2, stdout: '', stderr: `${error.message}\n\n${USAGE}` }
    if (error instanceof FileError) return { status: 2, stdout: '', stderr: error.message }
    throw error
  }
}

function run(args: readonly string[], surroundings: Surroundings): Result {
  const { positionals, values } = parse(args)
  if (values.help) return { status: 0, stdout: USAGE, stderr: '' }
  const [command, ...files] = positionals
  if (command !== 'explain' && command !== 'costs')
    throw new UsageError(command === undefined ? 'Name a command' : `"${command}" is not a command`)
  for (const option of Object.keys(values))
    if (!OPTIONS_OF[command].includes(option)) throw new UsageError(`${command} has no option --${option}`)
  return command === 'costs' ? runCosts(files, values) : runExplain(files, values, surroundings)
}

function runCosts(files: readonly string[], values: Values): Result {
  if (files.length > 0) throw new UsageError('costs takes no file')
  return { status: 0, stdout: costsTables(trafficOf(values)), stderr: '' }
}

function runExplain(files: readonly string[], values: Values, surroundings: Surroundings): Result {
  const { destinations, readStandardInput, clock } = surroundings
  const [file] = files
  if (file === undefined || files.length > 1) throw new UsageError('explain takes one file, or - for standard input')
  const path = values.destinations ?? destinations ?? 'cdk/destinations.json'
  const parsed = parseDestinationsJson(readText(path, readStandardInput))
  const problems = parsed.ok ? endedVersions(parsed.destinations.destinations, new Date(clock())) : parsed.problems
  if (!parsed.ok || problems.length > 0)
    throw new FileError([`${path} cannot be used:`, ...problems.map(settingLine)].join('\n'))
  const { sources } = parsed.destinations
  const source = sources.find(({ name }) => name === values.source)
  if (values.source !== undefined && !source)
    throw new UsageError(`"${values.source}" is not a source; there are: ${sources.map(({ name }) => name).join(', ')}`)
  const explanation = explain(readJson(file, readStandardInput), parsed.destinations, clock, source)
  return {
    status: explanation.requests.length === 0 ? 1 : 0,
    stdout: values.json ? JSON.stringify(explanation, null, 2) : explanationTable(explanation),
    stderr: parsed.warnings.map((warning) => `${path} is used, but:\n${settingLine(warning)}`).join('\n'),
  }
}

type Values = ReturnType<typeof parse>['values']

function trafficOf(values: Values): Traffic {
  const perRequest = atLeastOne('per-request', values['per-request'])
  return {
    users: atLeastOne('users', values.users) ?? EXAMPLE_TRAFFIC.users,
    usersPerRequest: perRequest === undefined ? EXAMPLE_TRAFFIC.usersPerRequest : [perRequest],
    destinations: atLeastOne('destinations', values.destinations) ?? EXAMPLE_TRAFFIC.destinations,
  }
}

function atLeastOne(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number < 1 || !Number.isSafeInteger(number))
    throw new UsageError(`--${option} must be a whole number of at least 1, such as 10, and is "${text}"`)
  return number
}

function settingLine({ path, message }: SettingProblem): string {
  return `  ${path}: ${message}`
}

function parse(args: readonly string[]) {
  const options = {
    destinations: { type: 'string' },
    source: { type: 'string' },
    json: { type: 'boolean' },
    users: { type: 'string' },
    'per-request': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readJson(path: string, readStandardInput: () => string): unknown {
  const text = readText(path, readStandardInput).replace(/^\uFEFF/, '')
  try {
    return JSON.parse(text)
  } catch {
    throw new FileError(`${nameOf(path)} ${jsonProblem(text)}`)
  }
}

function readText(path: string, readStandardInput: () => string): string {
  try {
    return path === '-' ? readStandardInput() : readFileSync(path, 'utf8')
  } catch (error) {
    throw new FileError(`${nameOf(path)} cannot be read: ${unreadableReason(error)}`)
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}
