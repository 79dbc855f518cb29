import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isErased, withWords } from '../../lib/erasure/erased-hashes.ts'
import type { ErasedHashes } from '../../lib/erasure/erased-hashes.ts'
import { ErasureKeyChanged, createErasedPeople } from '../../lib/erasure/erased-people.ts'
import { keyedHash } from '../../lib/erasure/keyed-hash.ts'
import { hashIn, isNoLonger, pageWith, wordAbout, wordsIn } from '../../lib/erasure/page.ts'
import type { PageTable } from '../../lib/erasure/page.ts'
import { memoryErasures, memoryPages, secretOf } from './memory-erasures.ts'

const hash = fc.oneof(
  fc.nat(20),
  fc.nat(2 ** 30).map((low) => 2 ** 52 - 1 - low),
)
const word = fc.tuple(hash, fc.constantFrom('erased' as const, 'unerased' as const)).map((said) => wordAbout(...said))

test('a keyed hash is the first 52 bits of the SHA-256 of secret and identifier', () => {
  // printf key1abc | sha256sum
  expect(keyedHash('key', '1abc')).toBe(0x5f94e0d02b25c)
  expect(keyedHash('other key', '1abc')).not.toBe(keyedHash('key', '1abc'))
})

test('the newest word about each hash counts, and the list stays in order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(word)), (readings) => {
      const list = readings.reduce<ErasedHashes>(
        (known, words) => withWords(known, Float64Array.from(words)),
        new Float64Array(),
      )
      const newest = new Map(readings.flat().map((each) => [hashIn(each), !isNoLonger(each)]))
      const expected = [...newest].flatMap(([each, is]) => (is ? [each] : [])).sort((one, other) => one - other)
      expect([...list]).toEqual(expected)
      for (const [each, is] of newest) expect(isErased(list, each)).toBe(is)
      expect(isErased(list, 21)).toBe(false)
    }),
  )
})

test('turns share the list while nothing is written to it, for a hundred copies would fill the memory', () => {
  const list = withWords(new Float64Array(), Float64Array.of(1, 2))
  expect(withWords(list, new Float64Array())).toBe(list)
})

test('pages give back the words that were written into them, one behind the other, in at most 4 KB', () => {
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 900 }), { maxLength: 4 }), (readings) => {
      const { pages } = memoryPages()
      for (const words of readings)
        for (let left = words; left.length > 0;) {
          const { page, added } = pageWith(pages.at(-1), left)
          pages[page.number] = page
          left = left.slice(added)
        }
      expect(pages.flatMap(({ bytes }) => [...wordsIn(bytes)])).toEqual(readings.flat())
      expect(pages.map(({ number }) => number)).toEqual(pages.map((_, index) => index))
      for (const { bytes } of pages) expect(bytes.length).toBeLessThanOrEqual(4000)
    }),
  )
})

