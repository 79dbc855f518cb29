import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isRunning } from '../emulator/lambda/processes.ts'
import { pidsOf, run, statusOf, track } from './started.ts'

const slow = { timeout: 120_000 }

test('it says where everything is, ready last, takes events, and ends cleanly on SIGTERM', slow, async () => {
  const { child, lines, exit, address, temporary } = run()
  const url = await address('ready')
  expect(lines).toEqual([
    'Synthesising the stack and starting it; this takes some seconds …',
    'write key local-write-key (source server)',
    'event USER_ADD → audience 23846440602800582 (destination main)',
    expect.stringMatching(/^graph http/),
    expect.stringMatching(/^aws http/),
    `ready ${url}`,
  ])
  const pids = await pidsOf(url)
  expect((await track(url, 'local-write-key-server')).status).toBe(200)
  expect((await track(url, 'wrong')).status).toBe(401)
  const { queues, deadLetters } = await statusOf(url)
  expect(queues).toHaveLength(6)
  expect(deadLetters).toEqual([])
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
  expect(pids.filter(isRunning)).toEqual([])
  // Those that begin with a function's name are of the bundler.
  expect(readdirSync(temporary).filter((name) => name.startsWith('facebook-audience-sync'))).toEqual([])
})

test('a value that cannot be used is one message that names the variable, and exit status 2', slow, async () => {
  const { exit, errors } = run({ TIME_SCALE: 'fast' })
  expect(await exit).toBe(2)
  expect(errors()).toBe('TIME_SCALE is "fast", and must be above 0 and at most 1, such as 0.01\n')
})

test('settings that cannot be used are told with their place, and exit status 2', slow, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'settings-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'destinations.json')
  writeFileSync(path, '{"sources": [], "destinations": []}')
  const { exit, errors } = run({ DESTINATIONS: path })
  expect(await exit).toBe(2)
  expect(errors()).toContain('sources: needs at least one source')
})
