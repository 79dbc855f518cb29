import { expect, test } from 'vitest'
import { readStatus } from '../../lib/local/status.ts'
import type { StoredMessage } from '../../lib/emulator/aws/queue-service.ts'

const queue = (name: string, deadLetterArn?: string) => ({
  name,
  arn: `arn:${name}`,
  fifo: false,
  attributes: {},
  deadLetterArn,
})

test('dead letters are those in queues that another names, with the reason that came with them', async () => {
  const messages: Record<string, StoredMessage[]> = {
    track: [{ messageId: '0', messageAttributes: {} }],
    dead: [
      { messageId: '1', messageAttributes: { reason: { StringValue: 'too_old' } } },
      { messageId: '2', messageAttributes: {} },
    ],
  }
  const counts = [{ name: 'track', visible: 1, inFlight: 0, delayed: 0 }]
  const status = await readStatus(
    [queue('track', 'arn:dead'), queue('dead')],
    { states: () => Promise.resolve(counts), messages: (name) => Promise.resolve(messages[name] ?? []) },
    [{ environments: () => [{ name: 'ingest', pid: 7 }] }],
  )
  expect(status).toEqual({
    queues: counts,
    deadLetters: [
      { messageId: '1', reason: 'too_old' },
      { messageId: '2', reason: 'crashed' },
    ],
    functions: [{ name: 'ingest', pid: 7 }],
  })
})
