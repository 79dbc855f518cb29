import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseDestinationsJson } from '../config/destinations-json.ts'
import type { SettingProblem } from '../config/setting-problem.ts'
import { costsTables } from './costs.ts'
import { explain } from './explain.ts'
import { endedVersions } from '../graph-api/versions.ts'
import { jsonProblem } from '../track/json-problem.ts'
import { explanationTable } from './explanation-table.ts'

const USAGE = `Usage: npm run -s cli -- explain <event.json | -> [--destinations FILE] [--json]
       npm run -s cli -- costs

  explain   shows what a track event would send to Meta: every value as given, normalised and hashed,
            every request, and everything that would be left out and why. Nothing is sent.
  costs     shows what a million users and a month cost on AWS, and the prices behind it.

  --destinations FILE   settings to use; otherwise those of DESTINATIONS, or cdk/destinations.json
  --json                one JSON object instead of tables

Exit status: 0, 1 when nothing would be sent, 2 for wrong usage.`

/** Wrong usage. The message is shown before the usage. */
class UsageError extends Error {
  override name = 'UsageError' as const
}

/** A file that cannot be used. The usage was right. */
class FileError extends Error {
  override name = 'FileError' as const
}

try {
  process.exitCode = run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError || error instanceof FileError)) throw error
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error.message)
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
  if (command !== 'explain') throw new UsageError(command ? `"${command}" is not a command` : 'Name a command')
  if (file === undefined || rest.length > 0) throw new UsageError('explain takes one file, or - for standard input')
  const path = values.destinations ?? process.env.DESTINATIONS ?? 'cdk/destinations.json'
  const parsed = parseDestinationsJson(readText(path))
  const problems = parsed.ok ? endedVersions(parsed.destinations.destinations, new Date()) : parsed.problems
  if (!parsed.ok || problems.length > 0)
    throw new FileError([`${path} cannot be used:`, ...problems.map(settingLine)].join('\n'))
  for (const warning of parsed.warnings) console.error(`${path} is used, but:\n${settingLine(warning)}`)
  const explanation = explain(readJson(file), parsed.destinations, Date.now)
  console.log(values.json ? JSON.stringify(explanation, null, 2) : explanationTable(explanation))
  return explanation.requests.length === 0 ? 1 : 0
}

function settingLine({ path, message }: SettingProblem): string {
  return `  ${path}: ${message}`
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
  const text = readText(path).replace(/^\uFEFF/, '')
  try {
    return JSON.parse(text)
  } catch {
    throw new FileError(`${nameOf(path)} ${jsonProblem(text)}`)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new FileError(`${nameOf(path)} cannot be read: ${reasonOf(error)}`)
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES' || code === 'EPERM') return 'reading it is not permitted'
  return message
}
