import { expect, it } from 'vitest'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import { packMessages } from '../../lib/track/message.ts'
import {
  AUDIENCE,
  HTML_400,
  NOON,
  graphFailure,
  manyPeople,
  refused,
  rowsIn,
  settingsOf,
  sha256,
  taken,
} from '../graph-api/builders.ts'
import { aConsumer, messagesOf } from './consumer-support.ts'
import { isLong } from '../support/long.ts'

const ROWS = isLong ? 10_000 : 2_000

const users = (count: number) => Array.from({ length: count }, (_, index) => ({ EMAIL: `user-${index}@example.com` }))

type Consumer = Awaited<ReturnType<typeof aConsumer>>
const givenUp = ({ deadLetters }: Consumer) =>
  deadLetters.messages.flatMap(({ entry }) => (decodeRows(entry.body)?.add ?? []).map(({ cells }) => cells[0])).sort()

it.each([
  ['code 100', 2, graphFailure(100)],
  ['a page with 400', 4, HTML_400],
] as const)(
  `one row in a hundred among ${ROWS}, on which Meta answers %s, is given up and no other, and all others are in after %i hours`,
  async (_, hours, failure) => {
    const random = seededRandom(11)
    const all = users(ROWS)
    const poisonous = new Set<string>()
    while (poisonous.size < ROWS / 100) poisonous.add(sha256(all[Math.floor(random() * all.length)]?.EMAIL ?? ''))
    const inside = new Set<string>()
    const callsAt = new Map<number, number>()
    const consumer = await aConsumer({
      delivery: {
        send: async ({ body }) => {
          const rows = rowsIn(body).map(([cell = '']) => cell)
          const { time } = consumer
          const minute = Math.floor(time.now / 60_000)
          callsAt.set(minute, (callsAt.get(minute) ?? 0) + 1)
          await time.sleep(500)
          if (rows.some((cell) => poisonous.has(cell))) return refused(failure)
          for (const cell of rows) inside.add(cell)
          return taken(rows.length)
        },
      },
    })
    await consumer.handle(messagesOf([{ add: all }]).track)
    await consumer.retryFor(hours)
    expect(inside.size).toBe(all.length - poisonous.size)
    // The last rows have no others beside them until the next users come.
    await consumer.handle(messagesOf([{ add: [{ EMAIL: 'later@example.com' }] }], consumer.time.now).track)
    await consumer.retryFor(60)
    expect(poisonous.isSupersetOf(new Set(givenUp(consumer)))).toBe(true)
    await consumer.retryFor(24)
    expect(givenUp(consumer)).toEqual([...poisonous].sort())
    expect(Math.max(...callsAt.values())).toBeLessThanOrEqual(80)
    expect(consumer.retry.messages).toEqual([])
  },
)

it('where Meta is always too slow for more than 700 rows, one request in five is too large once the size is found', async () => {
  const wereTooLarge: boolean[] = []
  const consumer = await aConsumer({
    delivery: {
      send: async ({ body }) => {
        const { length } = rowsIn(body)
        const isTooLarge = length > 700
        wereTooLarge.push(isTooLarge)
        await consumer.time.sleep(isTooLarge ? 60_000 : 3_000)
        return isTooLarge ? refused({ kind: 'timeout' }) : taken(length)
      },
    },
  })
  await consumer.handle(messagesOf([{ add: users(10_000) }]).track)
  // Four requests to find the size; then 20 of 3 s pass, and 5 cost their minute and five of rest.
  await consumer.retryFor(80 / 60)
  expect(consumer.retry.messages).toEqual([])
  expect(wereTooLarge.indexOf(false)).toBe(4)
  const afterwards = wereTooLarge.slice(4)
  expect(afterwards.filter(Boolean).length).toBeLessThanOrEqual(afterwards.length / 5)
})

it('rows that Meta refused alone before, and that are left with no others, wait before they are sent again', async () => {
  const consumer = await aConsumer({ delivery: { send: () => Promise.resolve(refused(graphFailure(100))) } })
  const add = manyPeople(4).map((change) => ({ ...change, singledOut: 'refused' as const, firstFailedAt: NOON }))
  const waiting = { destination: 'main', audienceIds: [AUDIENCE], waitingSince: NOON, atOnce: 2, add, remove: [] }
  await consumer.retry.send(packRows({ ...waiting, schema: ['EMAIL'] }))
  await consumer.consume(consumer.retry)
  expect(consumer.retry.messages.map(({ entry }) => entry.delaySeconds)).toEqual([
    expect.toSatisfy((seconds) => seconds >= 60),
  ])
  await consumer.retryFor(30)
  expect(consumer.retry.messages).toEqual([])
  expect(givenUp(consumer)).toHaveLength(4)
})

it('a message of people for twenty destinations, which are more lots than a call takes arguments, is handled', async () => {
  const audiences = Array.from({ length: 20 }, (_, index) => String(BigInt(AUDIENCE) + BigInt(index)))
  const settings = settingsOf(...audiences.map((vip) => ({ events: {}, memberships: { vip } })))
  const consumer = await aConsumer({ settings, emulator: { audiences } })
  const people = Array.from({ length: 7_000 }, (_, index) => ({
    ...{ messageId: `${index}`, by: 'membership' as const, name: 'vip', at: NOON, person: true as const },
    ...{ direction: 'remove' as const, users: [{ EMAIL: 'ann@example.com' }] },
  }))
  const { removal } = packMessages('server', NOON, people)
  expect(removal).toHaveLength(1)
  expect(await consumer.handle(removal)).toEqual([])
  expect(await consumer.requests()).toHaveLength(audiences.length)
})
