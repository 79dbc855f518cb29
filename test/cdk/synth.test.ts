import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SettingsError } from '../../cdk/settings.ts'
import { synthesise } from '../../cdk/synthesise.ts'

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'synth-'))
  onTestFinished(() => {
    rmSync(directory, { recursive: true })
  })
  return directory
}

/** A settings file with this content. */
function aFile(content: string): string {
  const path = join(aDirectory(), 'destinations.json')
  writeFileSync(path, content)
  return path
}

const WRONG = JSON.stringify({
  sources: [{ name: 'server', allowed: true }],
  destinations: [{ name: 'main', userSchema: ['EMAIL', 'NAME'], events: {} }, { name: '2nd' }],
})
const PROBLEMS = [
  'sources.0.allowed: is not a setting; remove it, or write "allowedOrigins" if you meant that',
  'destinations.0.userSchema.1: must be one of EMAIL',
  'destinations.0.events: needs at least one event name',
  'destinations.1.name: must be 1 to 64 letters',
  'destinations.1.userSchema: is missing',
  'destinations.1.events: is missing',
]

test('cdk synth of a wrong file fails and prints every problem, and no stack trace', () => {
  const path = aFile(WRONG)
  const output = aDirectory()
  const { status, stderr } = spawnSync(
    'npx',
    ['cdk', 'synth', '--quiet', '--no-notices', '--context', `destinations=${path}`, '--output', output],
    { encoding: 'utf8' },
  )
  expect(status).not.toBe(0)
  expect(stderr).toContain(`${path} cannot be used:`)
  for (const problem of PROBLEMS) expect(stderr).toContain(problem)
  expect(stderr).not.toMatch(/^\s+at .*synthesise\.ts/m)
}, 120_000)

test.each([
  ['is not JSON', '{', /is not JSON/],
  ['is wrong', WRONG, /cannot be used:\n( {2}.+\n){5} {2}.+$/],
])('a file that %s is told by its path', (_, content, message) => {
  const path = aFile(content)
  const synthesiseIt = () => synthesise({ destinationsPath: path, outputDirectory: aDirectory() })
  expect(synthesiseIt).toThrow(SettingsError)
  expect(synthesiseIt).toThrow(message)
  expect(synthesiseIt).toThrow(path)
})

test('a file that is not there is told by its path', () => {
  const synthesiseIt = () => synthesise({ destinationsPath: '/nowhere/x.json', outputDirectory: aDirectory() })
  expect(synthesiseIt).toThrow('/nowhere/x.json cannot be read')
})
