import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('the demo ends with 0, and shows that each request to Meta carries its session', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/local/demo.ts'], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout.match(/ {2}session .*/g)?.sort()).toEqual([
    '  session {"session_id":123,"batch_seq":1,"last_batch_flag":true}',
    '  session {"session_id":456,"batch_seq":1,"last_batch_flag":true}',
  ])
  expect(stdout).toContain('The audience is right')
})
