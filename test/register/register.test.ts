import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import { identifierOfKey } from '../../lib/audience/identifiers.ts'
import { eachEntry, encodeEntries, keyOf } from '../../lib/register/entries.ts'
import { createRegister } from '../../lib/register/register.ts'
import type { RegisterTable } from '../../lib/register/register.ts'
import { memoryTable } from './memory-table.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-11-23T12:00:00Z')

function change(at: number, ...identifiers: string[]): Change {
  return { cells: identifiers, identifiers, at }
}

/** A register of an invocation; failures are ignored unless a test listens to them. */
function registerOf(writer: string, table: RegisterTable, over: Partial<Parameters<typeof createRegister>[0]> = {}) {
  return createRegister({ table, writer, clock: () => NOW, deadline: Infinity, onFailure: () => undefined, ...over })
}

test('every identifier of every change comes back from the bytes, with its time and those beside it, however many there are', () => {
  const identifier = fc.string({ minLength: 1 })
  const changes = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 2 ** 47 }),
      identifiers: fc.array(identifier, { minLength: 1, maxLength: 9 }),
    }),
  )
  fc.assert(
    fc.property(changes, (written) => {
      const read: [string, number, string[]][] = []
      for (const piece of encodeEntries(written.map((each) => ({ ...each, cells: [] }))))
        eachEntry(piece, (key, at, keys) => read.push([key, at, keys()]))
      const expected = written.flatMap(({ at, identifiers }) => {
        const keys = identifiers.map(keyOf)
        return keys.map((key) => [key, at, keys])
      })
      expect(read).toEqual(expected)
    }),
  )
})

test('an identifier of which only the key is known has that key', () => {
  const key = keyOf('EMAIL:a')
  expect(keyOf(identifierOfKey(key))).toBe(key)
})

