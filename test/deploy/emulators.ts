import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from './command.ts'
import { run } from './command.ts'

export type Emulators = {
  /** For commands: the account's address and keys, and a HOME, PATH and TMPDIR of their own. */
  env: Environment
  awsUrl: string
  graphUrl: string
  stop: () => Promise<void>
}

export const ACCESS_TOKEN = 'local-access-token'

/** No Python, or no packages: nothing of the project's is wrong. */
export class PythonError extends Error {
  override name = 'PythonError' as const
}

/** A virtual environment with the pinned emulator and AWS CLI. Rejects with PythonError. */
export async function installPython(directory: string): Promise<string> {
  const venv = join(directory, 'venv')
  const env = { ...process.env, HOME: directory, PIP_DISABLE_PIP_VERSION_CHECK: '1' } as Environment
  const requirements = join(import.meta.dirname, 'requirements.txt')
  try {
    await run('python3', ['-m', 'venv', venv], env)
    const pip = ['install', '--quiet', '--no-input', '--no-cache-dir', '--no-deps', '--only-binary', ':all:']
    await run(join(venv, 'bin/python'), ['-m', 'pip', ...pip, '--requirement', requirements], env)
  } catch (cause) {
    throw new PythonError(cause instanceof Error ? cause.message : '', { cause })
  }
  return venv
}

/** Starts MiniStack, an emulator of AWS, and the Graph API emulator with the audiences of a settings file. */
export async function startEmulators(directory: string, venv: string, settingsPath: string): Promise<Emulators> {
  const port = await freePort()
  const awsUrl = `http://127.0.0.1:${String(port)}`
  const folders = Object.fromEntries(['bin', 'home', 'tmp', 's3', 'state'].map((name) => [name, join(directory, name)]))
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder, { recursive: true })))
  // What the machine's own AWS settings say must not reach anything that runs here.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|npm_)/.test(name))
  const env = {
    ...(Object.fromEntries(inherited) as Environment),
    PATH: [folders.bin, resolve('node_modules/.bin'), join(venv, 'bin'), process.env.PATH].join(delimiter),
    // CDK keeps the account of each access key in ~/.cdk, and Lambda's workers write into the temporary directory.
    HOME: folders.home ?? '',
    TMPDIR: folders.tmp ?? '',
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
    NO_PROXY: '127.0.0.1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    NO_COLOR: '1',
  }
  // The AWS CLI of PyPI is version 1, which takes no address for SQS from the environment.
  const aws = join(directory, 'bin/aws')
  await writeFile(aws, `#!/bin/sh\nexec "${join(venv, 'bin/aws')}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`)
  await chmod(aws, 0o755)

  const ministack = {
    ...env,
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    LAMBDA_EXECUTOR: 'local',
    // Roles are held to their policies.
    AUTH: 'true',
    S3_DATA_DIR: folders.s3 ?? '',
    STATE_DIR: folders.state ?? '',
  }
  const children = [
    start('ministack', [], ministack, join(directory, 'ministack.log')),
    start('npm', ['run', '-s', 'emulator'], { ...env, GRAPH_PORT: '0', DESTINATIONS: settingsPath, ACCESS_TOKEN }),
  ] as const
  const stop = async () => {
    await Promise.all(children.map(end))
  }
  try {
    const [graphUrl] = await Promise.all([urlOf(children[1]), answers(`${awsUrl}/_ministack/health`)])
    return { env: { ...env, GRAPH_API_URL: graphUrl }, awsUrl, graphUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

// Each leads a process group, so that whatever it starts ends with it.
function start(command: string, args: readonly string[], env: Environment, logPath?: string): ChildProcess {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  if (logPath !== undefined) {
    const log = createWriteStream(logPath)
    child.stdout.pipe(log)
    child.stderr.pipe(log)
  }
  return child
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

function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const [, url] = /^graph (\S+)$/m.exec(text) ?? []
      if (url !== undefined) resolve(url)
    })
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('error', reject).on('close', () => reject(new Error(`The Graph API emulator did not start: ${text}`)))
  })
}

async function answers(url: string): Promise<void> {
  const end = Date.now() + 60_000
  for (;;) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return
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
