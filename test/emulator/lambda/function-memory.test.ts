import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { memoryOf } from '../../../lib/emulator/lambda/process-memory.ts'
import { aFunction } from './a-function.ts'
import { handlerDirectory } from './handler-directory.ts'

/** Takes as many megabytes as it is told, and answers at once, when a file is there, or never. */
const TAKES_MEMORY = `const { existsSync } = require('node:fs')
  const wait = () => new Promise((resolve) => setTimeout(resolve, 5))
  exports.handler = async ({ megabytes, until, forever }) => {
    let taken = Buffer.alloc(megabytes * 1024 * 1024, 1)
    console.log('taken')
    while (forever || (until && !existsSync(until))) await wait()
    taken = undefined
    return process.pid
  }`

const KILLED = {
  ok: false,
  errorType: 'Runtime.ExitError',
  errorMessage: expect.stringContaining('Error: Runtime exited with error: signal: killed') as string,
}

test('a function that takes more memory than it has is killed, and its invocation ends without an answer', async () => {
  const { lambda, lines } = aFunction(TAKES_MEMORY)
  expect(await lambda.invoke({ megabytes: 300, forever: true })).toEqual(KILLED)
  const [line] = lines.filter((each) => each.includes('Runtime.OutOfMemory'))
  expect(line).toMatch(
    /^consumer was killed: Memory Size: 256 MB Max Memory Used: \d+ MB Status: error Error Type: Runtime.OutOfMemory$/,
  )
})

test('the next call gets a new process, and the killing is logged once', async () => {
  const { lambda, lines } = aFunction(TAKES_MEMORY)
  const before = (await lambda.invoke({ megabytes: 1 })) as { payload: number }
  expect(await lambda.invoke({ megabytes: 300, forever: true })).toEqual(KILLED)
  const after = await lambda.invoke({ megabytes: 1 })
  expect(after).toMatchObject({ ok: true })
  expect(after).not.toEqual(before)
  expect(lines.filter((each) => each.includes('Runtime.OutOfMemory'))).toHaveLength(1)
})

test.runIf(process.platform === 'linux')('a peak that is over when the function answers counts too', async () => {
  const { lambda } = aFunction(TAKES_MEMORY)
  expect(await lambda.invoke({ megabytes: 300 })).toEqual(KILLED)
})

test('a function that stays below its memory answers, in the same process each time', async () => {
  const { lambda, lines } = aFunction(TAKES_MEMORY)
  const first = await lambda.invoke({ megabytes: 50 })
  expect(first).toMatchObject({ ok: true })
  expect(await lambda.invoke({ megabytes: 50 })).toEqual(first)
  expect(lines).toEqual(['taken', 'taken'])
})

test('the neighbour of a process that is killed goes on', async () => {
  const { lambda, lines } = aFunction(TAKES_MEMORY, { maxEnvironments: 2 })
  const until = join(handlerDirectory(''), 'release')
  const neighbour = lambda.invoke({ megabytes: 1, until })
  await vi.waitFor(() => expect(lines).toEqual(['taken']), { timeout: 60_000 })
  expect(await lambda.invoke({ megabytes: 300, forever: true })).toEqual(KILLED)
  expect(existsSync(until)).toBe(false)
  writeFileSync(until, '')
  expect(await neighbour).toMatchObject({ ok: true })
})

test('a heap of V8 has the limits that Lambda’s runtime sets', async () => {
  const { lambda } = aFunction('exports.handler = async () => process.execArgv', { memoryMb: 1024 })
  const payload = ['--max-semi-space-size=51', '--max-old-space-size=922']
  expect(await lambda.invoke({})).toEqual({ ok: true, payload })
})

test('a process that has ended takes no memory that could be told', async () => {
  expect(await memoryOf(2 ** 30)).toBeUndefined()
  expect(await memoryOf(2 ** 30, 'darwin')).toBeUndefined()
})

test('elsewhere than on Linux, ps tells what a process takes', async () => {
  const megabytes = (await memoryOf(process.pid, 'darwin')) ?? 0
  const ratio = megabytes / (process.memoryUsage.rss() / 1024 ** 2)
  expect(ratio).toBeGreaterThan(0.7)
  expect(ratio).toBeLessThan(1.4)
})

test('where there is no ps either, nothing is told', async () => {
  vi.stubEnv('PATH', handlerDirectory(''))
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await memoryOf(process.pid, 'win32')).toBeUndefined()
})
