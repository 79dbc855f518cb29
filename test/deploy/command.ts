import { spawn } from 'node:child_process'

export type Environment = Readonly<Record<string, string>>

/** A command that did not end as it should, with the end of what it wrote. */
class CommandError extends Error {
  override name = 'CommandError' as const
}

/** What a command writes to its standard output, when it ends with one of these statuses. Rejects with CommandError. */
export async function run(
  command: string,
  args: readonly string[],
  env: Environment,
  { input = '', statuses = [0] }: { input?: string; statuses?: readonly number[] } = {},
): Promise<string> {
  const child = spawn(command, args, { env, stdio: 'pipe' })
  child.stdin.on('error', () => undefined).end(input)
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (status !== null && statuses.includes(status)) return output
  throw new CommandError(
    `${[command, ...args].join(' ')} ended with ${status}:\n${`${output}${errors}`.trim().slice(-3000)}`,
  )
}
