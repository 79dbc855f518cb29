import { describe, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { anIngest } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const DESTINATIONS = [
  aDestination({ maxUserCount: 2 }),
  aDestination({ name: 'second', events: { USER_ADD: '23846440602800590' } }),
]

/** Sends one request with an event for each of these: the id of its session, and how many users it adds. */
async function send(events: readonly { session: number; users?: number }[]) {
  const ingest = anIngest({ settings: settingsOf({ destinations: DESTINATIONS }) })
  const body = events.map(({ session, users = 1 }, index) => ({
    event: 'USER_ADD',
    properties: {
      userListAdd: Array.from({ length: users }, () => ({ EMAIL: 'a@b.c' })),
      ...{ sessionIdAdd: session, batchSequence: index + 1, lastBatchFlag: false },
    },
  }))
  const { status, body: answer } = await ingest.send({ body })
  const usersOf = (found: { add?: unknown[] }[]) => found.reduce((sum, { add = [] }) => sum + add.length, 0)
  const groups = [...Map.groupBy(ingest.session, ({ groupId }) => groupId).values()]
  return {
    answer: [status, answer.accepted],
    warned: ingest.measures.find(([, , { reason }]) => reason === 'session_too_long')?.[1] ?? 0,
    messages: ingest.session.length,
    longest: Math.max(0, ...groups.map(({ length }) => length)),
    inSession: usersOf(ingest.sessionEvents()),
    outside: usersOf(ingest.trackEvents()),
  }
}

const many = (count: number, sessions: number) =>
  Array.from({ length: count }, (_, index) => ({ session: 1 + (index % sessions) }))

/** So many events, of so many sessions, and how many of them find no room and are warned of. */
const TOO_MANY: [string, number, number, number][] = isLong
  ? [
      ['30,000 events of two hundred sessions', 30_000, 200, 30_000 - 8 * 150],
      ['30,000 events of one session', 30_000, 1, 30_000],
      ['30,000 events of a session each', 30_000, 30_000, 30_000 - 1_250],
    ]
  : [['3,000 events of twenty sessions', 3_000, 20, 3_000 - 8 * 150]]

describe('sessions that could not be stored in the time of a request', () => {
  test.each(TOO_MANY)('%s are accepted, and nobody is lost', async (_, events, sessions, warned) => {
    const sent = await send(many(events, sessions))
    expect(sent).toMatchObject({ answer: [200, events], warned })
    expect(sent.inSession + sent.outside).toBe(events * DESTINATIONS.length)
    expect(sent.longest).toBeLessThanOrEqual(250)
    expect(sent.messages).toBeLessThanOrEqual(2_500)
  })

  test('250 batches of a session stay in it; one more takes all of it out, and another session goes on', async () => {
    expect(await send(many(250, 1))).toMatchObject({ warned: 0, inSession: 500, outside: 0 })
    const sent = await send([...many(251, 1), { session: 2 }])
    expect(sent).toMatchObject({ answer: [200, 252], warned: 251, inSession: 2, outside: 502 })
  })

  test('batches are counted as each destination cuts them: 501 users are too many batches of two, and one of 10,000', async () => {
    expect(await send([{ session: 1, users: 501 }])).toMatchObject({ warned: 1, inSession: 501, outside: 501 })
  })
})
