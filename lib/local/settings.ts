import { NOT_BARE, isBareAddress } from '../config/private-address.ts'

/** The settings of `npm start`. */
export type LocalSettings = {
  port: number
  graphPort: number
  awsPort: number
  graphApiUrl: string | undefined
  destinationsPath: string
  writeKey: string
  accessToken: string
  /** Seconds, in place of the deployed windows. */
  batchWindow: number
  /** Multiplies every timeout and wait. */
  timeScale: number
}

/** Variables with unusable values, all at once, one a line. */
export class LocalSettingsError extends Error {
  override name = 'LocalSettingsError' as const
}

/** Reads the variables of the local stack, which takes no arguments. Throws LocalSettingsError. */
export function readLocalSettings(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): LocalSettings {
  const problems: string[] = []
  if (args.length > 0) problems.push(argumentProblem(args))
  // npm keeps `--dryRun` to itself, and tells it in this way alone.
  if (env.npm_config_dryrun !== undefined)
    problems.push('npm start takes no --dryRun: write "dryRun": true into a destination of the settings')

  function text(name: string): string | undefined {
    const value = env[name]?.trim()
    if (value === '') problems.push(`${name} is empty; unset it for its default, or give it a value`)
    return value
  }

  function number(name: string, fallback: number, fits: (value: number) => boolean, expected: string): number {
    const given = text(name)
    if (given === undefined || given === '') return fallback
    const value = Number(given)
    if (!Number.isFinite(value) || !fits(value))
      problems.push(`${name} is ${JSON.stringify(given)}, and must be ${expected}`)
    return value
  }

  const isPort = (value: number) => Number.isInteger(value) && value >= 0 && value <= 65_535
  const portRange = 'a port number, or 0 for any free port'
  const isWindow = (value: number) => Number.isInteger(value) && value >= 0 && value <= 300
  const graphApiUrl = text('GRAPH_API_URL')
  if (graphApiUrl) problems.push(...graphApiProblem(graphApiUrl))
  const writeKey = text('WRITE_KEY') ?? 'local-write-key'
  if (writeKey.includes(':'))
    problems.push('WRITE_KEY has a ":", and must have none: a user name of Basic authentication ends there')

  const settings: LocalSettings = {
    port: number('PORT', 3000, isPort, portRange),
    graphPort: number('GRAPH_PORT', 3001, isPort, portRange),
    awsPort: number('AWS_PORT', 0, isPort, portRange),
    graphApiUrl,
    destinationsPath: text('DESTINATIONS') ?? 'cdk/destinations.json',
    writeKey,
    accessToken: text('ACCESS_TOKEN') ?? 'local-access-token',
    batchWindow: number('BATCH_WINDOW', 1, isWindow, 'whole seconds from 0 to 300'),
    timeScale: number('TIME_SCALE', 1, (value) => value > 0 && value <= 1, 'above 0 and at most 1, such as 0.01'),
  }
  if (problems.length > 0) throw new LocalSettingsError(problems.join('\n'))
  return settings
}

/** What to write in place of the arguments: `--port 4000` is `PORT=4000`. */
function argumentProblem(args: readonly string[]): string {
  const [, name = '', value = args[1] ?? '…'] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/.exec(args[0] ?? '') ?? []
  if (/^-?h(?:elp)?$/i.test(args[0]?.slice(1) ?? ''))
    return 'npm start takes no arguments. Its variables are in cdk/guides/run-locally.md, such as: PORT=4000 npm start'
  const variable = name === '' ? 'PORT=4000' : `${name.replaceAll('-', '_').toUpperCase()}=${value}`
  return `npm start takes no arguments, and was given "${args.join(' ')}": use ${variable} npm start`
}

/** The address itself is printed only where it cannot hold a token. */
function graphApiProblem(text: string): string[] {
  const { protocol = '', hostname = '' } = URL.parse(text) ?? {}
  const isUsable = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  if (isUsable && isBareAddress(text)) return []
  if (isUsable || /[@?#]/.test(text)) return [`GRAPH_API_URL ${NOT_BARE}`]
  return [`GRAPH_API_URL is ${JSON.stringify(text)}, and must begin with https:// (http:// on this machine only)`]
}

/** Whether a host name means only this machine. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
