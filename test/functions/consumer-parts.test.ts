import type { SQSRecord } from 'aws-lambda'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLong, runs } from '../support/long.ts'
import { inParts } from '../../functions/consumer/parts.ts'
import { MAX_RECEIVES } from '../../cdk/timings.ts'
import type { QueueEntry } from '../../lib/track/message.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { settingsOf } from '../graph-api/builders.ts'
import { aConsumer, aRecord, messagesOf } from './consumer-support.ts'

const message = fc.record({ id: fc.uuid(), receives: fc.integer({ min: 1, max: 9 }), group: fc.option(fc.nat(5)) })
const messages = fc.uniqueArray(message, { selector: ({ id }) => id, maxLength: 300 })
const recordsOf = (all: { id: string; receives: number; group: number | null }[]) =>
  all.map(({ id, receives, group }) =>
    aRecord('track', { id, body: '', receives, groupId: group === null ? undefined : String(group) }),
  )

describe('the parts of an invocation', () => {
  it('hold every message once, and groups whole and in order, whatever the ids and receive counts', () => {
    fc.assert(
      fc.property(messages, (all) => {
        const records = recordsOf(all)
        const parts = inParts(records)
        expect(
          parts
            .flat()
            .map(({ messageId }) => messageId)
            .sort(),
        ).toEqual(records.map(({ messageId }) => messageId).sort())
        const partOf = new Map(parts.flatMap((part, index) => part.map(({ messageId }) => [messageId, index])))
        const groups = Map.groupBy(
          records.filter(({ attributes }) => attributes.MessageGroupId !== undefined),
          ({ attributes }) => attributes.MessageGroupId,
        )
        for (const [groupId, group] of groups) {
          expect(new Set(group.map(({ messageId }) => partOf.get(messageId))).size).toBe(1)
          const part = parts[partOf.get(group[0]?.messageId ?? '') ?? -1] ?? []
          expect(part.filter(({ attributes }) => attributes.MessageGroupId === groupId)).toEqual(group)
        }
      }),
      { numRuns: runs(300), seed: 1 },
    )
  })

  it('are one, while nothing was received more than twice: a message that waited was hidden once', () => {
    const records = recordsOf([1, 2, 2, 1].map((receives, index) => ({ id: String(index), receives, group: null })))
    expect(inParts(records)).toEqual([records])
  })

  it('hold a group apart from the others when one of its messages was received often', () => {
    const [first, second, other] = recordsOf([
      { id: '1', receives: 3, group: 1 },
      { id: '2', receives: 1, group: 1 },
      { id: '3', receives: 1, group: 2 },
    ])
    expect(inParts([first, other, second] as SQSRecord[])).toEqual([[other], [first, second]])
  })

  it('are a hundred at most for those that are suspicious, and one before them for the others', () => {
    const records = recordsOf(
      Array.from({ length: 10_000 }, (_, index) => ({ id: String(index), receives: index < 500 ? 1 : 3, group: null })),
    )
    const parts = inParts(records)
    expect(parts).toHaveLength(101)
    expect(parts[0]).toHaveLength(500)
  })
})

