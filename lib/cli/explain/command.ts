import { Command } from '@commander-js/extra-typings'
import { endedVersions } from '../../graph-api/versions.ts'
import { parseDestinationsJson } from '../../config/destinations-json.ts'
import type { SettingProblem } from '../../config/setting-problem.ts'
import { examples } from '../help.ts'
import { readJson, readText } from '../input-file.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { FileError, UsageError } from '../wrong-use.ts'
import { explain } from './explain.ts'
import { explanationTable } from './explanation-table.ts'

type Options = { destinations?: string; source?: string; json?: true }

/** `explain`: what a track event would send to Meta. */
export function explainCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('explain')
    .description(
      'show what a track event would send to Meta, and everything left out with the reason; nothing is sent. An object with an action and fields, and without a type, is taken for a record, as /v1/record takes it',
    )
    .argument('<event.json>', 'the event, or - for standard input')
    .option('--destinations <file>', 'settings to use; those of DESTINATIONS, or cdk/destinations.json, when left out')
    .option('--source <name>', 'the source that sends it: its clock, and the destinations that it feeds')
    .option('--json', 'one JSON object instead of tables')
    .addHelpText('after', examples('explain event.json --source server', 'explain - --json < event.json'))
    .action((file, options) => end(explained(file, options, surroundings)))
}

function explained(file: string, { destinations, source: name, json }: Options, surroundings: Surroundings): Result {
  const { environment, readStandardInput, clock, terminal } = surroundings
  const path = destinations ?? environment.DESTINATIONS ?? 'cdk/destinations.json'
  const parsed = parseDestinationsJson(readText(path, readStandardInput))
  const problems = parsed.ok ? endedVersions(parsed.destinations.destinations, new Date(clock())) : parsed.problems
  if (!parsed.ok || problems.length > 0)
    throw new FileError([`${path} cannot be used:`, ...problems.map(settingLine)].join('\n'))
  const { sources } = parsed.destinations
  const source = sources.find((each) => each.name === name)
  if (name !== undefined && !source)
    throw new UsageError(`"${name}" is not a source; there are: ${sources.map((each) => each.name).join(', ')}`)
  const explanation = explain(readJson(file, readStandardInput), parsed.destinations, clock, source)
  return {
    status: explanation.requests.length === 0 ? 1 : 0,
    stdout: json ? JSON.stringify(explanation, null, 2) : explanationTable(explanation, terminal),
    stderr: parsed.warnings.map((warning) => `${path} is used, but:\n${settingLine(warning)}`).join('\n'),
  }
}

function settingLine({ path, message }: SettingProblem): string {
  return `  ${path}: ${message}`
}
