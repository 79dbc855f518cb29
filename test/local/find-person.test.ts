import { expect, test } from 'vitest'
import { identifierOf } from '../../lib/audience/identifiers.ts'
import type { StoredMessage } from '../../lib/emulator/aws/queue-service.ts'
import { findPerson } from '../../lib/local/find-person.ts'
import { packRows } from '../../lib/retry/message.ts'
import { packMessages } from '../../lib/track/message.ts'
import { sha256 } from '../cli/dead-letters/letters.ts'
import { NOON } from '../graph-api/builders.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const settings = settingsOf({
  destinations: [
    aDestination({ userSchema: ['EMAIL'] }),
    aDestination({ name: 'hashes', userSchema: ['EMAIL'], isHashRequired: false, events: { B: OTHER_AUDIENCE } }),
  ],
})
const ANN = identifierOf('EMAIL', sha256('ann@example.com')) ?? ''

const stored = (body: string, more: Partial<StoredMessage> = {}): StoredMessage => ({
  ...{ messageId: 'm', body, messageAttributes: {}, receives: 0 },
  ...more,
})
const bodiesOf = (messages: Iterable<{ body: string }>) => [...messages].map(({ body }) => stored(body))
const rows = (email: string) => {
  const cells = [sha256(email)]
  const change = { cells, identifiers: [], at: NOON }
  return bodiesOf(
    packRows({ destination: 'main', audienceIds: [AUDIENCE], schema: ['EMAIL'], add: [], remove: [change] }),
  )
}
const event = (name: string, email: string, more: object = {}) =>
  ({ messageId: 'm', name, at: NOON, direction: 'add', users: [{ EMAIL: email }], ...more }) as const

const find = (queues: Record<string, StoredMessage[]>, body: unknown) =>
  findPerson(body, {
    outputs: {
      ...{ TrackQueueUrl: 'http://q/track', RemovalQueueUrl: 'http://q/removal', SessionQueueUrl: 'http://q/session' },
      ...{ RetryQueueUrl: 'http://q/retry', DeadLettersUrl: 'http://q/dead', SessionDeadLettersUrl: 'http://q/other' },
    },
    service: { messages: (name) => Promise.resolve(queues[name] ?? []) },
    ...{ settings, clock: () => NOON },
  })

test('a person is found in events and in rows, however the value is written, and others are not', async () => {
  const dead = rows('ann@example.com').map((each) => ({
    ...each,
    messageAttributes: { reason: { StringValue: 'graph_100' } },
  }))
  const { found } = await find(
    {
      track: bodiesOf(packMessages('server', NOON, [event('USER_ADD', ' Ann@Example.com')]).track),
      retry: [...rows('ann@example.com'), ...rows('bob@example.com'), stored('nonsense')],
      dead,
    },
    { identifiers: [ANN] },
  )
  const about = { destination: 'main', audience: AUDIENCE, at: NOON }
  expect(found).toEqual([
    { queue: 'track', ...about, direction: 'add' },
    { queue: 'retry', ...about, direction: 'remove' },
    { queue: 'dead letters', ...about, direction: 'remove', reason: 'graph_100' },
  ])
})

test('an erased person is found where a destination takes hashes alone, too', async () => {
  const erasure = { by: 'erasure', name: 'erasure', direction: 'remove', destinations: ['hashes'] } as const
  const { removal } = packMessages('server', NOON, [event('erasure', 'ann@example.com', erasure)])
  const { found } = await find({ removal: bodiesOf(removal) }, { identifiers: [ANN] })
  expect(found).toMatchObject([{ queue: 'removal', destination: 'hashes', audience: OTHER_AUDIENCE }])
})

test.each([undefined, {}, { identifiers: 'x' }, { identifiers: [] }])('for %j nobody is found', async (body) => {
  expect(await find({ retry: rows('ann@example.com') }, body)).toEqual({ found: [] })
})
