import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import { identifierOfKey } from '../../lib/audience/identifiers.ts'
import { eachEntry, encodeEntries, keyOf } from '../../lib/register/entries.ts'
import { createRegister, UNDER_WAY_MS } from '../../lib/register/register.ts'
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

test('the newest word about each identifier of a person is found, with all that it names, and nobody else', async () => {
  const table = memoryTable()
  const register = registerOf('a', table)
  await register.record('1', 'remove', [change(NOW - 50, 'EMAIL:a', 'PHONE:a'), change(NOW - 30, 'PHONE:a', 'MADID:a')])
  await register.record('2', 'remove', [change(NOW, 'EMAIL:b')])
  const [anna, bob] = [change(NOW - 60, 'EMAIL:x', 'PHONE:a'), change(NOW - 60, 'EMAIL:b')]
  const { words, unread } = await register.lookUp('1', 'remove', [anna, bob])
  const newest = new Map([['PHONE:a', { at: NOW - 30, keys: ['PHONE:a', 'MADID:a'].map(keyOf) }]])
  expect([...words]).toEqual([[anna, { newest, underWay: false }]])
  expect(unread).toEqual(new Set())
})

test('a word that another invocation wrote minutes ago is under way, one of the same invocation or an old one is not', async () => {
  const table = memoryTable()
  let now = NOW
  const clock = () => now
  const person = change(NOW - 1000, 'EMAIL:a')
  await registerOf('other', table, { clock }).record('1', 'remove', [person])
  const isUnderWay = async (reader: string) => {
    const { words } = await registerOf(reader, table, { clock }).lookUp('1', 'remove', [person])
    return words.get(person)?.underWay
  }
  expect(await isUnderWay('mine')).toBe(true)
  expect(await isUnderWay('other')).toBe(false)
  // What waited for exactly that long is sent once more, and not a third time.
  now += UNDER_WAY_MS
  expect(await isUnderWay('mine')).toBe(false)
})

test('a second reading goes back no further than what the first cannot have seen', async () => {
  const table = memoryTable()
  const [old, recent] = [change(NOW - 5 * HOUR, 'EMAIL:a'), change(NOW - 5 * HOUR, 'EMAIL:b')]
  const record = (at: number, each: Change) =>
    registerOf('other', table, { clock: () => at }).record('1', 'remove', [each])
  await record(NOW - 4 * HOUR, old)
  await record(NOW - 80_000, recent)
  const register = registerOf('mine', table)
  const first = await register.lookUp('1', 'remove', [old, recent])
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
