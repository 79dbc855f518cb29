import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import type { LocalStatus } from '../../lib/local/status.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const start = join(root, 'lib/local/start.ts')
export const waitFor = <T>(check: () => T) => vi.waitFor(check, { timeout: 60_000, interval: 50 })

type Address = 'graph' | 'aws' | 'ready'

/** Runs lib/local/start.ts, or a shell command that does, with only these variables of the local stack. */
export function run(env: Record<string, string> = {}, command?: string) {
  const temporary = mkdtempSync(join(tmpdir(), 'start-'))
  const options = {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      TMPDIR: temporary,
      PORT: '0',
      GRAPH_PORT: '0',
      ...env,
    },
  }
  const child = command ? spawn('sh', ['-c', command], options) : spawn(process.execPath, [start], options)
  const lines: string[] = []
  let errors = ''
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await exit
    rmSync(temporary, { recursive: true, force: true })
  })
  const address = (name: Address) =>
    waitFor(() => {
      const line = lines.find((candidate) => candidate.startsWith(`${name} http`))
      if (!line) throw new Error(`no line ${name}: ${errors}`)
      return line.slice(name.length + 1)
    })
  return { child, lines, exit, address, errors: () => errors, temporary }
}

const body = JSON.stringify({
  type: 'track',
  event: 'USER_ADD',
  userId: 'u',
  messageId: 'm',
  properties: { listData: { add: [{ EMAIL: 'a@example.com' }] } },
})

export const track = (url: string, key = 'local-write-key') =>
  fetch(`${url}/v1/track`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body,
  })

export const statusOf = async (url: string) => (await (await fetch(`${url}/_local/status`)).json()) as LocalStatus

/** The pids of the functions, of which there is at least one. */
export async function pidsOf(url: string): Promise<number[]> {
  expect((await track(url)).status).toBe(200)
  const { functions } = await statusOf(url)
  expect(functions.length).toBeGreaterThan(0)
  return functions.map(({ pid }) => pid)
}
