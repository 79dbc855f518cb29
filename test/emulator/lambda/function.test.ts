import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startStackClock, timeOn } from '../../../lib/emulator/lambda/stack-clock.ts'
import { aFunction } from './a-function.ts'
import { handlerDirectory } from './handler-directory.ts'
import { isRunning } from './processes.ts'

/** Blocks the process, and leaves the processor to others. */
const BLOCK = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'

const waitFor = <T>(check: () => T) => vi.waitFor(check, { timeout: 60_000, interval: 20 })

test('a function gets the event and its answer comes back', async () => {
  const { lambda } = aFunction('exports.handler = async (event) => ({ got: event })')
  expect(await lambda.invoke({ text: 'ä€😀' })).toEqual({ ok: true, payload: { got: { text: 'ä€😀' } } })
})

test('an answer of nothing is null', async () => {
  const { lambda } = aFunction('exports.handler = async () => {}')
  expect(await lambda.invoke({})).toEqual({ ok: true, payload: null })
})

test('the context says who, where and for how long', async () => {
  const { lambda } = aFunction(`exports.handler = async (event, context) => ({
    ...context, remaining: context.getRemainingTimeInMillis() })`)
  const { payload } = (await lambda.invoke({})) as { payload: Record<string, unknown> }
  expect(payload).toMatchObject({
    awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/) as string,
    functionName: 'consumer',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
    memoryLimitInMB: '256',
    logGroupName: '/aws/lambda/consumer',
    logStreamName: expect.stringContaining('[$LATEST]') as string,
  })
  expect(payload.remaining).toBeGreaterThan(0)
  expect(payload.remaining).toBeLessThanOrEqual(20_000)
})

test('the process sees the template’s variables and what Lambda sets, and none of its parent’s', async () => {
  process.env.SECRET_OF_PARENT = 'secret'
  onTestFinished(() => {
    delete process.env.SECRET_OF_PARENT
  })
  const { lambda } = aFunction('exports.handler = async () => process.env')
  const { payload } = (await lambda.invoke({})) as { payload: Record<string, string> }
  expect(Object.keys(payload).sort()).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_EXECUTION_ENV',
    'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_LAMBDA_FUNCTION_VERSION',
    'AWS_LAMBDA_INITIALIZATION_TYPE',
    'AWS_LAMBDA_LOG_GROUP_NAME',
    'AWS_LAMBDA_LOG_STREAM_NAME',
    'AWS_LAMBDA_RUNTIME_API',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'LAMBDA_RUNTIME_DIR',
    'LAMBDA_TASK_ROOT',
    'LANG',
    'PATH',
    'TABLE',
    'TZ',
    '_HANDLER',
  ])
  expect(payload).toMatchObject({ TABLE: 'register', AWS_ACCESS_KEY_ID: 'key-of-consumer', TZ: ':UTC' })
})

test('the bundle is CommonJS, and the working directory is the task root', async () => {
  const { lambda } = aFunction(`exports.handler = async () => ({
    commonJs: typeof require, here: process.cwd() === process.env.LAMBDA_TASK_ROOT && __dirname === process.cwd() })`)
  expect(await lambda.invoke({})).toEqual({ ok: true, payload: { commonJs: 'function', here: true } })
})

test('a thrown error is the function’s error, and the environment stays', async () => {
  const { lambda } = aFunction(`let calls = 0
    exports.handler = async () => { calls += 1; if (calls === 1) throw new RangeError('too far'); return calls }`)
  expect(await lambda.invoke({})).toEqual({ ok: false, errorType: 'RangeError', errorMessage: 'too far' })
  expect(await lambda.invoke({})).toEqual({ ok: true, payload: 2 })
})

test('an invocation that takes too long is killed, also when it blocks the process', async () => {
  const code = `exports.handler = async (event) => { if (event.block) ${BLOCK}; return process.pid }`
  const { lambda } = aFunction(code, { timeoutSeconds: 2 })
  const before = (await lambda.invoke({})) as { payload: number }
  expect(await lambda.invoke({ block: true })).toEqual({
    ok: false,
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringContaining('Task timed out after 2.00 seconds') as string,
  })
  await waitFor(() => expect(isRunning(before.payload)).toBe(false))
  const after = (await lambda.invoke({})) as { payload: number }
  expect(after.payload).not.toBe(before.payload)
})

