import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('a clone without its packages says to run npm ci, and one with them says nothing', () => {
  const clone = mkdtempSync(join(tmpdir(), 'clone-'))
  onTestFinished(() => rmSync(clone, { recursive: true }))
  cpSync('lib/cli/node-version.js', join(clone, 'lib/cli/node-version.js'), { recursive: true })
  cpSync('package.json', join(clone, 'package.json'))
  const run = () => {
    const options = { cwd: clone, encoding: 'utf8' } as const
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', './lib/cli/node-version.js', '-e', '0'],
      options,
    )
    return [status, stderr]
  }
  expect(run()).toEqual([1, 'The packages are not installed: run `npm ci` first.\n'])
  mkdirSync(join(clone, 'node_modules'))
  expect(run()).toEqual([0, ''])
})
