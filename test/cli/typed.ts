import { spawnSync } from 'node:child_process'
import { runCommand } from '../../lib/cli/command.ts'

type Written = { status: number | null; stdout: string; stderr: string }

/** What the command does that is typed so, with this on its standard input, without a process. */
export function cli(args: readonly string[], input: unknown = '', destinations?: string): Written {
  const { status, stdout, stderr } = runCommand(args, {
    destinations,
    readStandardInput: () => textOf(input),
    clock: Date.now,
  })
  const written = (text: string) => (text === '' ? '' : `${text}\n`)
  return { status, stdout: written(stdout), stderr: written(stderr) }
}

/** The same in a process of its own. */
export function cliProcess(args: readonly string[], input: unknown = '', destinations?: string): Written {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/cli/main.ts', ...args], {
    input: textOf(input),
    env: { ...process.env, DESTINATIONS: destinations },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function textOf(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}
