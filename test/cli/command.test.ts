import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cli } from './typed.ts'

test.each([
  [['bogus'], ''],
  [['status', '--bogus'], 'status '],
  [['dlq', 'redrive', '--bogus'], 'dlq redrive '],
  [['token', 'set'], 'token set '],
  [['token', 'bogus'], 'token '],
])('wrong use %j names the help of that command', async (args, command) => {
  const { status, stderr } = await cli(args)
  expect(status).toBe(2)
  expect(stderr).toContain(`\nHelp: npm run -s cli -- ${command}--help`)
})

test('a command does its work to the end where nobody reads its words', async () => {
  const child = spawn(process.execPath, ['lib/cli/main.ts', 'status', '--url', 'http://127.0.0.1:9'])
  child.stderr.destroy()
  expect(await once(child, 'close')).toEqual([3, null])
})

test.skipIf(!existsSync('/dev/full'))('an answer that cannot be written, because a disk is full, is told', () => {
  const { status, stderr } = spawnSync(process.execPath, ['lib/cli/main.ts', 'costs'], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([3, 'The answer cannot be written: ENOSPC: no space left on device, write\n'])
})
