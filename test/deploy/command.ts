import { spawn } from 'node:child_process'

export type Environment = Readonly<Record<string, string>>

/** A command that did not end with 0, with the end of what it wrote. */
class CommandError extends Error {
  override name = 'CommandError' as const
}

/** What a command writes to its standard output. Rejects with CommandError. */
export async function run(command: string, args: readonly string[], env: Environment): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (status === 0) return output
  throw new CommandError(
    `${[command, ...args].join(' ')} ended with ${status}:\n${`${output}${errors}`.trim().slice(-3000)}`,
  )
}