test.each([
  ['exits', 'process.exit(3)', 'exit status 3'],
  ['is killed', 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})', 'signal: killed'],
])('a process that %s fails its invocation with Runtime.ExitError and is replaced', async (_, statement, reason) => {
  const { lambda } = aFunction(
    `exports.handler = async (event) => { if (event.crash) { ${statement} } return 'alive' }`,
  )
  expect(await lambda.invoke({ crash: true })).toEqual({
    ok: false,
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringContaining(reason) as string,
  })
  expect(await lambda.invoke({})).toEqual({ ok: true, payload: 'alive' })
})

test('a promise that is never settled fails the invocation when nothing is left to wait for', async () => {
  const { lambda } = aFunction('exports.handler = () => new Promise(() => {})')
  expect(await lambda.invoke({})).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
})

test('an unhandled rejection fails the invocation under way', async () => {
  const { lambda } = aFunction(`exports.handler = () => {
    Promise.reject(new Error('forgotten')); return new Promise(() => {}) }`)
  expect(await lambda.invoke({})).toEqual({
    ok: false,
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: 'forgotten',
  })
})

test('an error while the code is loaded is reported, and the next call loads it again', async () => {
  const marker = join(handlerDirectory(''), 'marker')
  const { lambda } = aFunction(`
    if (!require('node:fs').existsSync(${JSON.stringify(marker)})) throw new TypeError('no settings')
    exports.handler = async () => 'loaded'`)
  expect(await lambda.invoke({})).toEqual({ ok: false, errorType: 'TypeError', errorMessage: 'no settings' })
  writeFileSync(marker, '')
  expect(await lambda.invoke({})).toEqual({ ok: true, payload: 'loaded' })
})

test.each([
  ['code that is not there', 'missing.handler', 'Runtime.ImportModuleError'],
  ['a handler that is not exported', 'index.missing', 'Runtime.HandlerNotFound'],
])('%s is an init error', async (_, handler, errorType) => {
  const { lambda } = aFunction('exports.handler = async () => null', { handler })
  expect(await lambda.invoke({})).toMatchObject({ ok: false, errorType })
})

test('an event over 6 MB is refused', async () => {
  const { lambda } = aFunction('exports.handler = async () => null')
  const event = (bytes: number) => 'x'.repeat(bytes - 2)
  expect(await lambda.invoke(event(6_291_457))).toMatchObject({
    ok: false,
    errorType: 'RequestEntityTooLargeException',
  })
  expect(await lambda.invoke(event(6_291_456))).toEqual({ ok: true, payload: null })
})

test('an answer over 6 MB is the function’s error', async () => {
  const { lambda } = aFunction('exports.handler = async (bytes) => "x".repeat(bytes - 2)')
  expect(await lambda.invoke(6_291_557)).toMatchObject({ ok: false, errorType: 'Function.ResponseSizeTooLarge' })
  expect(await lambda.invoke(6_291_556)).toMatchObject({ ok: true })
})

test('each environment has one invocation at a time, and beyond the maximum calls wait', async () => {
  const directory = handlerDirectory('')
  const code = `const { existsSync } = require('node:fs')
    let running = 0, most = 0
    exports.handler = async (file) => {
      running += 1; most = Math.max(most, running)
      console.log('begun')
      while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      return { pid: process.pid, most }
    }`
  const { lambda, lines } = aFunction(code, { maxEnvironments: 2 })
  const release = join(directory, 'release')
  const calls = [1, 2, 3, 4, 5].map(() => lambda.invoke(release))
  await waitFor(() => expect(lines).toEqual(['begun', 'begun']))
  writeFileSync(release, '')
  const results = (await Promise.all(calls)) as { payload: { pid: number; most: number } }[]
  expect(new Set(results.map(({ payload }) => payload.pid)).size).toBe(2)
  expect(results.every(({ payload }) => payload.most === 1)).toBe(true)
})

