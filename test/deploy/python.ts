import { join } from 'node:path'
import { run } from './command.ts'
import type { Environment } from './command.ts'

/** Python or its packages are missing. That is no mistake of the project. */
export class PythonError extends Error {
  override name = 'PythonError' as const
}

/** A virtual environment with the pinned emulators and AWS CLI. Rejects with PythonError. */
export async function installPython(directory: string): Promise<string> {
  const venv = join(directory, 'venv')
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' } as Environment
  const requirements = join(import.meta.dirname, 'requirements.txt')
  // No pip in the environment and no compiled files: these would take longer than all the rest.
  const pip = ['--python', join(venv, 'bin/python'), 'install', '--quiet', '--no-input', '--timeout', '20']
  const pinned = ['--no-deps', '--no-compile', '--only-binary', ':all:', '--requirement', requirements]
  try {
    await run('python3', ['-m', 'venv', '--without-pip', venv], env)
    await run('python3', ['-m', 'pip', ...pip, ...pinned], env)
  } catch (cause) {
    throw new PythonError(cause instanceof Error ? cause.message : '', { cause })
  }
  return venv
}
