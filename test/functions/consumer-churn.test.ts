import { expect, test } from 'vitest'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { sha256 } from '../graph-api/builders.ts'
import { aConsumer, messagesOf } from './consumer-support.ts'

const PEOPLE = 40
const MINUTES = 60
const EVERY_MINUTES = 3
const TIMES = MINUTES / EVERY_MINUTES

// One sender at a time. 800 rows in 80 requests, two for each consumer every three minutes.
test('40 people who change sides every three minutes for an hour cost their own rows, however two consumers share them', async () => {
  const random = seededRandom(3)
  const consumer = await aConsumer()
  const { time, track, retry, invoke } = consumer
  const both = [consumer.environment(), consumer.environment()]
  const email = (person: number) => `person${person}@example.com`
  const isIn = (person: number, times: number) => (person + times) % 2 === 0
  const handleNow = async () => {
    const records = track.receive(Infinity).sort(() => random() - 0.5)
    const halves = [records.slice(0, PEOPLE / 2), records.slice(PEOPLE / 2)]
    const failed = await Promise.all(halves.map((half, index) => invoke(half, 180, both[index])))
    track.settle(records, new Set(failed.flat()))
  }

  for (let times = 0; times < TIMES; times += 1) {
    for (let person = 0; person < PEOPLE; person += 1) {
      const user = [{ EMAIL: email(person) }]
      const event = isIn(person, times) ? { add: user } : { remove: user }
      await track.send(messagesOf([{ ...event, messageId: `${times}-${person}` }], time.now).track)
    }
    await handleNow()
    await consumer.retryFor(EVERY_MINUTES / 60)
  }
  await consumer.retryFor(1)

  expect([track.messages, retry.messages, consumer.deadLetters.messages]).toEqual([[], [], []])
  const members = (await consumer.members()).map(({ EMAIL }) => EMAIL).sort()
  const people = Array.from({ length: PEOPLE }, (_, person) => person).filter((person) => isIn(person, TIMES - 1))
  expect(members).toEqual(people.map((person) => sha256(email(person))).sort())
  const requests = await consumer.requests()
  const rows = requests.reduce((sum, { body }) => sum + body.payload.data.length, 0)
  expect(rows).toBeLessThanOrEqual(1.1 * PEOPLE * TIMES)
  expect(requests.length).toBeLessThanOrEqual(2 * both.length * TIMES)
})
