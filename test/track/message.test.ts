import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/long.ts'
import { MAX_MESSAGE_BYTES, decodeMessage, packMessages, toQueueJson } from '../../lib/track/message.ts'
import type { OutgoingMessage, QueuedEvent, QueuedUser, UserList } from '../../lib/track/message.ts'
import { anyCharacter } from '../support/any-character.ts'

const aList = (overrides: Partial<UserList> = {}): UserList => ({
  messageId: 'm-1',
  name: 'USER_ADD',
  at: 1,
  direction: 'add',
  users: [{ EMAIL: 'a' }],
  ...overrides,
})
const pack = (...lists: UserList[]) => packMessages('server', 2, lists)
const eventsOf = (messages: readonly OutgoingMessage[]): QueuedEvent[] =>
  messages.flatMap(({ body }) => {
    const message = decodeMessage(body)
    if (!message) throw new Error('a message of our own cannot be decoded')
    return message.events
  })
const manyUsers = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => ({ EMAIL: `${index}-${'x'.repeat(length)}` }))

describe('packing', () => {
  test('several lists share a message, in their order', () => {
    const { track, removal, session } = pack(aList(), aList({ messageId: 'm-2' }))
    expect([track.length, removal, session]).toEqual([1, [], []])
    expect(decodeMessage(track[0]?.body ?? '')).toEqual({
      version: 1,
      source: 'server',
      receivedAt: 2,
      events: [
        { messageId: 'm-1', name: 'USER_ADD', at: 1, add: [{ EMAIL: 'a' }] },
        { messageId: 'm-2', name: 'USER_ADD', at: 1, add: [{ EMAIL: 'a' }] },
      ],
    })
  })

  test('who is removed never shares a message, and so no queue, with who is added', () => {
    const { track, removal } = pack(aList(), aList({ direction: 'remove' }), aList({ messageId: 'm-2' }))
    expect(eventsOf(track).map(({ add }) => add?.length)).toEqual([1, 1])
    expect(eventsOf(removal).map(({ remove }) => remove?.length)).toEqual([1])
  })

  test('no lists make no messages', () => {
    expect(pack()).toEqual({ track: [], removal: [], session: [] })
  })

  test('the parts of a list tell where they begin, and the first begins without a word', () => {
    const users = manyUsers(3000, 1000)
    const events = eventsOf(pack(aList({ users })).track)
    expect(events.length).toBeGreaterThan(3)
    expect(events[0]).not.toHaveProperty('offset')
    for (const { offset = 0, add } of events) expect(add?.[0]).toEqual(users[offset])
  })

  test('a small event shares the message of the last part of a long one', () => {
    const { track } = pack(aList({ users: manyUsers(1000, 1000) }), aList({ messageId: 'm-2' }))
    expect(eventsOf(track.slice(-1)).map(({ messageId }) => messageId)).toEqual(['m-1', 'm-2'])
  })

  const text = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('\uFFFE', '\uFFFF', '\uD800', '\u0000', '\u2028', '"\\', '😀'.repeat(300), '\u0007'.repeat(2000)),
  )
  const user: fc.Arbitrary<QueuedUser> = fc.option(fc.dictionary(fc.constantFrom('EMAIL', 'FN', 'CT'), text))
  // A few users in turn make a list of up to 10,000, which is up to three messages long.
  const users = fc
    .tuple(fc.array(user, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 10_000 }))
    .map(([some, length]) => {
      const most = Math.ceil((3 * MAX_MESSAGE_BYTES * some.length) / Buffer.byteLength(JSON.stringify(some)))
      return Array.from({ length: Math.min(length, most) }, (_, index) => some[index % some.length] ?? null)
    })
  const list = fc.record({
    name: fc.string({ minLength: 1, maxLength: 60, unit: anyCharacter }),
    messageId: fc.string({ maxLength: 256, unit: anyCharacter }),
    direction: fc.constantFrom('add' as const, 'remove' as const),
    users,
    batches: fc.option(fc.integer({ min: 1, max: 30 })),
    isPartial: fc.boolean(),
  })

  test('parts hold the list, in order and at the right offsets, and none is larger than a message may be', () => {
    fc.assert(
      fc.property(fc.array(list, { maxLength: 3 }), (given) => {
        const lists = given.map(({ batches, isPartial, ...rest }, index): UserList => {
          const places = isPartial && rest.users.map((_, place) => 500_000 + 2 * place)
          const maxUsers = batches && Math.ceil(rest.users.length / batches)
          const session = maxUsers && { sessionId: '1', batchSequence: 1, lastBatch: true, maxUsers }
          return {
            at: 1,
            ...rest,
            messageId: `${index} ${rest.messageId}`,
            ...(session && { session }),
            ...(places && { places }),
          }
        })
        const { track, removal, session } = pack(...lists)
        for (const { body, bytes } of [...track, ...removal, ...session]) {
          expect(bytes).toBe(Buffer.byteLength(body))
          expect(bytes).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
        }
        const events = eventsOf([...track, ...removal, ...session])
        for (const { messageId, name, direction, users: sent, places, session: asked } of lists) {
          const parts = events.filter((event) => event.messageId === messageId)
          let place = 0
          for (const part of parts) {
            expect(part.name).toBe(name)
            if (!places) expect(part.offset ?? 0).toBe(place)
            place += part[direction]?.length ?? 0
            if (asked) expect(part[direction]?.length).toBeLessThanOrEqual(asked.maxUsers)
          }
          expect(JSON.stringify(parts.flatMap((part) => part[direction]))).toBe(JSON.stringify(sent))
          expect(parts.flatMap((part) => part.places ?? [])).toEqual(places ?? [])
        }
      }),
      { numRuns: runs(40) },
    )
  }, 60_000)
})

