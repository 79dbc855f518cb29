import { setImmediate as tick } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOBODY, isErased, wasErased, withWords } from '../../lib/erasure/erased-hashes.ts'
import { ErasureKeyChanged, createErasedPeople } from '../../lib/erasure/erased-people.ts'
import { keyedHash } from '../../lib/erasure/keyed-hash.ts'
import { hashIn, isNoLonger, pageWith, wordAbout, wordsIn } from '../../lib/erasure/page.ts'
import type { Page, PageTable } from '../../lib/erasure/page.ts'
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

test('the newest word about each hash counts, however many words came before', () => {
  const many = fc.nat(6_000).map((count) => Array.from({ length: count }, (_, index) => index + 100))
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: fc.array(word) }, many)), (readings) => {
      const list = readings.reduce((known, words) => withWords(known, Float64Array.from(words)), NOBODY)
      const newest = new Map(readings.flat().map((each) => [hashIn(each), !isNoLonger(each)]))
      for (const [each, is] of newest) expect([isErased(list, each), wasErased(list, each)]).toEqual([is, true])
      expect([isErased(list, 21), wasErased(list, 21)]).toEqual([false, false])
    }),
    { numRuns: 30 },
  )
})

test('turns share the long list while news come before each of them, for sixty copies would fill the memory', () => {
  const long = withWords(
    NOBODY,
    Float64Array.from({ length: 160_000 }, (_, index) => index),
  )
  const turns = [long]
  for (let index = 0; index < 100; index += 1)
    turns.push(withWords(turns[index] ?? NOBODY, Float64Array.of(1e6 + index, wordAbout(index, 'unerased'))))
  expect(new Set(turns.map(({ hashes }) => hashes.buffer)).size).toBe(1)
  expect(turns.map((turn) => isErased(turn, 1e6 + 50))).toEqual(turns.map((_, index) => index > 50))
  expect(turns.map((turn) => isErased(turn, 50))).toEqual(turns.map((_, index) => index <= 50))
  const news = Float64Array.from({ length: 9_900 }, (_, index) => 2e6 + index)
  expect(withWords(turns[100] ?? NOBODY, news)).toMatchObject({ news: new Float64Array() })
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

  test('is read twice at most for turns that begin together, and they share its failure', async () => {
    const readings: (() => void)[] = []
    const table: PageTable = {
      ...memoryPages(),
      // eslint-disable-next-line require-yield
      read: async function* () {
        await new Promise<void>((_, reject) => readings.push(() => reject(new Error('out of reach'))))
      },
    }
    const { read } = createErasedPeople(
      table,
      secretOf(() => 'key'),
    )
    const ended: number[] = []
    const turns = Array.from({ length: 60 }, async (_, index) => {
      if (index >= 30) while (readings.length === 0) await tick()
      await expect(read()).rejects.toThrow('out of reach')
      ended.push(index)
    })
    for (const round of [1, 2]) {
      while (readings.length < round) await tick()
      readings[round - 1]?.()
      while (ended.length < round * 30) await tick()
    }
    await Promise.all(turns)
    expect(ended).toHaveLength(60)
    expect(readings).toHaveLength(2)
  })

  test('knows whom somebody put on it before the question, though a reading was under way', async () => {
    const { table, world, people } = memoryErasures()
    await people().remember(['1a'], 'erased')
    let open: (() => void) | undefined
    const slow: PageTable = {
      ...table,
      read: async function* (from) {
        const found: Page[][] = []
        for await (const pages of table.read(from)) found.push(pages)
        if (!open) await new Promise<void>((resolve) => (open = resolve))
        yield* found
      },
    }
    const consumer = createErasedPeople(
      slow,
      secretOf(() => world.key),
    )
    const first = consumer.read()
    while (!open) await tick()
    await people().remember(['1b'], 'erased')
    const second = consumer.read()
    open()
    expect((await first)?.('1b')).toBe(false)
    expect((await second)?.('1b')).toBe(true)
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
