import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { readTemplate } from '../../lib/local/template.ts'
import type { Template } from '../../lib/local/template-value.ts'
import { settingsOf } from '../support/settings.ts'
import { theStack } from './the-stack.ts'

const { functions } = readTemplate(theStack.template as Template, {
  directory: theStack.assembly,
  queueUrl: (name) => `http://127.0.0.1/000000000000/${name}`,
})
const the = (name: string) => {
  const found = functions.find((each) => each.name.startsWith(name))
  if (!found) throw new Error(`no function ${name}`)
  return found
}
const codeOf = (name: string) => join(the(name).codeDirectory, 'index.js')

// What a cold start reads and compiles; each has some room above what it is now.
test.each([
  ['TrackApiIngest', 400],
  ['ConsumerHandler', 560],
  ['HealthHandler', 320],
])('the bundle of %s is at most %i KB', (name, kilobytes) => {
  expect(statSync(codeOf(name)).size).toBeLessThanOrEqual(kilobytes * 1000)
})

test('phone metadata, a quarter of the consumer, is in no other bundle', () => {
  // The national prefix rule of Argentina, which no other code would hold.
  const metadata = '0?(?:(11|2(?:2(?:02?|'
  expect(readFileSync(codeOf('ConsumerHandler'), 'utf8')).toContain(metadata)
  for (const name of ['TrackApiIngest', 'HealthHandler'])
    expect(readFileSync(codeOf(name), 'utf8')).not.toContain(metadata)
})

test('every bundle brings the validated settings with it', () => {
  expect(functions).toHaveLength(3)
  for (const { codeDirectory } of functions)
    expect(readBundledDestinations({ LAMBDA_TASK_ROOT: codeDirectory })).toEqual(settingsOf())
})

test.each(['TrackApiIngest', 'ConsumerHandler', 'HealthHandler'])(
  '%s starts under Node 24 from its bundle alone, with the variables of the template and Lambda’s own',
  (name) => {
    const { environment, handler } = the(name)
    const directory = mkdtempSync(join(tmpdir(), 'task-'))
    onTestFinished(() => {
      rmSync(directory, { recursive: true })
    })
    const LAMBDA_TASK_ROOT = join(directory, 'task')
    cpSync(the(name).codeDirectory, LAMBDA_TASK_ROOT, { recursive: true })
    writeFileSync(join(directory, 'package.json'), '{}')
    const [file = '', exported = ''] = handler.split('.')
    const script = `process.stdout.write(process.version.split('.')[0] + ' ' + typeof require('./${file}.js').${exported})`
    const started = spawnSync(process.execPath, ['--eval', script], {
      cwd: LAMBDA_TASK_ROOT,
      env: { ...environment, LAMBDA_TASK_ROOT, AWS_REGION: 'us-east-1' },
      encoding: 'utf8',
    })
    expect(started).toMatchObject({ status: 0, stderr: '', stdout: `${process.version.split('.')[0] ?? ''} function` })
  },
)
