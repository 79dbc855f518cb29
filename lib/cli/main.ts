import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseDestinationsJson } from '../config/destinations-json.ts'
import { costsTables } from './costs.ts'
import { explain } from './explain.ts'
import { explanationTable } from './explanation-table.ts'

const USAGE = `Usage: npm run -s cli -- explain <event.json | -> [--destinations FILE] [--json]
       npm run -s cli -- costs

  explain   shows what a track event would send to Meta: every value given, normalised and hashed,
            every request, and everything left out with the reason. Nothing is sent.
  costs     shows what a million users cost on AWS, and a month, with the prices it is computed from.

  --destinations FILE   settings to use instead of those that DESTINATIONS names, or cdk/destinations.json
  --json                one JSON object instead of tables

Exit status: 0, 1 when nothing would be sent, 2 for wrong usage.`

/** Wrong usage: what is wrong, before the usage is shown. */
class UsageError extends Error {
  override name = 'UsageError' as const
}

try {
  process.exitCode = run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}

function run(args: string[]): number {
  const { positionals, values } = parse(args)
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const [command, file, ...rest] = positionals
  if (command === 'costs' && file === undefined) {
    console.log(costsTables())
    return 0
  }
  if (command !== 'explain') throw new UsageError(command ? `"${command}" is no command` : 'Name a command')
  if (file === undefined || rest.length > 0) throw new UsageError('explain takes one file, or - for standard input')
  const path = values.destinations ?? process.env.DESTINATIONS ?? 'cdk/destinations.json'
  const parsed = parseDestinationsJson(readText(path))
  if (!parsed.ok) {
    const problems = parsed.problems.map((problem) => `  ${problem.path}: ${problem.message}`)
    throw new UsageError([`${path} cannot be used:`, ...problems].join('\n'))
  }
  const explanation = explain(readJson(file), parsed.destinations, Date.now)
  console.log(values.json ? JSON.stringify(explanation, null, 2) : explanationTable(explanation))
  return explanation.requests.length === 0 ? 1 : 0
}

function parse(args: string[]) {
  const options = {
    destinations: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readJson(path: string): unknown {
  const text = readText(path)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${nameOf(path)} is not JSON: ${error instanceof Error ? error.message : ''}`)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch {
    throw new UsageError(`${nameOf(path)} cannot be read`)
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}
