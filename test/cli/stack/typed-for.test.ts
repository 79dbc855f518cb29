import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { quoted, typedFor } from '../../../lib/cli/stack/options.ts'

test('a command that is advised is for the stack that was asked about', () => {
  expect(typedFor({})('dlq list')).toBe('npm run -s cli -- dlq list')
  expect(typedFor({ stack: 'Shop', region: 'eu-central-1' })('dlq list')).toBe(
    'npm run -s cli -- dlq list --stack Shop --region eu-central-1',
  )
  expect(typedFor({ url: 'http://127.0.0.1:3100' })('status')).toBe(
    'npm run -s cli -- status --url http://127.0.0.1:3100',
  )
})

test.each(['plain', 'two words', "it's", '$HOME', '`id`', 'a"b'])(
  'a shell reads %j as one word, as it was given',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoted(text)}`], { encoding: 'utf8' })).toBe(text)
  },
)
