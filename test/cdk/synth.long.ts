import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { PROBLEMS, WRONG, aDirectory, aFile } from './wrong-file.ts'

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
