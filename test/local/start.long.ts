import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isRunning } from '../emulator/lambda/processes.ts'
import { pidsOf, run, waitFor } from './started.ts'

const slow = { timeout: 120_000 }

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
