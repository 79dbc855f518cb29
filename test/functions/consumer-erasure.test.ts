import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { listedErasure } from '../../lib/erasure/listed-erasure.ts'
import { createErasure } from '../../lib/erasure/erasure.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import { decodeRows } from '../../lib/retry/message.ts'
import { packMessages } from '../../lib/track/message.ts'
import {
  AUDIENCE,
  NOON,
  OTHER_AUDIENCE,
  graphFailure,
  refused,
  settingsOf,
  sha256,
  taken,
} from '../graph-api/builders.ts'
import { peopleBy } from '../erasure/memory-erasures.ts'
import { aConsumer, messagesOf } from './consumer-support.ts'

const SETTINGS = settingsOf({
  name: 'main',
  userSchema: ['EMAIL', 'FN'],
  events: { USER_ADD: AUDIENCE, OTHER: OTHER_AUDIENCE },
  adAccountId: '1',
})
const ACCOUNT = 'act_1'

/** Remembers a person, and makes the message of the removals, as ingest does. */
async function eraseAnn(
  { erasures }: Awaited<ReturnType<typeof aConsumer>>,
  settings: Destinations = SETTINGS,
  id = 'erasure-1',
) {
  const plan = createErasure(settings.destinations, () => NOON)
  const { identifiers, lists } = plan({
    id,
    at: NOON,
    people: peopleBy({ EMAIL: 'ann@example.com' }),
  })
  await erasures.people().remember(identifiers, 'erased')
  return packMessages('server', NOON, lists).removal
}
const emails = (members: Record<string, string>[]) => members.map(({ EMAIL }) => EMAIL)
const add = (...names: string[]) => messagesOf([{ add: names.map((name) => ({ EMAIL: `${name}@example.com` })) }]).track