test('an idle environment is used again', async () => {
  const { lambda } = aFunction('exports.handler = async () => process.pid', { maxEnvironments: 5 })
  const first = await lambda.invoke({})
  expect(await lambda.invoke({})).toEqual(first)
  expect(lambda.environments()).toEqual([{ name: 'consumer', pid: (first as { payload: number }).payload }])
})

test('renewed, an idle process is replaced at once, a busy one when it is done, and no call fails', async () => {
  const release = join(handlerDirectory(''), 'release')
  const code = `const { existsSync } = require('node:fs')
    exports.handler = async (file) => {
      console.log('begun')
      while (file && !existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
      return process.pid
    }`
  const { lambda, lines } = aFunction(code, { maxEnvironments: 2 })
  const pidOf = async (file?: string) => ((await lambda.invoke(file ?? null)) as { payload: number }).payload
  const busy = pidOf(release)
  await waitFor(() => expect(lines).toEqual(['begun']))
  const idle = await pidOf()
  lambda.renew()
  await waitFor(() => expect(lambda.environments().map(({ pid }) => pid)).not.toContain(idle))
  const others = await Promise.all([pidOf(), pidOf(), pidOf()])
  expect(others).not.toContain(idle)
  writeFileSync(release, '')
  const old = await busy
  expect(others).not.toContain(old)
  await waitFor(() => expect(lambda.environments().map(({ pid }) => pid)).not.toContain(old))
  await waitFor(() => expect([idle, old].filter(isRunning)).toEqual([]))
  expect(await pidOf()).not.toBe(old)
})

test('an idle environment that is killed from outside is replaced', async () => {
  const { lambda } = aFunction('exports.handler = async () => process.pid')
  const { payload: pid } = (await lambda.invoke({})) as { payload: number }
  process.kill(pid, 'SIGKILL')
  await waitFor(() => expect(lambda.environments()).toEqual([]))
  expect(await lambda.invoke({})).toMatchObject({ ok: true })
})

test('output is passed on line by line', async () => {
  const { lambda, lines } = aFunction(`exports.handler = async () => {
    process.stdout.write('first\\nsec'); process.stdout.write('ond\\n'); console.error('third') }`)
  await lambda.invoke({})
  await waitFor(() => expect([...lines].sort()).toEqual(['first', 'second', 'third']))
})

test('close ends the processes, fails what they were doing and removes the copy of the code', async () => {
  const { lambda, lines } = aFunction(`exports.handler = async () => {
    console.log(process.env.LAMBDA_TASK_ROOT); await new Promise((resolve) => setTimeout(resolve, 1e6)) }`)
  const call = lambda.invoke({})
  const waiting = lambda.invoke({})
  await waitFor(() => expect(lines).toHaveLength(1))
  const [environment] = lambda.environments()
  const directory = dirname(lines[0] ?? '')
  expect(existsSync(directory)).toBe(true)
  await lambda.close()
  expect(await call).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
  expect(await waiting).toMatchObject({ ok: false })
  expect(isRunning(environment?.pid ?? 0)).toBe(false)
  expect(existsSync(directory)).toBe(false)
})