describe('sessions', () => {
  const session = { sessionId: '9223372036854775807', batchSequence: 5, lastBatch: true, maxUsers: 2 }
  const users = [{ EMAIL: 'a' }, { EMAIL: 'b' }, { EMAIL: 'c' }, { EMAIL: 'd' }, { EMAIL: 'e' }]

  test('each batch of users is a message, numbered on, and only the last one is flagged', () => {
    const { track, session: messages } = pack(aList({ users, session, destinations: ['main'] }))
    expect(track).toEqual([])
    expect(
      eventsOf(messages).map(({ session: sent, add, offset, destinations }) => [
        sent,
        add?.length,
        offset,
        destinations,
      ]),
    ).toEqual([
      [{ sessionId: '9223372036854775807', batchSequence: 5, lastBatch: false }, 2, undefined, ['main']],
      [{ sessionId: '9223372036854775807', batchSequence: 6, lastBatch: false }, 2, 2, ['main']],
      [{ sessionId: '9223372036854775807', batchSequence: 7, lastBatch: true }, 1, 4, ['main']],
    ])
  })

  test('no batch is flagged as the last when the sender says that more follow', () => {
    const { session: messages } = pack(aList({ users, session: { ...session, lastBatch: false } }))
    expect(eventsOf(messages).map((event) => event.session?.lastBatch)).toEqual([false, false, false])
  })

  test('every batch carries the estimated total', () => {
    const { session: messages } = pack(aList({ users, session: { ...session, estimatedTotal: 9 } }))
    expect(eventsOf(messages).map((event) => event.session?.estimatedTotal)).toEqual([9, 9, 9])
  })

  const ids = (list: Partial<UserList>, source = 'server') =>
    packMessages(source, 2, [aList({ users, session, destinations: ['main'], ...list })]).session

  test('a batch has as many bytes as it says, and its body each time it is asked for', () => {
    const people = ['ann', 'bjørn', '😀'].map((name) => ({ EMAIL: `${name}@x.de` }))
    for (const { body, bytes, ...rest } of [...ids({ users: people }), ...ids({ users: [people[0] ?? null] })]) {
      expect(bytes).toBe(Buffer.byteLength(body))
      expect(Object.keys(rest)).toEqual(['groupId', 'deduplicationId'])
    }
    const [first] = ids({ users: people })
    expect(first?.body).toBe(first?.body)
    expect(decodeMessage(first?.body ?? '')?.events).toHaveLength(1)
  })

  test('the batches of a session are one group, and each is recognised when it is sent again', () => {
    const [first, second, third] = ids({})
    expect(new Set([first?.groupId, second?.groupId, third?.groupId]).size).toBe(1)
    expect(new Set([first?.deduplicationId, second?.deduplicationId, third?.deduplicationId]).size).toBe(3)
    expect(ids({ at: 99 }).map(({ deduplicationId }) => deduplicationId)).toEqual(
      [first, second, third].map((message) => message?.deduplicationId),
    )
  })

  test.each([
    ['direction', { direction: 'remove' as const }],
    ['session', { session: { ...session, sessionId: '1' } }],
    ['destination', { destinations: ['other'] }],
  ])('another %s is another group', (_, list) => {
    expect(ids(list)[0]?.groupId).not.toBe(ids({})[0]?.groupId)
  })

  test.each([
    ['message', { messageId: 'm-2' }, 'server'],
    ['direction', { direction: 'remove' as const }, 'server'],
    ['destination', { destinations: ['other'] }, 'server'],
    ['source', {}, 'web'],
  ])('another %s is another message', (_, list, source) => {
    expect(ids(list, source)[0]?.deduplicationId).not.toBe(ids({})[0]?.deduplicationId)
  })

  test('group and deduplication ids are none of a person’s words: 64 hexadecimal digits', () => {
    for (const { groupId, deduplicationId } of ids({ messageId: 'jane@example.com' }))
      expect(`${groupId} ${deduplicationId}`).toMatch(/^[0-9a-f]{64} [0-9a-f]{64}$/)
  })
})

