/** What `npm start` can be told. */
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

/** Variables with values that cannot be used, all of them, one a line. */
export class LocalSettingsError extends Error {
  override name = 'LocalSettingsError' as const
}

/** Reads the variables of the local stack; an empty one counts as unset. Throws LocalSettingsError. */
export function readLocalSettings(env: Readonly<Record<string, string | undefined>>): LocalSettings {
  const problems: string[] = []

  function text(name: string): string | undefined {
    const value = env[name]?.trim()
    return value === '' ? undefined : value
  }

  function number(name: string, fallback: number, fits: (value: number) => boolean, expected: string): number {
    const given = text(name)
    if (given === undefined) return fallback
    const value = Number(given)
    if (!Number.isFinite(value) || !fits(value))
      problems.push(`${name} is ${JSON.stringify(given)}, and must be ${expected}`)
    return value
  }

  const isPort = (value: number) => Number.isInteger(value) && value >= 0 && value <= 65_535
  const portRange = 'a port number, or 0 for any free port'
  const isWindow = (value: number) => Number.isInteger(value) && value >= 0 && value <= 300
  const graphApiUrl = text('GRAPH_API_URL')
  if (graphApiUrl !== undefined && !isGraphApiUrl(graphApiUrl))
    problems.push(
      `GRAPH_API_URL is ${JSON.stringify(graphApiUrl)}, and must begin with https:// (http:// on this machine only)`,
    )

  const settings: LocalSettings = {
    port: number('PORT', 3000, isPort, portRange),
    graphPort: number('GRAPH_PORT', 3001, isPort, portRange),
    awsPort: number('AWS_PORT', 0, isPort, portRange),
    graphApiUrl,
    destinationsPath: text('DESTINATIONS') ?? 'cdk/destinations.json',
    writeKey: text('WRITE_KEY') ?? 'local-write-key',
    accessToken: text('ACCESS_TOKEN') ?? 'local-access-token',
    batchWindow: number('BATCH_WINDOW', 1, isWindow, 'whole seconds from 0 to 300'),
    timeScale: number('TIME_SCALE', 1, (value) => value > 0 && value <= 1, 'above 0 and at most 1, such as 0.01'),
  }
  if (problems.length > 0) throw new LocalSettingsError(problems.join('\n'))
  return settings
}

function isGraphApiUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Whether a host name stands for this machine only. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