describe('a message that ends its consumer', () => {
  const address = (index: number) => `user-${index}@example.com`

  /** Delivers messages of one user each until none is left, as Lambda does when some of them end the process. */
  async function deliver(count: number, killers: readonly number[], seed: number) {
    const consumer = await aConsumer()
    const { track, time } = consumer
    await track.send(
      Array.from({ length: count }, (_, index) => messagesOf([{ add: [{ EMAIL: address(index) }] }]).track).flat(),
    )
    const random = seededRandom(seed)
    const shuffled = track.messages.map((message) => ({ message, place: random() }))
    track.messages = shuffled.sort((one, other) => one.place - other.place).map(({ message }) => message)
    const deadly = new Set(killers.map((index) => `track-${index + 1}`))
    let crashes = 0
    while (track.messages.length > 0) {
      time.now = Math.max(time.now, track.nextAt())
      const records = track.receive(10_000)
      const all = new Set(records.map(({ messageId }) => messageId))
      // The whole invocation ends when a deadly message is read.
      const watched = records.map((record) =>
        deadly.has(record.messageId) ? Object.defineProperty(record, 'body', { get: crash }) : record,
      )
      const failed = await consumer.invoke(watched).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error
        crashes += 1
        return [...all]
      })
      track.settle(records, new Set(failed))
    }
    const moved = track.moved.map(({ id }) => id).sort()
    await consumer.retryFor(1)
    return { moved, crashes, members: (await consumer.members()).length }
  }

  it.each(isLong ? [1_000, 10_000] : [1_000])(
    'among %i goes to the dead letters alone, and all others are delivered',
    async (count) => {
      const { moved, crashes, members } = await deliver(count, [(471 * count) / 1_000], 1)
      expect(moved).toEqual([`track-${String((471 * count) / 1_000 + 1)}`])
      expect(crashes).toBeLessThanOrEqual(MAX_RECEIVES)
      expect(members).toBe(count - 1)
    },
  )

  it('with another one beside it takes few others along, wherever the two are', async () => {
    for (const [seed, killers] of [
      [10, 900],
      ...(isLong
        ? [
            [0, 1],
            [300, 600],
          ]
        : []),
    ].entries()) {
      const { moved, members } = await deliver(1_000, killers, seed)
      expect(moved).toEqual(expect.arrayContaining(killers.map((killer) => `track-${killer + 1}`)))
      expect(members).toBe(1_000 - moved.length)
      expect(moved.length).toBeLessThan(250)
    }
  })

  it('among few goes alone as well', async () => {
    for (const count of [1, 2, 3, 50, 101, 250]) {
      const { moved, members } = await deliver(count, [0], count)
      expect([moved, members]).toEqual([['track-1'], count - 1])
    }
  })

  it('and its hundred parts end in time where storing takes seconds: what was not begun comes again', async () => {
    const consumer = await aConsumer({ settings: settingsOf({ name: 'main' }) })
    const { time, secrets, retry } = consumer
    secrets.set('main', 'not-set')
    const sendToRetryQueue = async (entries: Iterable<QueueEntry>) => {
      await time.sleep(3_000)
      return retry.send(entries)
    }
    const slow = consumer.environment({}, { sendToRetryQueue })
    const records = Array.from({ length: 100 }, (_, index) =>
      messagesOf([{ add: [{ EMAIL: address(index) }] }]).track.map(({ body }) =>
        aRecord('track', { id: String(index), body, receives: 3 }),
      ),
    ).flat()
    const startedAt = time.now
    const failed = await consumer.invoke(records, 180, slow)
    expect(time.now - startedAt).toBeLessThan(180_000)
    expect(failed.length + retry.messages.length).toBe(100)
    expect(retry.messages.length).toBeGreaterThan(40)
  })

  it('is said in the log when what was done beside it could not be deleted', async () => {
    const consumer = await aConsumer()
    const deleteMessages = () => () => Promise.resolve({ ok: false as const, reason: 'InternalError' })
    const handle = consumer.environment({}, { deleteMessages })
    const records = messagesOf([{ add: [{ EMAIL: address(1) }] }]).track.flatMap(({ body }) =>
      ['1', '2'].map((id) => aRecord('track', { id, body, receives: 3 })),
    )
    expect(await consumer.invoke(records, 180, handle)).toEqual([])
    expect(consumer.lines.join()).toContain('message_not_deleted')
  })

  it('takes no neighbour along whose rows could not be stored: that one is not deleted', async () => {
    const consumer = await aConsumer()
    consumer.secrets.set('main', 'not-set')
    consumer.retry.isBroken = true
    const deleted: string[] = []
    const deleteMessages = () => (handles: readonly string[]) => {
      deleted.push(...handles)
      return Promise.resolve({ ok: true as const })
    }
    const handle = consumer.environment({}, { deleteMessages })
    const [{ body } = { body: '' }] = messagesOf([{ add: [{ EMAIL: address(1) }] }]).track
    const records = [
      aRecord('track', { id: 'waits', body, receives: 3 }),
      aRecord('track', { id: 'is none of ours', body: '{', receives: 3 }),
    ]
    expect(await consumer.invoke(records, 180, handle)).toEqual(['waits'])
    expect(deleted).toEqual(['is none of ours'])
  })

  it('is looked for only where one was received often: otherwise Lambda deletes what is done', async () => {
    const consumer = await aConsumer()
    const deleteMessages = () => () => Promise.reject(new Error('This is a call for nothing'))
    const [{ body } = { body: '' }] = messagesOf([{ add: [{ EMAIL: address(1) }] }]).track
    const handle = consumer.environment({}, { deleteMessages })
    expect(await consumer.invoke([aRecord('track', { id: '1', body, receives: 2 })], 180, handle)).toEqual([])
    expect(await consumer.members()).toHaveLength(1)
  })

  it('does not hold up those who come later', async () => {
    const consumer = await aConsumer()
    const records = messagesOf([{ add: [{ EMAIL: address(1) }] }]).track.map(({ body }) =>
      aRecord('track', { id: '1', body }),
    )
    const killer = Object.defineProperty(aRecord('track', { id: '2', body: '', receives: 3 }), 'body', { get: crash })
    await expect(consumer.invoke([killer, ...records])).rejects.toThrow(Crash)
    expect(await consumer.members()).toHaveLength(1)
  })
})

class Crash extends Error {}

function crash(): never {
  throw new Crash()
}
