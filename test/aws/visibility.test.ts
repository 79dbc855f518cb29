import { expect, test } from 'vitest'
import { createHideMessage } from '../../lib/aws/visibility.ts'
import { LONGEST_WAIT_SECONDS } from '../../lib/retry/schedule.ts'

test.each([
  [90, 90],
  [0.2, 1],
  [-5, 0],
  [86_400, LONGEST_WAIT_SECONDS],
])('a wait of %d s hides a message for %d s', async (seconds, VisibilityTimeout) => {
  const inputs: unknown[] = []
  const send = ({ input }: { input: unknown }) => Promise.resolve(inputs.push(input))
  await createHideMessage({ send } as never, 'https://sqs.example/retry')('handle', seconds)
  expect(inputs).toEqual([{ QueueUrl: 'https://sqs.example/retry', ReceiptHandle: 'handle', VisibilityTimeout }])
})

test('a wait stays below the 12 hours that SQS counts from the receive', () => {
  expect(LONGEST_WAIT_SECONDS).toBeLessThan(12 * 3600)
})

test('that SQS cannot hide a message is an answer: its queue’s own timeout holds', async () => {
  const send = () => Promise.reject(new Error('ReceiptHandleIsInvalid'))
  await expect(createHideMessage({ send } as never, 'https://sqs.example/retry')('handle', 5)).resolves.toEqual({
    ok: false,
    reason: 'Error',
  })
})
