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
