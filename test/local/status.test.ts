import { expect, test } from 'vitest'
import type { StoredMessage } from '../../lib/emulator/aws/queue-service.ts'
import { startStackClock, timeOn } from '../../lib/emulator/lambda/stack-clock.ts'
import { readStatus } from '../../lib/local/status.ts'
import { packRows } from '../../lib/retry/message.ts'
import { packMessages } from '../../lib/track/message.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, manyPeople } from '../graph-api/builders.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const queue = (name: string, deadLetterArn?: string) => ({
  name,
  arn: `arn:${name}`,
  fifo: false,
  attributes: {},
  deadLetterArn,
})

const MAPPING = { batchSize: 1, windowSeconds: 0, maximumConcurrency: undefined, reportBatchItemFailures: true }
const HOUR = 3_600_000
const settings = settingsOf({ destinations: [aDestination({ events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } })] })
const SECRET = 'ann@example.com'

const stored = (messageId: string, body: string, more: Partial<StoredMessage> = {}): StoredMessage => ({
  messageId,
  body,
  messageAttributes: {},
  receives: 0,
  ...more,
})
const bodyOf = (messages: Iterable<{ body: string }>) => [...messages][0]?.body ?? ''
const rowsOf = (audienceIds: string[], counts: { add: number; remove: number }, thenWait?: number) =>
  bodyOf(
    packRows({
      ...{
        destination: 'main',
        audienceIds,
        schema: ['EMAIL'],
        add: manyPeople(counts.add),
        remove: manyPeople(counts.remove),
      },
      ...(thenWait !== undefined && { thenWait }),
    }),
  )

async function statusOf(
  messages: Record<string, StoredMessage[]>,
  { handedBack = [] as string[], timeScale = 1 } = {},
) {
  const clock = startStackClock(timeScale)
  const status = await readStatus({
    resources: {
      queues: [queue('track', 'arn:dead'), queue('dead'), queue('retry', 'arn:dead')],
      mappings: [{ ...MAPPING, queueArn: 'arn:aws:sqs:us-east-1:000000000000:track', functionName: 'consumer' }],
      outputs: { RetryQueueUrl: 'http://127.0.0.1:1/000000000000/retry' },
    },
    service: {
      states: () => Promise.resolve([{ name: 'track', visible: 1, inFlight: 0, delayed: 0 }]),
      messages: (name) => Promise.resolve(messages[name] ?? []),
    },
    functions: [{ environments: () => [{ name: 'ingest', pid: 7 }] }],
    ...{ handedBack, settings, clock },
  })
  return { status, clock }
}

test('queues, processes and polled queues are listed, and dead letters are those in queues that another names', async () => {
  const { status } = await statusOf({ track: [stored('0', 'x')], dead: [stored('1', 'x')] })
  expect(status).toEqual({
    queues: [{ name: 'track', visible: 1, inFlight: 0, delayed: 0 }],
    deadLetters: [{ messageId: '1', queue: 'dead', reason: 'crashed' }],
    waiting: [],
    functions: [{ name: 'ingest', pid: 7 }],
    mappings: [{ queue: 'track', function: 'consumer' }],
  })
})

test('a dead letter of rows tells its destination, its audiences, its direction and how many users', async () => {
  const reason = { messageAttributes: { reason: { StringValue: 'too_old' } } }
  const { status } = await statusOf({
    dead: [
      stored('1', rowsOf([AUDIENCE], { add: 0, remove: 3 }), reason),
      stored('2', rowsOf([AUDIENCE, OTHER_AUDIENCE], { add: 2, remove: 1 })),
    ],
  })
  const about = { queue: 'dead', destination: 'main' }
  expect(status.deadLetters).toEqual([
    {
      ...{ messageId: '1', ...about, audiences: [AUDIENCE], reason: 'too_old' },
      ...{ direction: 'remove', users: { add: 0, remove: 3 } },
    },
    {
      messageId: '2',
      ...about,
      audiences: [AUDIENCE, OTHER_AUDIENCE],
      reason: 'crashed',
      users: { add: 2, remove: 1 },
    },
  ])
})

test('a dead letter of events tells where the settings of today send them, and nothing of the people', async () => {
  const event = (name: string) => ({
    ...{ messageId: 'm', name, at: NOON, direction: 'add' as const, users: [{ EMAIL: SECRET }, { EMAIL: SECRET }] },
  })
  const letter = (id: string, ...names: string[]) =>
    stored(id, bodyOf(packMessages('server', NOON, names.map(event)).track))
  const { status } = await statusOf({ dead: [letter('1', 'USER_ADD', 'USER_ADD'), letter('2', 'NO_MORE')] })
  expect(status.deadLetters).toEqual([
    {
      ...{ messageId: '1', queue: 'dead', reason: 'crashed', destination: 'main', direction: 'add' },
      ...{ audiences: [AUDIENCE, OTHER_AUDIENCE], users: { add: 4, remove: 0 } },
    },
    { messageId: '2', queue: 'dead', reason: 'crashed', direction: 'add', users: { add: 2, remove: 0 } },
  ])
  expect(JSON.stringify(status)).not.toContain(SECRET)
})

test('what waits is summed up for each audience, until the first of it goes; what is being handled does not wait', async () => {
  const soon = Date.now() + HOUR
  const { status, clock } = await statusOf(
    {
      retry: [
        stored('delayed, then hidden', rowsOf([AUDIENCE], { add: 1, remove: 2 }, 3 * 3600), { hiddenUntil: soon }),
        stored('hidden', rowsOf([AUDIENCE, OTHER_AUDIENCE], { add: 4, remove: 0 }, 3 * 3600), {
          ...{ hiddenUntil: soon + HOUR, receives: 1, receiptHandle: 'handed back' },
        }),
        stored('handled', rowsOf([OTHER_AUDIENCE], { add: 100, remove: 0 }), {
          ...{ hiddenUntil: soon, receives: 2, receiptHandle: 'in hand' },
        }),
        stored('nonsense', 'nonsense'),
      ],
    },
    { handedBack: ['handed back'], timeScale: 0.5 },
  )
  // An hour of this machine is two hours of its functions. What is in a message is told in their time.
  const now = timeOn(clock)
  const isIn = (hours: number) => expect.closeTo(now + hours * HOUR, -5) as number
  expect(status.waiting).toEqual([
    { audience: AUDIENCE, destination: 'main', users: 7, until: isIn(4) },
    { audience: OTHER_AUDIENCE, destination: 'main', users: 4, until: isIn(4) },
  ])
})
