import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
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
    'send somebody made-up, in another terminal:',
    expect.stringMatching(/^ {2}curl /),
    'and, some seconds later, see who is in the audience:',
    expect.stringMatching(/^ {2}curl /),
    expect.stringMatching(/^graph http/),
    expect.stringMatching(/^aws http/),
    `console ${url}/console   watch it all, in a browser`,
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

test('the printed commands, run in a shell as they are, end with a member in the audience', slow, async () => {
  const { lines, address } = run({ WRITE_KEY: "Ann's key" })
  await address('ready')
  const [send = '', show = ''] = lines.filter((line) => line.startsWith('  curl '))
  const inShell = (command: string) =>
    execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  expect(JSON.parse(inShell(send))).toMatchObject({ success: true, accepted: 1 })
  await vi.waitFor(
    () => {
      const { members } = JSON.parse(inShell(show)) as { members: { EMAIL: string }[] }
      expect(members.map(({ EMAIL }) => EMAIL)).toEqual([createHash('sha256').update('ann@example.com').digest('hex')])
    },
    { timeout: 60_000, interval: 500 },
  )
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
