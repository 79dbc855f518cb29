import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startExecutionEnvironment } from './execution-environment.ts'
import type { ExecutionEnvironment, Invocation } from './execution-environment.ts'
import { MAX_REQUEST_BYTES, REQUEST_TOO_LARGE } from './invocation-result.ts'
import type { InvocationResult } from './invocation-result.ts'
import type { StackClock } from './stack-clock.ts'

export type LambdaFunction = {
  invoke: (event: unknown) => Promise<InvocationResult>
  /** The processes that are there, busy or not. */
  environments: () => { name: string; pid: number }[]
  /** How many of them are busy. */
  running: () => number
  /** Ends the processes, so that calls from now on find new ones: idle ones at once, others when they get idle. */
  renew: () => void
  /** Kills the processes, fails what they were doing, and removes the copy of the code. */
  close: () => Promise<void>
}

export type LambdaFunctionOptions = {
  name: string
  /** The unpacked deployment package, such as an asset directory of a cloud assembly. */
  codeDirectory: string
  handler: string
  environment: Record<string, string>
  /** The AWS endpoint knows the caller by this. */
  accessKeyId: string
  timeoutSeconds: number
  memoryMb: number
  /** Processes at most; further invocations wait for one to become idle. */
  maxEnvironments: number
  clock: StackClock
  log: (line: string) => void
}

/**
 * A function as Lambda runs it: every execution environment a process with the code outside of any package, the
 * variables given and those that Lambda sets, and nothing else. A process that ended is replaced on the next call.
 * Source: "Understanding the Lambda execution environment lifecycle", "Defined runtime environment variables".
 */
export function createLambdaFunction(options: LambdaFunctionOptions): LambdaFunction {
  const { name, maxEnvironments } = options
  const directory = mkdtempSync(join(tmpdir(), 'facebook-audience-sync-'))
  const taskRoot = join(directory, 'task')
  // The nearest package.json decides how Node reads index.js; like Lambda's, this one says nothing.
  writeFileSync(join(directory, 'package.json'), '{}')
  cpSync(options.codeDirectory, taskRoot, { recursive: true })
  const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`

  const pending: Invocation[] = []
  const environments = new Set<ExecutionEnvironment>()
  const starting = new Set<Promise<void>>()
  const outdated = new Set<ExecutionEnvironment>()
  const ending = new Set<Promise<void>>()
  let closed = false

  function dispatch(): void {
    for (const environment of environments) {
      if (!environment.idle()) continue
      if (outdated.has(environment)) {
        end(environment)
        continue
      }
      if (pending.length === 0) continue
      const next = pending.shift()
      if (next) environment.run(next)
    }
    // Those that load the code, or have just answered, will take a call in a moment.
    const comingBack = [...environments].filter((environment) => !environment.busy()).length
    const missing = pending.length - starting.size - comingBack
    const room = maxEnvironments - starting.size - environments.size
    for (let count = Math.min(missing, room); count > 0; count -= 1) start()
  }

  /** It is taken off the list first: a call for a process that is being killed would fail. */
  function end(environment: ExecutionEnvironment): void {
    outdated.delete(environment)
    environments.delete(environment)
    const ended = environment.kill().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  function start(): void {
    const started = startExecutionEnvironment({
      ...options,
      functionArn,
      environment: environmentOf(options, taskRoot),
      onIdle: dispatch,
      onEnd(environment, failure) {
        environments.delete(environment)
        outdated.delete(environment)
        // As in Lambda, the call that needed this environment fails with the reason.
        if (failure) pending.shift()?.resolve(failure)
        dispatch()
      },
    }).then(
      async (environment) => {
        starting.delete(started)
        if (closed) return environment.kill()
        environments.add(environment)
      },
      (error: unknown) => {
        starting.delete(started)
        pending.shift()?.resolve({ ok: false, errorType: 'ServiceException', errorMessage: String(error) })
      },
    )
    starting.add(started)
  }

  return {
    invoke(event) {
      const payload = JSON.stringify(event)
      if (Buffer.byteLength(payload) > MAX_REQUEST_BYTES) return Promise.resolve(REQUEST_TOO_LARGE)
      if (closed) return Promise.resolve(STOPPED)
      return new Promise((resolve) => {
        pending.push({ requestId: randomUUID(), payload, resolve })
        dispatch()
      })
    },
    environments: () => [...environments].map(({ pid }) => ({ name, pid })),
    running: () => [...environments].filter((environment) => environment.busy()).length,
    renew() {
      for (const environment of environments) outdated.add(environment)
      dispatch()
    },
    async close() {
      closed = true
      for (const { resolve } of pending.splice(0)) resolve(STOPPED)
      await Promise.all(starting)
      await Promise.all([...environments].map((environment) => environment.kill()).concat(...ending))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const STOPPED: InvocationResult = {
  ok: false,
  errorType: 'ServiceException',
  errorMessage: 'The local stack is stopping',
}

function environmentOf(options: LambdaFunctionOptions, taskRoot: string): Record<string, string> {
  const { name, handler, environment, accessKeyId, memoryMb } = options
  return {
    ...environment,
    _HANDLER: handler,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    LAMBDA_TASK_ROOT: taskRoot,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  }
}