describe('an erased person', () => {
  test('is removed from each audience and the ad account, and each lets them go for the record', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    await consumer.handle(add('ann', 'bob'))
    await consumer.handle(await eraseAnn(consumer))
    expect(emails(await consumer.members())).toEqual([sha256('bob@example.com')])
    const requests = await consumer.requests()
    expect(
      requests
        .filter(({ method }) => method === 'DELETE')
        .map(({ url }) => url.split('?')[0])
        .sort(),
    ).toEqual([`/v26.0/${AUDIENCE}/users`, `/v26.0/${OTHER_AUDIENCE}/users`, '/v26.0/act_1/usersofanyaudience'])
    expect(consumer.erasures.progress.map(({ audienceId, done }) => [audienceId, done]).sort()).toEqual(
      [AUDIENCE, OTHER_AUDIENCE, ACCOUNT].map((audience) => [audience, [0]]).sort(),
    )
    expect(consumer.lines.filter((line) => line.includes('erasure_done'))).toHaveLength(3)
  })

  test('is not added again, whatever the time of the event; the others are, and the count is told', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    await consumer.handle(await eraseAnn(consumer))
    consumer.time.now += 3_600_000
    await consumer.handle(
      messagesOf([{ at: NOON + 3_600_000, add: [{ EMAIL: 'ann@example.com' }, { EMAIL: 'bob@example.com' }] }]).track,
    )
    expect(emails(await consumer.members())).toEqual([sha256('bob@example.com')])
    const counted = consumer.lines.filter((line) => line.includes('"metric":"UsersDropped"'))
    expect(counted.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ value: 1, reason: 'erased' }])
    expect(consumer.lines.join()).not.toContain(sha256('ann@example.com').slice(0, 15))
  })

  test('is removed although a newer add stands in the log', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    consumer.time.now += 60_000
    await consumer.handle(messagesOf([{ at: NOON + 60_000, add: [{ EMAIL: 'ann@example.com' }] }]).track)
    await consumer.handle(await eraseAnn(consumer))
    expect(await consumer.members()).toEqual([])
  })

  test('is removed once Meta can be reached again, and only then recorded', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    await consumer.handle(add('ann'))
    await consumer.fault({ fault: 'token-expired', times: 3 })
    await consumer.handle(await eraseAnn(consumer))
    expect(consumer.erasures.progress).toEqual([])
    await consumer.clearFaults()
    await consumer.retryFor(2)
    expect(await consumer.members()).toEqual([])
    expect(consumer.erasures.progress.map(({ audienceId }) => audienceId).sort()).toEqual(
      [AUDIENCE, OTHER_AUDIENCE, ACCOUNT].sort(),
    )
  })

  test('whose removal cannot be recorded is removed once more; nobody else waits for that', async () => {
    let failures = 3
    const consumer = await aConsumer({ settings: SETTINGS })
    const { note } = consumer.erasures
    const handler = consumer.environment(
      {},
      { noteErasure: (done) => ((failures -= 1) >= 0 ? Promise.reject(new Error('out of reach')) : note(done)) },
    )
    const messages = [...add('bob'), ...(await eraseAnn(consumer))]
    const records = messages.map(({ body }, index) => ({ id: `${index}`, body }))
    const { batchItemFailures } = await handler(
      { Records: records.map(({ id, body }) => consumer.recordOf(id, body)) },
      { getRemainingTimeInMillis: () => 180_000 },
    )
    expect(batchItemFailures).toEqual([])
    expect(consumer.erasures.progress).toEqual([])
    await consumer.retryFor(1)
    expect(consumer.erasures.progress).toHaveLength(3)
    expect(emails(await consumer.members())).toEqual([sha256('bob@example.com')])
  })

  test('is told apart from many others erased one by one: they are recorded a few at once, and only what failed waits', async () => {
    const atOnce = { now: 0, most: 0 }
    let failures = 3
    const consumer = await aConsumer({ settings: SETTINGS, dependencies: { erased: () => Promise.resolve(undefined) } })
    const { note, progress } = consumer.erasures
    const noteErasure: typeof note = async (done) => {
      atOnce.most = Math.max(atOnce.most, (atOnce.now += 1))
      await tick()
      atOnce.now -= 1
      // The client gives up who waits too long for a connection.
      if (atOnce.now >= 50 || (failures -= 1) >= 0) throw new Error('TimeoutError')
      return note(done)
    }
    const handler = consumer.environment({}, { noteErasure })
    const singles = Array.from({ length: 200 }, (_, index) => {
      const plan = createErasure(SETTINGS.destinations, () => NOON)
      return plan({ id: `erasure-${index}`, at: NOON, people: peopleBy({ EMAIL: `ann${index}@example.com` }) })
    })
    const { removal } = packMessages(
      'server',
      NOON,
      singles.flatMap(({ lists }) => lists),
    )
    const context = { getRemainingTimeInMillis: () => 180_000 }
    const records = removal.map(({ body }, index) => consumer.recordOf(`${index}`, body))
    expect((await handler({ Records: records }, context)).batchItemFailures).toEqual([])
    const recorded = new Set(progress.map(({ id, audienceId }) => `${id} ${audienceId}`))
    expect(recorded.size).toBe(600 - 3)
    await consumer.retryFor(1)
    expect(new Set(progress.map(({ id, audienceId }) => `${id} ${audienceId}`)).size).toBe(600)
    expect(progress).toHaveLength(600)
    expect(atOnce.most).toBeLessThanOrEqual(40)
  })

  test('waits when the invocation ends before all are recorded, and nothing is lost', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    const { note, progress } = consumer.erasures
    const noteErasure: typeof note = (done) => {
      consumer.time.now += 200_000
      return note(done)
    }
    const plan = createErasure(SETTINGS.destinations, () => NOON)
    const { lists } = plan({ id: 'erasure-1', at: NOON, people: peopleBy({ EMAIL: 'ann@example.com' }) })
    const more = Array.from({ length: 60 }, (_, index) => lists.map((list) => ({ ...list, messageId: `e-${index}` })))
    const { removal } = packMessages('server', NOON, more.flat())
    const endsAt = NOON + 180_000
    const handler = consumer.environment({}, { noteErasure })
    const records = removal.map(({ body }, index) => consumer.recordOf(`${index}`, body))
    const context = { getRemainingTimeInMillis: () => endsAt - consumer.time.now }
    expect((await handler({ Records: records }, context)).batchItemFailures).toEqual([])
    expect(progress.length).toBeLessThan(180)
    await consumer.retryFor(1)
    expect(new Set(progress.map(({ id, audienceId }) => `${id} ${audienceId}`)).size).toBe(180)
  })

  test('who was unerased and added again before the removal came is in, and the erasure is over', async () => {
    const events = { USER_ADD: AUDIENCE, OTHER: OTHER_AUDIENCE }
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL'], events })
    const consumer = await aConsumer({ settings })
    const removals = await eraseAnn(consumer, settings)
    const plan = createErasure(settings.destinations, () => NOON)
    const { identifiers } = plan({ id: '', at: NOON, people: peopleBy({ EMAIL: 'ann@example.com' }) })
    await consumer.erasures.people().remember(identifiers, 'unerased')
    await consumer.handle(messagesOf([{ at: NOON + 1_000, add: [{ EMAIL: 'ann@example.com' }] }]).track)
    await consumer.handle(removals)
    expect(emails(await consumer.members())).toEqual([sha256('ann@example.com')])
    const letGo = await consumer.erasures.letGo('erasure-1')
    expect(letGo.map(({ audienceId, done, takenBack }) => [audienceId, done, takenBack]).sort()).toEqual(
      [
        [AUDIENCE, 0, 1],
        [OTHER_AUDIENCE, 1, 0],
      ].sort(),
    )
    const removed = [{ destination: 'main', audienceIds: [AUDIENCE, OTHER_AUDIENCE], users: 1 }]
    const record = { id: 'erasure-1', at: NOON, kind: 'erase', source: 'server', users: 1, notSent: [] } as const
    expect(listedErasure({ ...record, removals: removed }, letGo).state).toBe('taken_back')
  })

  test('whom the destination writes in another way since, and who was added again, is a dead letter and not taken back', async () => {
    const phones = { name: 'main', userSchema: ['PHONE'], events: { USER_ADD: AUDIENCE } }
    const [german, austrian] = ['DE', 'AT'].map((defaultCountry) => settingsOf({ ...phones, defaultCountry }))
    const plan = createErasure(german?.destinations ?? [], () => NOON)
    const PHONE = '0664 1234567'
    const { identifiers, lists } = plan({ id: 'erasure-1', at: NOON, people: peopleBy({ PHONE }) })
    const consumer = await aConsumer({ settings: austrian ?? SETTINGS })
    await consumer.erasures.people().remember(identifiers, 'erased')
    await consumer.handle(messagesOf([{ at: NOON + 1_000, add: [{ PHONE }] }]).track)
    await consumer.handle(packMessages('server', NOON, lists).removal)
    expect(consumer.deadLetters.messages.map(({ entry }) => entry.attributes?.reason)).toEqual(['erasure_unnamed'])
    expect(consumer.erasures.progress).toEqual([])
  })

  test('whose removal was given up is recorded when an operator sends it again', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    await consumer.fault({ fault: 'data-source-conflict', times: 3 })
    await consumer.handle(await eraseAnn(consumer))
    expect(consumer.erasures.progress).toEqual([])
    await consumer.retry.send(consumer.deadLetters.messages.map(({ entry }) => entry))
    await consumer.consume(consumer.retry)
    expect(consumer.erasures.progress).toHaveLength(3)
  })

  test('is recorded for each of two erasures, though one of the records fails at first', async () => {
    let failures = 3
    const consumer = await aConsumer({
      settings: SETTINGS,
      dependencies: {
        noteErasure: (done) =>
          done.id === 'erasure-2' && (failures -= 1) >= 0
            ? Promise.reject(new Error('out of reach'))
            : consumer.erasures.note(done),
      },
    })
    await consumer.handle([...(await eraseAnn(consumer)), ...(await eraseAnn(consumer, SETTINGS, 'erasure-2'))])
    await consumer.retryFor(1)
    const recorded = new Set(consumer.erasures.progress.map(({ id, audienceId }) => `${id} ${audienceId}`))
    expect(recorded.size).toBe(6)
  })

  test('whose removal cannot be recorded waits alone, without the others of the same request', async () => {
    const settings = settingsOf({ name: 'main', events: { USER_ADD: AUDIENCE } })
    const noteErasure = () => Promise.reject(new Error('out of reach'))
    const consumer = await aConsumer({ settings, dependencies: { noteErasure } })
    const left = messagesOf([{ remove: [{ EMAIL: 'carl@example.com' }] }]).track
    await consumer.handle([...left, ...(await eraseAnn(consumer, settings))])
    expect((await consumer.requests()).map(({ body }) => body.payload.data.length)).toEqual([2])
    const waiting = consumer.retry.messages.flatMap(({ entry }) => decodeRows(entry.body)?.remove ?? [])
    expect(waiting.map(({ cells }) => cells[0])).toEqual([sha256('ann@example.com')])
  })

  test('counts as open while Meta calls a row of the request invalid', async () => {
    const consumer = await aConsumer({
      settings: SETTINGS,
      delivery: {
        send: () =>
          Promise.resolve({ ...taken(1), received: { numReceived: 1, numInvalid: 1, invalidSamples: {} } } as never),
      },
    })
    await consumer.handle(await eraseAnn(consumer))
    expect(consumer.erasures.progress).toEqual([])
  })

  test.each([
    { isHashRequired: false, disableFormat: true },
    { isHashRequired: false, disableFormat: false },
    { isHashRequired: true, disableFormat: true },
  ])('is removed in both forms that its sender may have sent, with $isHashRequired, $disableFormat', async (format) => {
    const settings = settingsOf({ name: 'main', userSchema: ['EMAIL'], events: { USER_ADD: AUDIENCE }, ...format })
    const consumer = await aConsumer({ settings })
    const forms = ['ann@example.com', 'Ann@Example.com'].map((EMAIL) => ({ EMAIL: sha256(EMAIL) }))
    await consumer.handle(messagesOf([{ add: [...forms, { EMAIL: sha256('bob@example.com') }] }]).track)
    const plan = createErasure(settings.destinations, () => NOON)
    const people = peopleBy({ EMAIL: 'Ann@Example.com' }, { EMAIL: 'cleo@example.com' })
    const { identifiers, lists } = plan({ id: 'erasure-1', at: NOON, people })
    await consumer.erasures.people().remember(identifiers, 'erased')
    await consumer.handle(packMessages('server', NOON, lists).removal)
    expect(emails(await consumer.members())).toEqual([sha256('bob@example.com')])
    await consumer.handle(messagesOf([{ at: NOON + 3_600_000, add: forms }]).track)
    expect(emails(await consumer.members())).toEqual([sha256('bob@example.com')])
    expect(await consumer.erasures.letGo('erasure-1')).toMatchObject([{ done: 2, takenBack: 0 }])
  })

  test('takes nobody else out who has the same advertising id of zeroes, where formats are switched off', async () => {
    const settings = settingsOf({
      ...{ name: 'main', userSchema: ['EMAIL', 'MADID'], events: { USER_ADD: AUDIENCE } },
      disableFormat: true,
    })
    const MADID = '00000000-0000-0000-0000-000000000000'
    const consumer = await aConsumer({ settings })
    await consumer.handle(messagesOf([{ add: [{ EMAIL: 'bob@example.com', MADID }] }]).track)
    const plan = createErasure(settings.destinations, () => NOON)
    const people = peopleBy({ EMAIL: 'ann@example.com', MADID })
    const { identifiers, lists } = plan({ id: 'erasure-1', at: NOON, people })
    await consumer.erasures.people().remember(identifiers, 'erased')
    await consumer.handle(packMessages('server', NOON, lists).removal)
    expect(emails(await consumer.members())).toEqual([sha256('bob@example.com')])
  })

  test('whom a destination cannot name any more is a dead letter, which removes them once it can again', async () => {
    const before = settingsOf({ name: 'main', userSchema: ['EMAIL'], events: { USER_ADD: AUDIENCE } })
    const consumer = await aConsumer({ settings: before })
    await consumer.handle(add('ann'))
    const removals = await eraseAnn(consumer, before)
    const after = settingsOf({ name: 'main', userSchema: ['EXTERN_ID'], events: { USER_ADD: AUDIENCE } })
    const changed = await aConsumer({ settings: after, erasures: consumer.erasures })
    await changed.handle(removals)
    const letters = changed.deadLetters.messages.map(({ entry }) => entry)
    expect(letters.map(({ attributes }) => attributes?.reason)).toEqual(['erasure_unnamed'])
    await consumer.handle(letters)
    expect(await consumer.members()).toEqual([])
    expect(await consumer.erasures.letGo('erasure-1')).toMatchObject([{ done: 1 }])
  })

  test('of a destination that has a trial run since is a dead letter, and never silently counted', async () => {
    const trial = settingsOf({
      ...{ name: 'main', userSchema: ['EMAIL'], events: { USER_ADD: AUDIENCE } },
      dryRun: true,
    })
    const consumer = await aConsumer({ settings: trial })
    const real = settingsOf({ name: 'main', userSchema: ['EMAIL'], events: { USER_ADD: AUDIENCE } })
    await consumer.handle(await eraseAnn(consumer, real))
    expect(consumer.deadLetters.messages.map(({ entry }) => entry.attributes?.reason)).toEqual(['dry_run'])
  })

  test('is out of the whole account by a token that may, and a token that may not still serves the audiences', async () => {
    const consumer = await aConsumer({
      settings: SETTINGS,
      delivery: {
        send: (request) => Promise.resolve(request.path.includes(ACCOUNT) ? refused(graphFailure(3)) : taken(1)),
      },
    })
    await consumer.handle(await eraseAnn(consumer))
    await consumer.handle(add('bob'))
    expect(consumer.erasures.progress.map(({ audienceId }) => audienceId).sort()).toEqual(
      [AUDIENCE, OTHER_AUDIENCE].sort(),
    )
    expect(consumer.lines.filter((line) => line.includes('users_delivered') && line.includes('"add"'))).toHaveLength(1)
  })

  test('keeps everybody waiting when somebody has changed the key of the list', async () => {
    const consumer = await aConsumer({ settings: SETTINGS })
    const removals = await eraseAnn(consumer)
    consumer.erasures.world.key = 'another key'
    await consumer.handle([...removals, ...add('ann')])
    expect(await consumer.requests()).toEqual([])
    expect(consumer.lines.join()).toContain('ErasureKeyChanged')
    consumer.erasures.world.key = 'the stack’s key'
    await consumer.retryFor(1)
    expect(await consumer.members()).toEqual([])
    expect(consumer.erasures.progress).toHaveLength(3)
  })
})
