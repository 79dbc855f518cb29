import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import { eachEntry, encodeEntries, keyOf } from '../../lib/register/entries.ts'
import { createRegister, UNDER_WAY_MS } from '../../lib/register/register.ts'
import { memoryTable } from './memory-table.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

function change(at: number, ...identifiers: string[]): Change {
  return { cells: identifiers, identifiers, at }
}

test('every identifier of every change comes back from the bytes with its time, however many there are', () => {
  const identifier = fc.string({ minLength: 1 })
  const changes = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 2 ** 47 }),
      identifiers: fc.array(identifier, { minLength: 1, maxLength: 4 }),
    }),
  )
  fc.assert(
    fc.property(changes, (written) => {
      const read: [string, number][] = []
      for (const piece of encodeEntries(written.map((each) => ({ ...each, cells: [] }))))
        eachEntry(piece, (key, at) => read.push([key, at]))
      expect(read).toEqual(written.flatMap(({ at, identifiers }) => identifiers.map((text) => [keyOf(text), at])))
    }),
  )
})

test('what 60,000 users need is cut into pieces that DynamoDB takes', () => {
  const pieces = encodeEntries(Array.from({ length: 60_000 }, (_, index) => change(NOW, `EMAIL:${String(index)}`)))
  expect(Math.max(...pieces.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(390_000)
  expect(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(60_000 * 14)
})

test('the newest word about any of the identifiers of a person is found, and nobody else', async () => {
  const table = memoryTable()
  const register = createRegister(table, 'a', () => NOW)
  await register.record('1', 'remove', [change(NOW - 50, 'EMAIL:a', 'PHONE:a'), change(NOW - 30, 'PHONE:a')])
  await register.record('2', 'remove', [change(NOW, 'EMAIL:b')])
  const [anna, bob] = [change(NOW - 60, 'EMAIL:x', 'PHONE:a'), change(NOW - 60, 'EMAIL:b')]
  const words = await register.lookUp('1', 'remove', [anna, bob])
  expect([...(words ?? [])]).toEqual([
    [anna, { at: NOW - 30, times: new Map([['PHONE:a', NOW - 30]]), underWay: false }],
  ])
})

test('a word that another invocation wrote minutes ago is under way, one of the same invocation or an old one is not', async () => {
  const table = memoryTable()
  let now = NOW
  const clock = () => now
  const person = change(NOW - 1000, 'EMAIL:a')
  await createRegister(table, 'other', clock).record('1', 'remove', [person])
  const isUnderWay = async (reader: string) =>
    (await createRegister(table, reader, clock).lookUp('1', 'remove', [person]))?.get(person)?.underWay
  expect(await isUnderWay('mine')).toBe(true)
  expect(await isUnderWay('other')).toBe(false)
  // What waited for exactly that long is sent once more, and not a third time.
  now += UNDER_WAY_MS
  expect(await isUnderWay('mine')).toBe(false)
})

test('a table that cannot be reached is said to be, and nothing is thrown', async () => {
  const broken = {
    append: () => Promise.reject(new Error('down')),
    // eslint-disable-next-line require-yield
    read: async function* () {
      await Promise.reject(new Error('down'))
    },
  }
  const register = createRegister(broken, 'a', () => NOW)
  expect(await register.record('1', 'add', [change(NOW, 'EMAIL:a')])).toBe(false)
  expect(await register.lookUp('1', 'add', [change(NOW, 'EMAIL:a')])).toBe(undefined)
})
