import { describe, expect, test } from 'vitest'
import { NOON, anIngest, basic } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const iso = (time: number) => new Date(time).toISOString()
const inSeconds = (time: number) => iso(time).replace(/\.\d+Z$/, '+00:00')
const inNanoseconds = (time: number) => iso(time).replace('Z', '213313Z')

const add = { type: 'track', event: 'USER_ADD', messageId: 'add', properties: { userListAdd: [{ EMAIL: 'a@b.c' }] } }
const remove = { ...add, messageId: 'remove', properties: { userListDelete: [{ EMAIL: 'a@b.c' }] } }

/** The stored events and their times: first users to add, then users to remove, who have a queue of their own. */
const storedBy = (ingest: ReturnType<typeof anIngest>) =>
  ingest.trackEvents().map(({ messageId, at }) => [messageId, at])

/** Bodies as SDKs repeat them: every letter is the same, even the time of the first attempt. */
const BODIES: Record<string, (event: typeof add | typeof remove, now: number) => object> = {
  'Segment Java': (event, now) => ({
    batch: [{ ...event, timestamp: iso(now), context: {}, integrations: {} }],
    ...{ sentAt: iso(now), sequence: 1, context: {}, writeKey: 'key' },
  }),
  'Rudder Java': (event, now) => ({ batch: [{ ...event, originalTimestamp: iso(now), sentAt: iso(now) }] }),
  Go: (event, now) => ({
    ...{ messageId: 'batch', sentAt: inNanoseconds(now) },
    batch: [{ ...event, timestamp: inNanoseconds(now) }],
  }),
  'Rudder Ruby': (event, now) => ({ batch: [{ ...event, timestamp: iso(now), sentAt: iso(now) }] }),
  PHP: (event, now) => ({ batch: [{ ...event, timestamp: inSeconds(now) }], sentAt: inSeconds(now) }),
}

describe('an add that is repeated after a removal is older than it', () => {
  test.each(Object.entries(BODIES))('in the manner of %s, 15 s later', async (_, bodyOf) => {
    const ingest = anIngest()
    const repeated = bodyOf(add, NOON)
    await ingest.send({ body: repeated })
    ingest.world.now = NOON + 5 * SECOND
    await ingest.send({ body: bodyOf(remove, ingest.world.now) })
    ingest.world.now = NOON + 15 * SECOND
    await ingest.send({ body: repeated })
    expect(storedBy(ingest)).toEqual([
      ['add', NOON],
      ['add', NOON],
      ['remove', NOON + 5 * SECOND],
    ])
  })

  test('as a CDP’s webhook that comes two hours late with the SDK’s sentAt', async () => {
    const ingest = anIngest()
    const tracked = NOON - 3 * SECOND
    // The phone's clock is an hour slow; the CDP has received it at noon, and corrected it.
    const webhook = {
      ...add,
      ...{ originalTimestamp: iso(tracked - HOUR), sentAt: iso(NOON - HOUR) },
      ...{ receivedAt: iso(NOON), timestamp: iso(tracked) },
    }
    ingest.world.now = NOON + HOUR
    await ingest.send({ body: { ...remove, originalTimestamp: iso(NOON + HOUR), sentAt: iso(NOON + HOUR) } })
    ingest.world.now = NOON + 2 * HOUR
    await ingest.send({ path: '/v1/webhook', body: webhook })
    expect(storedBy(ingest)).toEqual([
      ['add', tracked],
      ['remove', NOON + HOUR],
    ])
  })
})

describe('browsers, whose clocks may be wrong', () => {
  const settings = settingsOf({
    sources: [{ name: 'web', allowedOrigins: ['*'] }, { name: 'server' }, { name: 'app', clock: 'corrected' }],
    destinations: [aDestination({ sources: ['web', 'server', 'app'] })],
  })
  const secret = '{"web":"web-key","server":"key","app":"app-key"}'

  test.each([
    ['two hours slow', -2 * HOUR],
    ['two hours fast', 2 * HOUR],
  ])('%s: its removal comes after a server’s add, and its later add after that', async (_, wrong) => {
    for (const key of ['web-key', 'app-key']) {
      const ingest = anIngest({ settings, secret })
      const fromBrowser = (event: object) => {
        const clock = ingest.world.now + wrong
        const times = { originalTimestamp: iso(clock - SECOND), sentAt: iso(clock) }
        return ingest.send({ headers: { Authorization: basic(key) }, body: { ...event, ...times } })
      }
      await ingest.send({ body: { ...add, originalTimestamp: iso(NOON), sentAt: iso(NOON) } })
      ingest.world.now = NOON + 10 * SECOND
      await fromBrowser(remove)
      ingest.world.now = NOON + 20 * SECOND
      await fromBrowser({ ...add, messageId: 'again' })
      expect(storedBy(ingest)).toEqual([
        ['add', NOON],
        ['again', NOON + 19 * SECOND],
        ['remove', NOON + 9 * SECOND],
      ])
    }
  })

  test('cannot claim to be a CDP', async () => {
    const ingest = anIngest({ settings, secret })
    const times = { originalTimestamp: iso(NOON - SECOND), sentAt: iso(NOON) }
    const claimed = { receivedAt: iso(NOON - HOUR), timestamp: iso(NOON - HOUR) }
    await ingest.send({ headers: { Authorization: basic('web-key') }, body: { ...add, ...times, ...claimed } })
    expect(ingest.trackEvents()).toMatchObject([{ at: NOON - SECOND }])
  })
})
