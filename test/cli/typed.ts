import { spawnSync } from 'node:child_process'
import { runCommand } from '../../lib/cli/command.ts'

type Written = { status: number | null; stdout: string; stderr: string }

/** The environment of a command. */
export type Environment = { destinations?: string | undefined; trackUrl?: string; writeKey?: string }

/** What the command does that is typed so, with this on its standard input, without a process. */
export async function cli(
  args: readonly string[],
  input: unknown = '',
  environment: Environment = {},
): Promise<Written> {
  const { status, stdout, stderr } = await runCommand(args, {
    destinations: environment.destinations,
    trackUrl: environment.trackUrl,
    writeKey: environment.writeKey,
    readStandardInput: () => textOf(input),
    fetch,
    clock: Date.now,
  })
  const written = (text: string) => (text === '' ? '' : `${text}\n`)
  return { status, stdout: written(stdout), stderr: written(stderr) }
}

/** The same in a process of its own. */
export function cliProcess(args: readonly string[], input: unknown = '', environment: Environment = {}): Written {
  const { destinations, trackUrl, writeKey } = environment
  const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/cli/main.ts', ...args], {
    input: textOf(input),
    env: { ...process.env, DESTINATIONS: destinations, TRACK_URL: trackUrl, WRITE_KEY: writeKey },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function textOf(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}
