import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from './command.ts'

/** A server in a process group of its own, so that whatever it starts ends with it. */
export type Server = { url: string; stop: () => Promise<void> }

/** Starts a server of this machine that is told its port, and waits until the path answers. Its output goes to a file. */
export async function startServer(
  options: { command: string; args: (port: string) => string[]; env: (port: string) => Environment },
  path: string,
  logPath: string,
): Promise<Server> {
  const port = String(await freePort())
  const child = spawn(options.command, options.args(port), {
    env: options.env(port),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(logPath)
  child.stdout.pipe(log)
  child.stderr.pipe(log)
  const server = { url: `http://127.0.0.1:${port}`, stop: () => end(child) }
  try {
    await Promise.race([answers(`${server.url}${path}`), endsEarly(child, options.command)])
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function end(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  process.kill(-pid, 'SIGTERM')
  if (await Promise.race([closed.then(() => true), sleep(5_000, false, { ref: false })])) return
  process.kill(-pid, 'SIGKILL')
  await closed
}

async function endsEarly(child: ChildProcess, command: string): Promise<never> {
  const [status] = (await once(child, 'close')) as [number | null]
  throw new Error(`${command} ended with ${status} before it answered`)
}

async function answers(url: string): Promise<void> {
  const end = Date.now() + 60_000
  const isUp = () =>
    fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
  while (!(await isUp())) {
    if (Date.now() > end) throw new Error(`${url} does not answer`)
    await sleep(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
