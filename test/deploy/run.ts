import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BREAKAGES } from './breakages.ts'
import { PythonError, installPython, startEmulators } from './emulators.ts'
import { ALL_AUDIENCES, live } from './life.ts'

// npm run deploy:emulated [-- --venv DIRECTORY] [--broken NAME]: the life of the stack in an emulated AWS account, from
// bootstrap to destroy. Ends with 0 when it is right, 1 when it is not, and 3 where Python or its packages cannot be had.
// --venv uses a virtual environment that is there. --broken makes one of the mistakes of breakages.ts, and must end with 1.
const { values } = parseArgs({ options: { venv: { type: 'string' }, broken: { type: 'string' } } })
const { broken = '' } = values
if (broken !== '' && !Object.hasOwn(BREAKAGES, broken)) {
  process.stderr.write(`--broken must be one of ${Object.keys(BREAKAGES).join(', ')}\n`)
  process.exit(2)
}

const startedAt = Date.now()
const say = (step: string) => {
  process.stdout.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${step}\n`)
}

const directory = await mkdtemp(join(tmpdir(), 'deploy-emulated-'))
const stopped = new Promise<never>((_, reject) => {
  const stop = () => reject(new Error('Stopped from outside'))
  const parent = process.ppid
  setInterval(() => process.ppid === parent || stop(), 500).unref()
  process.on('SIGTERM', stop).on('SIGINT', stop)
})
stopped.catch(() => undefined)
const orStopped = <T>(work: Promise<T>) => Promise.race([work, stopped])

try {
  await emulate()
  say('The stack lives and dies as it should')
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof PythonError ? 3 : 1
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 })
}
process.exit()

async function emulate(): Promise<void> {
  say('install MiniStack and the AWS CLI into a virtual environment')
  const venv = values.venv ?? (await orStopped(installPython(directory)))
  const audiences = join(directory, 'audiences.json')
  await writeFile(audiences, JSON.stringify(ALL_AUDIENCES))
  const emulators = await startEmulators(directory, venv, audiences)
  try {
    await orStopped(live(directory, { ...emulators, env: { ...emulators.env, BROKEN: broken } }, say))
  } finally {
    await emulators.stop()
  }
}
