import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { SettingsError } from '../../cdk/settings.ts'
import { addStack, synthesise } from '../../cdk/synthesise.ts'
import { anApp } from './the-stack.ts'
import { PROBLEMS, WRONG, aDirectory, aFile } from './wrong-file.ts'

test('the app of a wrong file fails and prints every problem, and no stack trace', () => {
  const path = aFile(WRONG)
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ destinations: path }), CDK_OUTDIR: aDirectory() }
  const { status, stderr } = spawnSync(process.execPath, ['cdk/app.ts'], { env, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain(`${path} cannot be used:`)
  for (const problem of PROBLEMS) expect(stderr).toContain(problem)
  expect(stderr).not.toMatch(/^\s+at .*synthesise\.ts/m)
}, 120_000)

test.each([
  ['is not JSON', '{', /is not JSON/],
  [
    'names an event twice',
    '{"sources":[{"name":"server"}],"destinations":[{"name":"main","userSchema":["EMAIL"],"events":{"A":"12345",\n"A":"12346"}}]}',
    /cannot be used:\n {2}destinations\.0\.events\.A: stands a second time in line 2/,
  ],
  ['is wrong', WRONG, /cannot be used:\n( {2}.+\n){5} {2}.+$/],
])('a file that %s is told by its path', (_, content, message) => {
  const path = aFile(content)
  const synthesiseIt = () => synthesise({ destinationsPath: path, outputDirectory: aDirectory() })
  expect(synthesiseIt).toThrow(SettingsError)
  expect(synthesiseIt).toThrow(message)
  expect(synthesiseIt).toThrow(path)
})

const DESTINATION = { name: 'main', userSchema: ['EMAIL'], events: { A: '23846440602800582' } }
const fileOf = (...destinations: object[]) => aFile(JSON.stringify({ sources: [{ name: 'server' }], destinations }))

test.each<[string, unknown, string]>([
  ['not there', '/nowhere/x.json', '/nowhere/x.json cannot be read: there is no such file'],
  ['a folder', 'cdk', 'cdk cannot be read: it is a folder; name the file in it'],
  ['no path', { sources: [] }, 'destinations must be the path of a file, but is {"sources":[]}'],
])('destinations that are %s are told beside wrong settings', (_, path, message) => {
  const synthesiseIt = () => addStack(anApp({ throttleRate: 'x' }), path)
  expect(synthesiseIt).toThrow(SettingsError)
  expect(synthesiseIt).toThrow(/throttleRate: must be/)
  expect(synthesiseIt).toThrow(message)
})

test('an ended version and too many destinations are told beside what is wrong with the file', () => {
  const many = Array.from({ length: 106 }, (_, index) => ({
    ...DESTINATION,
    name: `d${index}`,
    events: { [`E${index}`]: '23846440602800582' },
  }))
  const path = fileOf({ ...DESTINATION, userSchema: ['NOPE'], apiVersion: 'v21.0' }, ...many)
  const synthesiseIt = () => addStack(anApp(), path)
  expect(synthesiseIt).toThrow(/destinations\.0\.userSchema\.0: must be one of/)
  expect(synthesiseIt).toThrow(/destinations\.0\.apiVersion: v21\.0 ended 2025-09-09/)
  expect(synthesiseIt).toThrow(/destinations: are 107, and a stack can hold/)
})
