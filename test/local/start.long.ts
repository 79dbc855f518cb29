import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { isRunning } from '../emulator/lambda/processes.ts'
import { pidsOf, run, track, waitFor } from './started.ts'

const slow = { timeout: 120_000 }

test(
  'it uses the Graph API that it is told, and on Ctrl-C says how many messages are gone with it, and nothing of what is cut off',
  slow,
  async () => {
    let asked = false
    const silent = createServer(() => (asked = true))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      silent.closeAllConnections()
      silent.close()
    })
    const { port } = silent.address() as AddressInfo
    const graphUrl = `http://127.0.0.1:${String(port)}`
    const { address, child, exit, lines } = run({ GRAPH_API_URL: graphUrl, BATCH_WINDOW: '0' })
    await track(await address('ready'))
    expect(await address('graph')).toBe(graphUrl)
    await waitFor(() => expect(asked).toBe(true))
    child.kill('SIGINT')
    expect(await exit).toBe(0)
    expect(lines.at(-1)).toBe('Stopped. Messages that still waited and are gone with this process: 1')
    expect(lines.join()).not.toContain('ExitError')
  },
)

test('it ends with its functions when its parent is gone', slow, async () => {
  // A shell between: its death is what npm's would be.
  const { address, child } = run({}, `"${process.execPath}" lib/local/start.ts & echo "pid $!"; wait`)
  const url = await address('ready')
  const pids = await pidsOf(url)
  child.kill('SIGKILL')
  await waitFor(() => expect(pids.filter(isRunning)).toEqual([]))
  await vi.waitFor(() => expect(fetch(url)).rejects.toThrow(), { timeout: 60_000 })
})

test('SIGKILL of it leaves no function', slow, async () => {
  const { address, child } = run()
  const pids = await pidsOf(await address('ready'))
  child.kill('SIGKILL')
  await waitFor(() => expect(pids.filter(isRunning)).toEqual([]))
})

test.each(['PORT', 'GRAPH_PORT'])('a port in use is one line that names %s', slow, async (variable) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { exit, errors } = run({ [variable]: String(port) })
  expect(await exit).toBe(1)
  expect(errors()).toBe(`Port ${port} is in use: set ${variable} to another one, or to 0 for any free port\n`)
})
