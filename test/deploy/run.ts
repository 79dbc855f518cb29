import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { both } from './both.ts'
import { BREAKAGES } from './breakages.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import { cleanEnvironment, makeFolders, startMiniStack, startMoto } from './emulators.ts'
import { AUDIENCES, FIRST, live } from './life.ts'
import { ACCESS_TOKEN } from './people.ts'
import { PythonError, installPython } from './python.ts'
import { askMoto } from './second-opinion.ts'
import { synthesise } from './stack.ts'

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
  await makeFolders(directory)
  const graph = await startGraphApi({ port: 0, audiences: AUDIENCES, accessTokens: [ACCESS_TOKEN] })
  const servers: { stop: () => Promise<void> }[] = [{ stop: () => graph.close() }]
  const started = <T extends { stop: () => Promise<void> }>(server: T) => {
    servers.push(server)
    return server
  }
  const clean = { ...cleanEnvironment(directory), GRAPH_API_URL: graph.url, BROKEN: broken }
  try {
    say('install MiniStack, moto and the AWS CLI into a virtual environment, and synthesise meanwhile')
    const installing = values.venv === undefined ? installPython(directory) : Promise.resolve(values.venv)
    const [venv, assembly] = await orStopped(both(installing, synthesise(join(directory, 'first'), clean, FIRST)))
    const { env } = started(await orStopped(startMiniStack(directory, venv)))
    const account = { directory, env: { ...clean, ...env }, graphUrl: graph.url, say }
    const moto = async () => {
      const { url } = started(await startMoto(directory, venv))
      await askMoto(assembly, url)
      say('(moto takes the calls of the functions as MiniStack does)')
    }
    await orStopped(both(live(account, assembly), moto()))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}