test.each([
  ['waits for an invocation', 'exports.handler = async () => null'],
  ['blocks', `exports.handler = async () => { console.log("blocking"); ${BLOCK} }`],
])('SIGKILL of the parent leaves no environment that %s', async (_, code) => {
  const script = join(handlerDirectory(''), 'parent.ts')
  const source = fileURLToPath(new URL('../../../lib/emulator/lambda/function.ts', import.meta.url))
  writeFileSync(
    script,
    `import { createLambdaFunction } from ${JSON.stringify(source)}
     const print = () => console.log('pid', lambda.environments()[0].pid)
     const lambda = createLambdaFunction({ name: 'f', codeDirectory: ${JSON.stringify(handlerDirectory(code))},
       handler: 'index.handler', environment: {}, accessKeyId: 'k', timeoutSeconds: 600, memoryMb: 128,
       maxEnvironments: 1, clock: { timeScale: 1, startedAt: 0 }, log: print })
     lambda.invoke({}).then(print)`,
  )
  const parent = spawn(process.execPath, [script], {
    env: { ...process.env, TMPDIR: dirname(script) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const pid = await new Promise<number>((resolve) => {
    createInterface({ input: parent.stdout }).on('line', (line) => resolve(Number(line.replace('pid ', ''))))
  })
  expect(isRunning(pid)).toBe(true)
  parent.kill('SIGKILL')
  await waitFor(() => expect(isRunning(pid)).toBe(false))
})

describe('with a clock that runs ten times as fast', () => {
  const clock = startStackClock(0.1)

  test('a function sees ten seconds pass in one', async () => {
    const { lambda } = aFunction(
      `const { setTimeout } = require('node:timers/promises')
      exports.handler = async () => {
        const outer = performance.now(), from = Date.now(), inner = performance.now()
        await setTimeout(10_000)
        const least = performance.now() - inner, to = new Date(), most = performance.now() - outer
        return { seen: to - from, least, most }
      }`,
      { clock },
    )
    const { payload } = (await lambda.invoke({})) as { payload: { seen: number; least: number; most: number } }
    // By the machine's clock a second, and on a busy machine more: what was seen is ten times as much, whatever it is.
    expect(payload.least).toBeGreaterThan(990)
    expect(payload.seen).toBeGreaterThanOrEqual(10 * (payload.least - 2))
    expect(payload.seen).toBeLessThanOrEqual(10 * (payload.most + 2))
  })

  test('all functions and their parent see the same time', async () => {
    const code = 'exports.handler = async () => Date.now()'
    const before = timeOn(clock)
    const seen = []
    for (const { lambda } of [aFunction(code, { clock }), aFunction(code, { clock })])
      seen.push((await lambda.invoke({})).ok && ((await lambda.invoke({})) as { payload: number }).payload)
    const times = [before, ...seen, timeOn(clock)]
    expect(times).toEqual(times.toSorted((one, other) => Number(one) - Number(other)))
  })

  test('a request is given up after a tenth of its time, and timers such as the AWS SDK’s stay as they are', async () => {
    const { lambda } = aFunction(
      `exports.handler = () => {
        const signal = AbortSignal.timeout(5_000)
        const aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted')))
        return Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, 5_000, 'slept'))])
      }`,
      { clock },
    )
    expect(await lambda.invoke({})).toMatchObject({ payload: 'aborted' })
  })

  test('a date is what it was made of', async () => {
    const { lambda } = aFunction(
      `exports.handler = async () => {
        const date = new Date('2026-09-15T12:00:00Z')
        return [date.toISOString(), date instanceof Date, new Date(2026, 0).getFullYear(), new Date(5).getTime()]
      }`,
      { clock },
    )
    expect(await lambda.invoke({})).toMatchObject({ payload: ['2026-09-15T12:00:00.000Z', true, 2026, 5] })
  })

  test('the time left is the timeout, and an invocation is ended when it is over and not before', async () => {
    const left = 'exports.handler = async (event, context) => context.getRemainingTimeInMillis()'
    const { payload } = (await aFunction(left, { clock, timeoutSeconds: 180 }).lambda.invoke({})) as { payload: number }
    expect(payload).toBeGreaterThan(0)
    expect(payload).toBeLessThanOrEqual(180_000)
    const hasty = aFunction(left, { clock, timeoutSeconds: 10 })
    // 1 s of the machine's would be too little to work, so it has three of them, and knows.
    const { payload: longer } = (await hasty.lambda.invoke({})) as { payload: number }
    expect(longer).toBeGreaterThan(10_000)
    expect(longer).toBeLessThanOrEqual(30_000)
    const { lambda: ended } = aFunction(
      `const { setTimeout } = require('node:timers/promises')
      exports.handler = async (event, context) => setTimeout(context.getRemainingTimeInMillis() + 600_000)`,
      { clock, timeoutSeconds: 10 },
    )
    expect(await ended.invoke({})).toMatchObject({
      ok: false,
      errorMessage: expect.stringContaining('timed out') as string,
    })
  })
})
