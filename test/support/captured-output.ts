import { inspect } from 'node:util'
import { onTestFinished, vi } from 'vitest'

/** Everything that is written to standard output and error from now until the test ends. */
export function capture() {
  const chunks: string[] = []
  const write = (chunk: string | Uint8Array) => {
    chunks.push(String(chunk))
    return true
  }
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(write))
  for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const)
    spies.push(vi.spyOn(console, level).mockImplementation((...said) => write(`${inspect(said)}\n`)) as never)
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  const text = () => chunks.join('')
  return {
    text,
    /** The lines, each of which must be JSON. */
    lines: (): unknown[] =>
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
  }
}