describe('queue JSON', () => {
  // SQS: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
  const ALLOWED = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u

  test('any text becomes JSON that SQS takes, and comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyCharacter }),
          fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
        ),
        (value) => {
          const json = toQueueJson({ value })
          expect(json).toMatch(ALLOWED)
          expect(JSON.parse(json)).toEqual({ value })
        },
      ),
    )
    for (const value of ['\uFFFE', '\uFFFF', '\u0000', '\uD800', '\uDFFF', '\u007F'])
      expect(toQueueJson(value)).toMatch(ALLOWED)
  })
})

describe('decoding', () => {
  test('any string is a message or undefined, never an error', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter }), (body) => decodeMessage(body) === undefined))
    fc.assert(fc.property(fc.json(), (body) => decodeMessage(body) === undefined))
  })

  const valid = {
    version: 1,
    source: 's',
    receivedAt: 1,
    events: [{ messageId: 'm', name: 'n', at: 1, add: [null, {}] }],
  }

  test('a message that differs in any place from ours is a message or undefined, never an error', () => {
    const paths = [
      ['version'],
      ['source'],
      ['receivedAt'],
      ['events'],
      ['events', '0'],
      ['events', '0', 'add'],
      ['events', '0', 'session'],
    ]
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const message = structuredClone(valid) as never
        const place = path
          .slice(0, -1)
          .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, message)
        place[path.at(-1) ?? ''] = value
        decodeMessage(JSON.stringify(message))
      }),
    )
  })

  test.each([
    ['another version', { ...valid, version: 2 }],
    ['no events', { ...valid, events: undefined }],
    ['a list that is none', { ...valid, events: [{ messageId: 'm', name: 'n', at: 1, add: 'x' }] }],
    ['a user that is text', { ...valid, events: [{ messageId: 'm', name: 'n', at: 1, add: ['x'] }] }],
    ['no event time', { ...valid, events: [{ messageId: 'm', name: 'n', at: null }] }],
  ])('a message with %s is none of ours', (_, message) => {
    expect(decodeMessage(JSON.stringify(valid))).toEqual(valid)
    expect(decodeMessage(JSON.stringify(message))).toBeUndefined()
  })

  test('JSON that is nested deeper than the stack is no message', () => {
    expect(decodeMessage('['.repeat(100_000) + ']'.repeat(100_000))).toBeUndefined()
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(decodeMessage(JSON.stringify(valid).replace('{}', `{"EMAIL":${deep}}`))).toBeDefined()
  })
})
