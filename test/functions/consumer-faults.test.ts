import { expect, it } from 'vitest'
import { isLong } from '../support/long.ts'
import { FAULTS, FAULT_NAMES } from '../../lib/emulator/meta/faults.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { NOON, settingsOf, sha256 } from '../graph-api/builders.ts'
import { aConsumer, messagesOf } from './consumer-support.ts'

const addressOf = (name: string) => `${name}@example.com`
const users = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ EMAIL: addressOf(`${prefix}-${index}`) }))

const THOUSAND = isLong ? 1_000 : 30

/** Rows that were given up for another reason than a bad row are sent again by an operator who has mended the cause. */
const BEYOND_MENDING = 'http_400'

/** Faults that leave a connection open are left out, because these tests run in virtual time. */
const ANSWERING = FAULT_NAMES.filter((name) => !('connection' in FAULTS[name] && FAULTS[name].connection === 'hang'))

it(`${100 * THOUSAND} users end where they belong, whatever goes wrong on the way`, async () => {
  const consumer = await aConsumer({ settings: settingsOf({ name: 'main' }) })
  const { time, handle } = consumer
  await handle(messagesOf([{ add: [...users('leaves', 25 * THOUSAND), ...users('returns', 5 * THOUSAND)] }]).track)
  expect(await consumer.members()).toHaveLength(30 * THOUSAND)

  const poisonous = addressOf('arrives-1234')
  await consumer.fault({ fault: 'poison', identifier: sha256(poisonous) })
  for (const [seed, fault] of ANSWERING.entries())
    await consumer.fault({ fault, probability: 0.02, seed, ...(fault === 'slow-answer' && { delayMs: 5 }) })
  consumer.hang(0.02)

  const happens = async (minute: number, event: Parameters<typeof messagesOf>[0][number]) => {
    const at = NOON + minute * 60_000
    await consumer.retryFor(Math.max(0, (at - time.now) / 3_600_000))
    // One message after the other, so that no invocation has two events of one person.
    for (const message of messagesOf([{ ...event, at }], time.now).track) await handle([message])
  }
  await happens(1, { add: users('arrives', 55 * THOUSAND) })
  await happens(2, { remove: users('leaves', 25 * THOUSAND) })
  await happens(3, { add: users('passes-by', 5 * THOUSAND) })
  await happens(4, { remove: [...users('passes-by', 5 * THOUSAND), ...users('returns', 5 * THOUSAND)] })
  await happens(5, { add: [...users('returns', 5 * THOUSAND), ...users('arrives-late', 10 * THOUSAND)] })

  for (let day = 0; day < 4 && consumer.retry.messages.length > 0; day += 1) {
    await consumer.retryFor(20)
    const letters = consumer.deadLetters.messages
    const redriven = letters.filter(({ entry }) => entry.attributes?.reason !== BEYOND_MENDING)
    consumer.deadLetters.messages = letters.filter((letter) => !redriven.includes(letter))
    await consumer.retry.send(redriven.map(({ entry: { body, bytes } }) => ({ body, bytes })))
  }

  const expected = [
    ...users('arrives', 55 * THOUSAND),
    ...users('arrives-late', 10 * THOUSAND),
    ...users('returns', 5 * THOUSAND),
  ]
  const hashes = new Set(expected.map(({ EMAIL }) => sha256(EMAIL)))
  hashes.delete(sha256(poisonous))
  const members = new Set((await consumer.members()).map(({ EMAIL }) => EMAIL ?? ''))
  expect(members.difference(hashes).size, 'nobody is there who should not be').toBe(0)
  expect(hashes.difference(members).size, 'nobody is missing').toBe(0)
  const given = consumer.deadLetters.messages.flatMap(({ entry }) => decodeRows(entry.body)?.add ?? [])
  expect(
    given.map(({ cells }) => cells[0]),
    'the poisonous row is the only one given up',
  ).toEqual([sha256(poisonous)])
  expect(consumer.retry.messages).toEqual([])
})
