import { parseArgs } from 'node:util'
import { parseDestinationsJson } from '../config/destinations-json.ts'
import type { SettingProblem } from '../config/setting-problem.ts'
import { endedVersions } from '../graph-api/versions.ts'
import { EXAMPLE_TRAFFIC, costsTables } from './costs.ts'
import type { Traffic } from './costs.ts'
import { ERASE_OPTIONS, PERSON_OPTIONS, runErase } from './erase-command.ts'
import { ERASURES_OPTIONS, runErasures } from './erasures-command.ts'
import { explain } from './explain.ts'
import { explanationTable } from './explanation-table.ts'
import { readJson, readText } from './input.ts'
import type { Result, Surroundings } from './surroundings.ts'
import { runWhy } from './why-command.ts'
import { FileError, UsageError } from './wrong-use.ts'

const USAGE = `Usage: npm run -s cli -- explain <event.json | -> [--destinations FILE] [--json]
       npm run -s cli -- costs [--users N] [--per-request N] [--destinations N]
       npm run -s cli -- erase --email ann@example.com --yes
       npm run -s cli -- erase <users.json | -> --yes
       npm run -s cli -- unerase …
       npm run -s cli -- why --email ann@example.com
       npm run -s cli -- erasures [--json]

  explain   shows what a track event would send to Meta: every value given, normalised and hashed,
            every request, and everything left out with the reason. Nothing is sent.
  costs     shows what users cost on AWS, and a month, with the prices it is computed from.
  erase     removes people from every audience, and keeps them out. The file is a list of users, or the
            body of POST /v1/erase: {"users": [{"EMAIL": "ann@example.com", "PHONE": "+49 30 123456"}]}
  unerase   takes that back: a later add of these people is sent again. Nobody is added by it.
  why       says whether people are erased, and by which identifier.
  erasures  lists the erasures, the newest first, and which audiences still have somebody of them.

  of explain:
  --destinations FILE   settings to use instead of those that DESTINATIONS names, or cdk/destinations.json
  --source NAME         the source that sends it: its clock, and the destinations that it feeds; all of them when left out
  --json                one JSON object instead of tables

  of costs:
  --users N             how many users are added or removed; a million when left out
  --per-request N       how many of them each request to the endpoint brings; 1, 10 and 100 when left out
  --destinations N      how many destinations each request feeds; one when left out

  of erase, unerase and why, all of ONE person, each as often as needed:
  --email E, --phone P, --extern-id I, --madid M
                        They stand in the shell's history. With - you can type the JSON instead, and then Ctrl-D
  --yes                 not of why: do it; without it, the command only says what it would ask for, and ends with 1

  of erasures:
  --before ID           those from before this erasure; the newest hundred when left out

  of erase, unerase, why and erasures:
  --url URL             the endpoint; TRACK_URL, or that of npm start when left out: http://127.0.0.1:3000
  --json                the answer of the endpoint
  WRITE_KEY in the environment is the write key of a source with "mayErase"; local-write-key when left out

Exit status: 0 done, 1 for problems (nothing would be sent, somebody could not be erased), 2 for wrong usage or input,
3 when the endpoint is out of reach.`

const OPTIONS_OF = {
  explain: ['destinations', 'source', 'json'],
  costs: ['users', 'per-request', 'destinations'],
  erase: ERASE_OPTIONS,
  unerase: ERASE_OPTIONS,
  why: PERSON_OPTIONS,
  erasures: ERASURES_OPTIONS,
}
type Command = keyof typeof OPTIONS_OF

/** Runs the command that these arguments are. Nothing is written: the result has it all. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<Result> {
  try {
    return await run(args, surroundings)
  } catch (error) {
    if (error instanceof UsageError) return { status: 2, stdout: '', stderr: `${error.message}\n\n${USAGE}` }
    if (error instanceof FileError) return { status: 2, stdout: '', stderr: error.message }
    throw error
  }
}

async function run(args: readonly string[], surroundings: Surroundings): Promise<Result> {
  const { positionals, values } = parse(args)
  if (values.help) return { status: 0, stdout: USAGE, stderr: '' }
  const [command, ...files] = positionals
  if (!isCommand(command))
    throw new UsageError(command === undefined ? 'Name a command' : `"${command}" is not a command`)
  for (const option of Object.keys(values))
    if (!OPTIONS_OF[command].includes(option)) throw new UsageError(`${command} has no option --${option}`)
  if (command === 'costs') return runCosts(files, values)
  if (command === 'explain') return runExplain(files, values, surroundings)
  if (command === 'why') return runWhy(files, values, surroundings)
  if (command === 'erasures') return runErasures(files, values, surroundings)
  return runErase(command, files, values, surroundings)
}

function isCommand(name: string | undefined): name is Command {
  return name !== undefined && Object.hasOwn(OPTIONS_OF, name)
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
    email: { type: 'string', multiple: true },
    phone: { type: 'string', multiple: true },
    'extern-id': { type: 'string', multiple: true },
    madid: { type: 'string', multiple: true },
    yes: { type: 'boolean' },
    before: { type: 'string' },
    url: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
