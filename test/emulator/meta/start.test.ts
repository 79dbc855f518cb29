import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { audienceIds } from '../../../lib/emulator/meta/audience-ids.ts'

const START = fileURLToPath(new URL('../../../lib/emulator/meta/start.ts', import.meta.url))

async function aDestinationsFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'graph-api-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'destinations.json')
  await writeFile(file, content)
  return file
}

function aProcess(args: string[], env: NodeJS.ProcessEnv): { child: ChildProcess; firstLine: Promise<string> } {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const firstLine = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('\n')) resolve(output.split('\n')[0] ?? '')
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
  })
  return { child, firstLine }
}

const DESTINATIONS = '{"destinations":[{"events":{"A":"11","B":["12","11"]}},{"events":{"C":"13"}}]}'

it('started alone it serves the audiences of the destinations file, and SIGTERM ends it', async () => {
  const file = await aDestinationsFile(DESTINATIONS)
  const { child, firstLine } = aProcess([START], { GRAPH_PORT: '0', DESTINATIONS: file, ACCESS_TOKEN: 'a-token' })
  const url = /^graph (http:\/\/127\.0\.0\.1:\d+)$/.exec(await firstLine)?.[1] ?? ''
  const response = await fetch(`${url}/v26.0/act_1/customaudiences?fields=id&access_token=a-token`)
  expect(await response.json()).toMatchObject({ data: [{ id: '13' }, { id: '12' }, { id: '11' }] })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('it ends when the process that started it is gone', async () => {
  const file = await aDestinationsFile(DESTINATIONS)
  const starter = `require('node:child_process').spawn(process.execPath, [${JSON.stringify(START)}], { stdio: 'inherit' })`
  const { child, firstLine } = aProcess(['-e', starter], { GRAPH_PORT: '0', DESTINATIONS: file })
  const url = (await firstLine).replace('graph ', '')
  child.kill('SIGKILL')
  const isServing = () =>
    fetch(`${url}/_emulator/settings`).then(
      () => true,
      () => false,
    )
  while (await isServing()) await new Promise((resolve) => setTimeout(resolve, 50))
})

it.each([
  ['a file that is not there', { DESTINATIONS: '/nowhere/destinations.json' }, 'no such file'],
  ['a port that is none', { GRAPH_PORT: 'http' }, 'GRAPH_PORT'],
])('%s stops it with a message', async (_name, env, message) => {
  const file = await aDestinationsFile(DESTINATIONS)
  const { child, firstLine } = aProcess([START], { GRAPH_PORT: '0', DESTINATIONS: file, ...env })
  const exit = once(child, 'exit')
  expect(await firstLine).toContain(message)
  expect(await exit).toEqual([1, null])
})

it.each([
  ['nothing', undefined, []],
  ['no destinations', {}, []],
  ['wrong shapes', { destinations: [null, { events: [] }, { events: { A: 5, B: null } }] }, []],
  ['an id in several places', { destinations: [{ events: { A: ['1', '2'] } }, { events: { A: '1' } }] }, ['1', '2']],
])('of %s the audiences are found leniently', (_name, destinations, ids) => {
  expect(audienceIds(destinations)).toEqual(ids)
})