test('what 60,000 users need is cut into pieces that DynamoDB takes', () => {
  const pieces = encodeEntries(Array.from({ length: 60_000 }, (_, index) => change(NOW, `EMAIL:${String(index)}`)))
  expect(Math.max(...pieces.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(390_000)
  expect(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(60_000 * 15)
})

test('the newest word about each identifier of a person is found, with all that newer ones name, and nobody else', async () => {
  const table = memoryTable()
  const register = registerOf('a', table)
  await register.record('1', 'remove', [
    change(NOW - 70, 'PHONE:a', 'EXTERN_ID:a'),
    change(NOW - 50, 'EMAIL:a', 'PHONE:a'),
    change(NOW - 30, 'PHONE:a', 'MADID:a'),
  ])
  await register.record('2', 'remove', [change(NOW, 'EMAIL:b')])
  const [anna, bob] = [change(NOW - 60, 'EMAIL:x', 'PHONE:a'), change(NOW - 60, 'EMAIL:b')]
  const { words, unread } = await register.lookUp('1', 'remove', [anna, bob])
  const keys = ['PHONE:a', 'EMAIL:a', 'MADID:a'].map(keyOf).sort()
  expect([...words]).toEqual([
    [anna, { newest: new Map([['PHONE:a', { at: NOW - 30, keys }]]), isOlderUnderWay: true }],
  ])
  expect(unread).toEqual(new Set())
})

test('of two changes about one identifier both are told', async () => {
  const register = registerOf('a', memoryTable())
  await register.record('1', 'remove', [change(NOW, 'EMAIL:a')])
  const both = [change(NOW - 1, 'EMAIL:a'), change(NOW - 2, 'EMAIL:a', 'PHONE:a')]
  expect([...(await register.lookUp('1', 'remove', both)).words.keys()]).toEqual(both)
})

test.each([
  ['written three minutes ago, older', 3, -1, true],
  ['written three minutes ago, of the same time', 3, 0, true],
  ['written three minutes ago, newer', 3, 1, false],
  // What waited for exactly that long is sent once more, and not a third time.
  ['written four minutes ago', 4, -1, false],
])(
  'a word %s, about somebody of whom another was just heard, is under way or not',
  async (_, minutes, older, isUnderWay) => {
    const table = memoryTable()
    const at = NOW - 5 * 60_000
    const record = (writtenAt: number, each: Change) =>
      registerOf('other', table, { clock: () => writtenAt }).record('1', 'remove', [each])
    await record(NOW - minutes * 60_000, change(at + older, 'EMAIL:a'))
    await record(NOW - 1, change(at - 9, 'PHONE:b'))
    const [person, fresh] = [change(at, 'EMAIL:a'), change(NOW - 1, 'EMAIL:a')]
    const { words } = await registerOf('mine', table).lookUp('1', 'remove', [person])
    expect(words.get(person)?.isOlderUnderWay).toBe(isUnderWay)
    // Also for an event that is newer than the writing.
    const { words: later } = await registerOf('mine', table).lookUp('1', 'remove', [fresh])
    expect(later.get(fresh)?.isOlderUnderWay ?? false).toBe(minutes < 4)
  },
)

test('a word stays under way when an older one about the person was written long ago', async () => {
  const table = memoryTable()
  const person = change(NOW - HOUR, 'EMAIL:a')
  const record = (writtenAt: number) =>
    registerOf('other', table, { clock: () => writtenAt }).record('1', 'remove', [change(NOW - HOUR - 1, 'EMAIL:a')])
  await record(NOW - HOUR)
  await record(NOW - 1)
  const { words } = await registerOf('mine', table).lookUp('1', 'remove', [person])
  expect(words.get(person)?.isOlderUnderWay).toBe(true)
})

test('what the register itself has told is not written down as if an event had named it', async () => {
  const table = memoryTable()
  const register = registerOf('a', table)
  await register.record('1', 'add', [change(NOW, 'PHONE:a', identifierOfKey(keyOf('EMAIL:b')))])
  const [phone, email] = [change(NOW - 1, 'PHONE:a'), change(NOW - 1, 'EMAIL:b')]
  expect([...(await register.lookUp('1', 'add', [phone, email])).words.keys()]).toEqual([phone])
})

test('a second reading goes back no further than what the first cannot have seen', async () => {
  const table = memoryTable()
  const [old, recent] = [change(NOW - 5 * HOUR, 'EMAIL:a'), change(NOW - 5 * HOUR, 'EMAIL:b')]
  const record = (at: number, each: Change) =>
    registerOf('other', table, { clock: () => at }).record('1', 'remove', [each])
  await record(NOW - 4 * HOUR, old)
  await record(NOW - 80_000, recent)
  let now = NOW
  const register = registerOf('mine', table, { clock: () => now })
  const first = await register.lookUp('1', 'remove', [old, recent])
  now += HOUR
  expect(new Set(first.words.keys())).toEqual(new Set([old, recent]))
  const second = await register.lookUp('1', 'remove', [old, recent], first)
  // A clock may be wrong, and a write may have been on its way.
  expect([...second.words.keys()]).toEqual([recent])
})

test('a reading that takes too long ends, and only those are unread whose time it did not get back to', async () => {
  const table = memoryTable()
  let now = NOW
  const clock = () => now
  const slow: RegisterTable = {
    append: (item) => table.append(item),
    read: async function* (...range) {
      for await (const item of table.read(...range)) {
        yield item
        now += 20_000
      }
    },
  }
  for (const hours of [3, 2, 1]) {
    const at = NOW - hours * HOUR
    await registerOf('other', slow, { clock: () => at }).record('1', 'remove', [change(at, `EMAIL:${String(hours)}`)])
  }
  const [one, two, three] = [1, 2, 3].map((hours) => change(NOW - hours * HOUR - 1, `EMAIL:${String(hours)}`))
  const { words, unread, obstacle } = await registerOf('mine', slow, { clock }).lookUp('1', 'remove', [
    ...[one, two, three].filter((each) => each !== undefined),
  ])
  expect([...words.keys()]).toEqual([one])
  expect(unread).toEqual(new Set([two, three]))
  expect(obstacle).toBe('register_out_of_time')
})

test('of items that were written in one millisecond some may not have been read', async () => {
  const table = memoryTable()
  const at = NOW - HOUR
  const writing = { clock: () => at }
  await registerOf('one', table, writing).record('1', 'remove', [change(at, 'EMAIL:a')])
  await registerOf('two', table, writing).record('1', 'remove', [change(at, 'EMAIL:b')])
  let now = NOW
  const person = change(at + 90_000, 'EMAIL:a')
  const register = registerOf(
    'mine',
    {
      ...table,
      read: async function* (...range) {
        for await (const item of table.read(...range)) {
          yield item
          now += 40_000
        }
      },
    },
    { clock: () => now },
  )
  expect((await register.lookUp('1', 'remove', [person])).unread).toEqual(new Set([person]))
})

test('a reading that the end of the invocation cuts off says so, since another one has more time', async () => {
  const table = memoryTable()
  await registerOf('other', table).record('1', 'remove', [change(NOW, 'EMAIL:a')])
  const { obstacle } = await registerOf('mine', table, { deadline: NOW - 1 }).lookUp('1', 'remove', [
    change(NOW - HOUR, 'EMAIL:a'),
  ])
  expect(obstacle).toBe('out_of_time')
})

test('a table that has failed is not tried again by the invocation, which each time would take seconds', async () => {
  let accesses = 0
  const fail = () => {
    accesses += 1
    return Promise.reject(new Error('down'))
  }
  // eslint-disable-next-line require-yield
  const read = async function* () {
    await fail()
  }
  const register = registerOf('mine', { append: fail, read })
  const person = change(NOW, 'EMAIL:a')
  expect(await register.record('1', 'add', [person])).toBe(false)
  expect(await register.record('1', 'remove', [person])).toBe(false)
  const { unread, obstacle } = await register.lookUp('1', 'add', [person])
  expect([unread, obstacle, accesses]).toEqual([new Set([person]), 'register_unreachable', 1])
})

test('what was read before the table failed counts, the rest is unread, and the name of the error is told', async () => {
  const table = memoryTable()
  const broken: RegisterTable = {
    append: (item) => table.append(item),
    read: async function* (...range) {
      yield* table.read(...range)
      throw Object.assign(new Error('secret'), { name: 'ThrottlingException' })
    },
  }
  const [recent, old] = [change(NOW - 1000, 'EMAIL:a'), change(NOW - 3 * HOUR, 'EMAIL:b')]
  const at = NOW - HOUR
  await registerOf('other', broken, { clock: () => at }).record('1', 'remove', [change(at, 'EMAIL:a')])
  const failures: string[] = []
  const register = registerOf('mine', broken, { onFailure: (reason) => failures.push(reason) })
  const { unread, obstacle } = await register.lookUp('1', 'remove', [recent, old])
  expect([[...unread], obstacle, failures]).toEqual([[old], 'register_unreachable', ['ThrottlingException']])
})

test('what cannot be written down is said, with the name of the error', async () => {
  const failures: string[] = []
  const append = () => Promise.reject(Object.assign(new Error('secret'), { name: 'AccessDeniedException' }))
  const register = registerOf('mine', { ...memoryTable(), append }, { onFailure: (reason) => failures.push(reason) })
  expect(await register.record('1', 'add', [change(NOW, 'EMAIL:a')])).toBe(false)
  expect(failures).toEqual(['AccessDeniedException'])
})
