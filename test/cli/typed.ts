import { spawnSync } from 'node:child_process'
import { runCommand } from '../../lib/cli/command.ts'
import { createPost } from '../../lib/cli/post.ts'

type Written = { status: number | null; stdout: string; stderr: string }

/** The environment of a command. */
export type Environment = { destinations?: string | undefined; trackUrl?: string; writeKey?: string }

/** What the command does that is typed so, with this on its standard input, without a process. */
export async function cli(
  args: readonly string[],
  input: unknown = '',
  environment: Environment = {},
  interruption: AbortSignal = new AbortController().signal,
): Promise<Written> {
  const written = { stdout: '', stderr: '' }
  const write = (stream: keyof typeof written) => (text: string) => {
    if (text !== '') written[stream] += `${text}\n`
  }
  const { status, stdout, stderr } = await runCommand(args, {
    environment: variablesOf(environment),
    terminal: {
      answer: write('stdout'),
      say: write('stderr'),
      isInteractive: false,
      columns: undefined,
      paint: (_, text) => text,
    },
    readStandardInput: () => textOf(input),
    fetch,
    post: createPost(),
    clock: Date.now,
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    onInterrupt: () => ({ signal: interruption, forget: () => undefined }),
  })
  write('stdout')(stdout)
  write('stderr')(stderr)
  return { status, ...written }
}

/** The same in a process of its own. */
export function cliProcess(args: readonly string[], input: unknown = '', environment: Environment = {}): Written {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/cli/main.ts', ...args], {
    input: textOf(input),
    env: { ...process.env, ...variablesOf(environment) },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function textOf(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}

function variablesOf({ destinations, trackUrl, writeKey }: Environment) {
  return { DESTINATIONS: destinations, TRACK_URL: trackUrl, WRITE_KEY: writeKey }
}
