import { firstSteps, introduction } from './introduction.ts'
import { readableLine } from './readable-line.ts'
import { LocalSettingsError, readLocalSettings } from './settings.ts'
import type { LocalSettings } from './settings.ts'

// Comes before anything slow, so that a signal during the start is not lost.
const stopped = new Promise<void>((resolve) => {
  const parent = process.ppid
  setInterval(() => process.ppid === parent || resolve(), 500).unref()
  process.on('SIGTERM', () => resolve()).on('SIGINT', () => resolve())
  process.stdout.on('error', () => resolve())
})

let stopping = false
const settings = settingsOrExit()
console.log('Synthesising the stack and starting it; this takes some seconds …')
try {
  const { startLocalStack } = await import('./stack.ts')
  const stack = await startLocalStack({ ...settings, log: show })
  const { destinations } = stack
  for (const line of [...introduction(destinations, settings), ...firstSteps(destinations, stack, settings)])
    console.log(line)
  // Programs wait for this line: it is the last one of the start.
  console.log(`ready ${stack.url}`)
  await stopped
  stopping = true
  const { waiting } = await stack.close()
  if (waiting > 0) console.log(`Stopped. Messages that still waited and are gone with this process: ${waiting}`)
  process.exit(0)
} catch (error) {
  console.error(explain(error))
  process.exit(isWrongSetting(error) ? 2 : 1)
}

function settingsOrExit(): LocalSettings {
  try {
    return readLocalSettings(process.env, process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof LocalSettingsError)) throw error
    console.error(error.message)
    process.exit(2)
  }
}

function show(source: string, line: string): void {
  // Whatever the end cuts off fails, and would say so in many words.
  if (stopping) return
  const readable = readableLine(source, line)
  if (readable !== undefined) console.log(readable)
}

function isWrongSetting(error: unknown): boolean {
  return error instanceof Error && error.name === 'SettingsError'
}

function explain(error: unknown): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') {
    const variables = { PORT: settings.port, GRAPH_PORT: settings.graphPort, AWS_PORT: settings.awsPort }
    const variable = Object.entries(variables).find(([, value]) => value === port)?.[0] ?? 'PORT'
    return `Port ${port ?? ''} is in use: set ${variable} to another one, or to 0 for any free port`
  }
  if (isWrongSetting(error)) return (error as Error).message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
