import { Logger } from '@aws-lambda-powertools/logger'
import { expect, test } from 'vitest'
import { createLog } from '../lib/log.ts'
import { capture } from './support/captured-output.ts'

function lineOf(messageId: string) {
  const output = capture()
  createLog(new Logger({ serviceName: 'test' }))('warn', 'event_rejected', {
    messageId,
    reason: 'lists_empty',
    index: 3,
  })
  return output.lines()[0]
}

test('a line is JSON with a code to find it by, what it means, and its fields', () => {
  expect(lineOf('m-1')).toMatchObject({
    level: 'WARN',
    service: 'test',
    code: 'event_rejected',
    message: 'An event was not used; its sender was told so in the answer.',
    messageId: 'm-1',
    reason: 'lists_empty',
    index: 3,
  })
})

test.each(['09c74b9b-b641-4814-a805-6e3d85fa32ef', 'node-next-1795437773244-3453400d', 'ajs:1.2', '42'])(
  'the messageId %s is written',
  (messageId) => {
    expect(lineOf(messageId)).toMatchObject({ messageId })
  },
)

test.each(['jane@example.com', '+49 170 1234567', 'Jane Doe', 'Zoë', '{"EMAIL":"a"}', '', 'x'.repeat(129), 'a\nb'])(
  'a messageId that may be content is not written: %j',
  (messageId) => {
    expect(lineOf(messageId)).toMatchObject({ messageId: '(not an identifier)' })
  },
)
