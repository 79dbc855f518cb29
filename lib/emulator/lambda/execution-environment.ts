import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { readBody } from '../http-body.ts'
import { MAX_RESPONSE_BYTES, RESPONSE_TOO_LARGE, exited, outOfMemory, timedOut } from './invocation-result.ts'
import type { InvocationFailure, InvocationResult } from './invocation-result.ts'
import { listenOnLoopback } from '../loopback-server.ts'
import { memoryOf } from './process-memory.ts'
import { invocationLimitMs, timeOn } from './stack-clock.ts'
import type { StackClock } from './stack-clock.ts'

const BOOTSTRAP = join(import.meta.dirname, 'bootstrap.js')

/** Lambda's limit for loading the code. Source: "Understanding the Lambda execution environment lifecycle". */
const INIT_SECONDS = 10

/** Between two looks at the memory of a process that is busy. */
const LOOK_MS = 100

export type Invocation = { requestId: string; payload: string; resolve: (result: InvocationResult) => void }

export type ExecutionEnvironment = {
  readonly pid: number
  /** True while the process waits for an invocation. */
  idle: () => boolean
  /** True while an invocation runs in it. */
  busy: () => boolean
  run: (invocation: Invocation) => void
  /** Ends the process at once; resolves when it is gone and its output has been passed on. */
  kill: () => Promise<void>
}

type Options = {
  name: string
  environment: Record<string, string>
  functionArn: string
  timeoutSeconds: number
  memoryMb: number
  clock: StackClock
  log: (line: string) => void
  onIdle: () => void
  /** `failure` is set when the process ended before it could take an invocation. */
  onEnd: (environment: ExecutionEnvironment, failure: InvocationFailure | undefined) => void
}

/**
 * One process that runs one function, one invocation at a time, and the Runtime API that it talks to.
 * The process sees `environment` and nothing of its parent's. One that takes more memory than it has is killed, and its
 * invocation ends without an answer. Source: "Using the Lambda runtime API", "Configure Lambda function memory".
 */
export async function startExecutionEnvironment(options: Options): Promise<ExecutionEnvironment> {
  const { name, environment, functionArn, timeoutSeconds, memoryMb, clock } = options
  const limitMs = invocationLimitMs(timeoutSeconds, clock)
  let waiting: ServerResponse | undefined
  let current: (Invocation & { timer: NodeJS.Timeout; look: NodeJS.Timeout }) | undefined
  let initialised = false
  let initFailure: InvocationFailure | undefined
  let tooLarge = false

  function finish(result: InvocationResult): void {
    clearTimeout(current?.timer)
    clearInterval(current?.look)
    current?.resolve(result)
    current = undefined
  }

  /** Kills the process when it takes more memory than it has; true when it did. */
  async function killIfTooLarge(): Promise<boolean> {
    const usedMb = await memoryOf(handle.pid)
    if (!tooLarge && usedMb !== undefined && usedMb > memoryMb) {
      tooLarge = true
      options.log(outOfMemory(name, usedMb, memoryMb))
      child.kill('SIGKILL')
    }
    return tooLarge
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace('/2018-06-01/runtime', '') ?? ''
    if (path === '/invocation/next') {
      clearTimeout(initTimer)
      initialised = true
      waiting = response
      response.once('close', () => {
        if (waiting === response) waiting = undefined
      })
      options.onIdle()
      return
    }
    const body = await readBody(request, MAX_RESPONSE_BYTES)
    // The process took too much memory. In Lambda it would have been killed before this answer.
    if (await killIfTooLarge()) return
    if (path === '/init/error') initFailure = failureOf(body)
    else if (path === `/invocation/${current?.requestId ?? ''}/response`) finish(resultOf(body))
    else if (path === `/invocation/${current?.requestId ?? ''}/error`) finish(failureOf(body))
    else return void response.writeHead(400).end()
    response.writeHead(body ? 202 : 413).end()
  }

  const api = await listenOnLoopback(0, (request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const child = spawn(
    process.execPath,
    [...heapLimits(memoryMb), BOOTSTRAP, ...[process.pid, clock.timeScale, clock.startedAt].map(String)],
    {
      cwd: environment.LAMBDA_TASK_ROOT,
      env: { ...environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.port}` },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C in the terminal ends the stack, and the stack ends this process.
      detached: true,
    },
  )
  const initTimer = setTimeout(() => child.kill('SIGKILL'), (INIT_SECONDS + timeoutSeconds) * 1000)
  passLines(child.stdout, options.log)
  passLines(child.stderr, options.log)

  const gone = new Promise<void>((resolve) => {
    child.on('error', (error) => options.log(`cannot start the process: ${error.message}`))
    child.once('close', (code, signal) => {
      clearTimeout(initTimer)
      waiting = undefined
      const end = exited(current?.requestId ?? 'init', code, signal)
      finish(end)
      options.onEnd(handle, initialised ? undefined : (initFailure ?? end))
      void api.close().then(resolve)
    })
  })

  const handle: ExecutionEnvironment = {
    pid: child.pid ?? -1,
    idle: () => waiting !== undefined,
    busy: () => current !== undefined,
    run(invocation) {
      const timer = setTimeout(() => {
        finish(timedOut(invocation.requestId, timeoutSeconds))
        child.kill('SIGKILL')
      }, limitMs)
      const look = setInterval(() => void killIfTooLarge(), LOOK_MS)
      current = { ...invocation, timer, look }
      waiting
        ?.writeHead(200, {
          'content-type': 'application/json',
          'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
          'Lambda-Runtime-Deadline-Ms': String(timeOn(clock) + limitMs / clock.timeScale),
          'Lambda-Runtime-Invoked-Function-Arn': functionArn,
        })
        .end(invocation.payload)
      waiting = undefined
    },
    kill() {
      child.kill('SIGKILL')
      return gone
    },
  }
  return handle
}

/**
 * The V8 limits of Lambda's own runtime. They decide how far a heap grows before its garbage is collected. So a function
 * takes as much memory here as there. Source: /var/runtime/bootstrap of the Node.js runtimes.
 */
function heapLimits(memoryMb: number): string[] {
  const newSpace = Math.floor(memoryMb / 10)
  return [`--max-semi-space-size=${Math.floor(newSpace / 2)}`, `--max-old-space-size=${memoryMb - newSpace}`]
}

function passLines(stream: Readable, log: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', log)
}

function resultOf(body: Buffer | undefined): InvocationResult {
  if (body === undefined) return RESPONSE_TOO_LARGE
  return { ok: true, payload: JSON.parse(body.toString()) }
}

function failureOf(body: Buffer | undefined): InvocationFailure {
  const { errorType, errorMessage } = JSON.parse(body?.toString() ?? '{}') as Partial<Record<string, string>>
  return { ok: false, errorType: errorType ?? 'Runtime.Unknown', errorMessage: errorMessage ?? '' }
}