describe('the list of erased people', () => {
  test('asks for the secret only when somebody is on it', async () => {
    const people = createErasedPeople(memoryPages(), {
      get: () => Promise.reject(new Error('No secret is needed')),
      refresh: () => Promise.reject(new Error('No secret is needed')),
    })
    expect(await people.read()).toBeUndefined()
  })

  test('is known to every environment as soon as somebody is on it, and no longer when they are off again', async () => {
    const erasures = memoryErasures()
    const [ingest, consumer] = [erasures.people(), erasures.people()]
    expect(await consumer.read()).toBeUndefined()
    await ingest.remember(['1a', '2b'], 'erased')
    const isOn = await consumer.read()
    expect(['1a', '2b', '3c'].map((identifier) => isOn?.(identifier))).toEqual([true, true, false])
    await ingest.remember(['2b', '3c'], 'unerased')
    const isStillOn = await consumer.read()
    expect(['1a', '2b', '3c'].map((identifier) => isStillOn?.(identifier))).toEqual([true, false, false])
  })

  test('holds no identifier, and nothing that can be made of one without the secret', async () => {
    const erasures = memoryErasures()
    await erasures.people().remember(['1aaaaaaaaaaaaaaa'], 'erased')
    const stored = Buffer.concat(erasures.table.pages.map(({ bytes }) => bytes))
    expect(stored.toString('latin1')).not.toContain('aaaa')
    expect([...wordsIn(stored)]).toContain(keyedHash(erasures.world.key, '1aaaaaaaaaaaaaaa'))
  })

  test('does not grow when the same people are erased again', async () => {
    const erasures = memoryErasures()
    await erasures.people().remember(['1a'], 'erased')
    const before = erasures.table.pages.map(({ bytes }) => bytes.length)
    await erasures.people().remember(['1a'], 'erased')
    expect(erasures.table.pages.map(({ bytes }) => bytes.length)).toEqual(before)
  })

  test('loses nobody whom two put on it at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { table, world } = memoryErasures()
        const slow: PageTable = {
          read: async function* (from) {
            await scheduler.schedule(Promise.resolve())
            yield* table.read(from)
          },
          write: async (page, added) => {
            await scheduler.schedule(Promise.resolve())
            return table.write(page, added)
          },
        }
        const environment = () =>
          createErasedPeople(
            slow,
            secretOf(() => world.key),
          )
        const shared = environment()
        const acts = [
          shared.remember(['1a', '1b'], 'erased'),
          shared.remember(['1c'], 'erased'),
          environment().remember(['1d'], 'erased'),
        ]
        await scheduler.waitFor(Promise.all(acts))
        const reading = shared.read()
        await scheduler.waitFor(reading)
        const isOn = await reading
        expect(['1a', '1b', '1c', '1d'].map((each) => isOn?.(each))).toEqual([true, true, true, true])
      }),
    )
  })

  test('goes on after a reading that failed', async () => {
    const { table, world, people } = memoryErasures()
    let failures = 1
    const once = createErasedPeople(
      {
        ...table,
        read: (from) => {
          if ((failures -= 1) === 0) throw new Error('out of reach')
          return table.read(from)
        },
      },
      secretOf(() => world.key),
    )
    await people().remember(['1a'], 'erased')
    await expect(once.read()).rejects.toThrow('out of reach')
    expect((await once.read())?.('1a')).toBe(true)
  })

  test('knows its secret again as soon as somebody has put it back', async () => {
    const erasures = memoryErasures()
    await erasures.people().remember(['1a'], 'erased')
    // What is kept in memory is the wrong one, and what can be read anew is the right one.
    const kept = { get: () => Promise.resolve('another key'), refresh: () => Promise.resolve(erasures.world.key) }
    expect((await createErasedPeople(erasures.table, kept).read())?.('1a')).toBe(true)
  })

  test('takes no empty secret, with which anybody could make its hashes', async () => {
    const erasures = memoryErasures()
    erasures.world.key = ''
    await expect(erasures.people().remember(['1a'], 'erased')).rejects.toThrow(ErasureKeyChanged)
    expect(erasures.table.pages).toEqual([])
  })

  test('keeps what it has read before a failure, so that a long list is read in the end', async () => {
    const { table, world, people } = memoryErasures()
    await people().remember(
      Array.from({ length: 3_000 }, (_, index) => `1${index}`),
      'erased',
    )
    const asked: number[] = []
    const slow: PageTable = {
      ...table,
      // Two pages a call, then it is throttled.
      read: async function* (from) {
        asked.push(from)
        for await (const pages of table.read(from)) {
          yield pages.slice(0, 2)
          if (pages.length > 2) throw new Error('throttled')
        }
      },
    }
    const throttled = createErasedPeople(
      slow,
      secretOf(() => world.key),
    )
    let reads = 0
    while (reads < 20 && !(await throttled.read().catch(() => undefined))?.('12999')) reads += 1
    expect(reads).toBeLessThan(10)
    expect(asked).toEqual(asked.toSorted((one, other) => one - other))
  })

  test('cannot be read after somebody has changed the secret, so that nobody erased is added', async () => {
    const erasures = memoryErasures()
    await erasures.people().remember(['1a'], 'erased')
    erasures.world.key = 'another key'
    await expect(erasures.people().read()).rejects.toThrow(ErasureKeyChanged)
    await expect(erasures.people().remember(['1b'], 'erased')).rejects.toThrow(ErasureKeyChanged)
    erasures.world.key = 'the stack’s key'
    expect((await erasures.people().read())?.('1a')).toBe(true)
  })
})
