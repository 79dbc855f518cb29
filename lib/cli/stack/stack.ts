import { readFileSync } from 'node:fs'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import * as v from 'valibot'
import { parseDestinationsJson } from '../../config/destinations-json.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import { isPrivateAddress } from '../../config/private-address.ts'
import { settingsHash } from '../../config/settings-hash.ts'
import { unreadableReason } from '../../config/unreadable-file.ts'
import type { Surroundings } from '../surroundings.ts'
import { FileError, OutOfReach, UsageError } from '../wrong-use.ts'
import { awsReason } from './aws-reason.ts'
import { typedFor } from './options.ts'
import type { StackOptions } from './options.ts'

export const LOCAL_STACK = 'http://127.0.0.1:3000'

/** A stack that commands work on, local or deployed: they use the same clients for both. */
export type Stack = {
  /** How it is named to people. */
  title: string
  /** A command of the command line, as it is typed for this stack. */
  typed: (command: string) => string
  isLocal: boolean
  /** The name of a deployed stack. */
  name?: string
  /** The time on its functions' clock, ms since 1970. The local stack's may run faster. */
  clock: () => number
  /** Where track events are sent. */
  trackUrl: string
  graphApiUrl: string
  /** The stack's outputs by name. */
  output: (name: string) => string
  settings: Destinations
  /** For the clients of the AWS SDK. */
  aws: { region?: string; endpoint?: string; credentials?: { accessKeyId: string; secretAccessKey: string } }
  /** Something about it that people should know, such as settings that differ. */
  warnings: readonly string[]
}

const LOCAL_ANSWER = v.object({
  outputs: v.record(v.string(), v.string()),
  awsUrl: v.string(),
  graphUrl: v.string(),
  region: v.string(),
  timeScale: v.number(),
  now: v.number(),
  settings: v.custom<Destinations>((settings) => typeof settings === 'object' && settings !== null),
})

/** The stack that the options name, or the local one. Throws UsageError, FileError and OutOfReach. */
export async function findStack(options: StackOptions, surroundings: Surroundings): Promise<Stack> {
  if (options.stack === undefined) {
    if (options.region !== undefined) throw new UsageError('--region belongs to --stack: name a deployed stack')
    const url = options.url ?? surroundings.environment.TRACK_URL ?? LOCAL_STACK
    return localStack(url, typedFor(options), surroundings)
  }
  if (options.url !== undefined)
    throw new UsageError('--url is for the local stack, and --stack for a deployed one: give one of them')
  return deployedStack(options.stack, options.region, surroundings)
}

/** The same, after people were told which stack it is, and what they should know about it. */
export async function openStack(options: StackOptions, surroundings: Surroundings): Promise<Stack> {
  const { terminal } = surroundings
  const stack = await findStack(options, surroundings)
  terminal.say(terminal.paint('dim', stack.title))
  for (const warning of stack.warnings) terminal.say(warning)
  return stack
}

async function localStack(given: string, typed: Stack['typed'], { fetch, clock }: Surroundings): Promise<Stack> {
  const url = given.replace(/\/+$/, '')
  if (!isPrivateAddress(url))
    throw new UsageError(
      `--url must be an address of this machine with its http://, such as ${LOCAL_STACK}, and is "${given}"`,
    )
  let json: unknown
  try {
    const response = await fetch(`${url}/_local/stack`, { signal: AbortSignal.timeout(5_000) })
    json = await response.json()
  } catch {
    throw new OutOfReach(
      `No local stack answers at ${url}.\nStart one: npm start\nDoes it run on another port? Say so: --url http://127.0.0.1:PORT\nOr name a deployed one: --stack FacebookAudienceSync`,
    )
  }
  const answer = v.safeParse(LOCAL_ANSWER, json)
  if (!answer.success)
    throw new OutOfReach(
      `${url} is no local stack of this version; compare the address behind "ready" of npm start.\nFor a deployed stack, give its name: --stack NAME`,
    )
  const { outputs, awsUrl, graphUrl, region, settings, timeScale, now } = answer.output
  const askedAt = clock()
  return {
    title: `local stack at ${url}`,
    typed,
    isLocal: true,
    clock: () => now + (clock() - askedAt) / timeScale,
    trackUrl: url,
    graphApiUrl: graphUrl,
    output: outputOf(outputs, `The local stack at ${url}`),
    settings,
    aws: { region, endpoint: awsUrl, credentials: { accessKeyId: 'local-operator', secretAccessKey: 'local' } },
    warnings: [],
  }
}

async function deployedStack(name: string, given: string | undefined, surroundings: Surroundings): Promise<Stack> {
  const aws = given === undefined ? {} : { region: given }
  const client = new CloudFormationClient(aws)
  let region: string | undefined
  let stackName: string
  let state: string
  let outputs: Record<string, string>
  try {
    region = await client.config.region()
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }))
    // Somebody may have given its ARN.
    stackName = stack?.StackName ?? name
    state = stack?.StackStatus ?? ''
    outputs = Object.fromEntries(
      (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    )
  } catch (error) {
    const where = region === undefined ? '' : ` in ${region}`
    throw new OutOfReach(`Stack ${name}${where} cannot be read: ${awsReason(error)}`)
  } finally {
    client.destroy()
  }
  const output = outputOf(outputs, `Stack ${name} in ${region}`, state)
  const path = surroundings.environment.DESTINATIONS ?? 'cdk/destinations.json'
  const settings = settingsIn(path)
  const isAsDeployed = settingsHash(settings) === output('SettingsHash')
  return {
    title: `stack ${name} in ${region}`,
    typed: typedFor({ stack: name, region: given }),
    isLocal: false,
    name: stackName,
    clock: surroundings.clock,
    trackUrl: output('TrackUrl').replace(/\/+$/, ''),
    graphApiUrl: output('GraphApiUrl'),
    output,
    settings,
    aws: { region },
    warnings: isAsDeployed
      ? []
      : [
          `${path} is not what is deployed in ${name}. Deploy it, or name the file that is: DESTINATIONS=… in the environment.`,
        ],
  }
}

function outputOf(outputs: Readonly<Record<string, string>>, title: string, state = '') {
  const fix = state.endsWith('_IN_PROGRESS')
    ? `It is ${state}: give the command again when that has ended.`
    : `Is it a stack of facebook-audience-sync? Deploy this version: npx cdk deploy${state === '' ? '' : ` (it is ${state})`}`
  return (name: string): string => {
    const value = outputs[name]
    if (value === undefined) throw new OutOfReach(`${title} has no output ${name}.\n${fix}`)
    return value
  }
}

function settingsIn(path: string): Destinations {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new FileError(`${path} cannot be read: ${unreadableReason(error)}`)
  }
  const parsed = parseDestinationsJson(text)
  if (parsed.ok) return parsed.destinations
  throw new FileError(
    [`${path} cannot be used:`, ...parsed.problems.map(({ path: at, message }) => `  ${at}: ${message}`)].join('\n'),
  )
}
