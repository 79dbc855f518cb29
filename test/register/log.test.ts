import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLong, runs } from '../support/long.ts'
import type { Direction } from '../../lib/audience/change.ts'
import { encodeWords } from '../../lib/register/entries.ts'
import { identifiersIn, lastWord } from '../../lib/register/last-word.ts'
import type { Word } from '../../lib/register/last-word.ts'
import { readLog } from '../../lib/register/log.ts'
import { AUDIENCE, NOON } from '../graph-api/builders.ts'
import { memoryRegister } from './memory-register.ts'

const MINUTE = 60_000
const idOf = (name: string) => Buffer.from(name.padEnd(8)).toString('hex')
const word = (at: number, ...names: string[]): Word => ({ identifiers: names.map(idOf), at })
const named = (...names: string[]) => new Set(names.map(idOf))

/** A log of one direction with these words in an item each, written when they happened, one after the other. */
async function aLog(direction: Direction, turns: readonly (readonly Word[])[]) {
  const register = memoryRegister()
  let key = 0
  for (const words of turns) {
    key = Math.max(key + 1, ...words.map(({ at }) => at))
    for (const entries of encodeWords(words)) await register.append({ audienceId: AUDIENCE, direction, key, entries })
  }
  return register
}

const at = { audienceId: AUDIENCE, since: NOON }
const clock = () => NOON
const LATER = NOON + 30_000

describe('a log', () => {
  it('keeps of a large import only what it says about the people at hand', async () => {
    const minutes = Array.from({ length: 60 }, (_, minute) =>
      Array.from({ length: isLong ? 20_000 : 2_000 }, (_, user) => word(NOON + minute * MINUTE, `${minute}/${user}`)),
    )
    const register = await aLog('add', [[word(NOON + 1, 'ann', 'home')], ...minutes])
    const read = await readLog(register, { ...at, direction: 'add', named: named('home', 'bob') }, LATER, clock)
    expect(read).toEqual({ words: [word(NOON + 1, 'ann', 'home')], newest: NOON + 59 * MINUTE, completeFrom: NOON })
  })

  it('says when somebody was last removed, in whatever order it was written', async () => {
    for (const times of [
      [1, 2, 3],
      [3, 2, 1],
    ]) {
      const turns = times.map((ms) => [word(NOON + ms, 'ann', String(ms))])
      const { words } = await readLog(
        await aLog('remove', turns),
        { ...at, direction: 'remove', named: named('ann') },
        LATER,
        clock,
      )
      expect(words).toEqual([word(NOON + 3, 'ann', '3')])
    }
  })

  it('of a thousand people who share a telephone tells the newest ten adds, and of one person’s thousand adds the last', async () => {
    const turns = Array.from({ length: 1_000 }, (_, ms) => [
      word(NOON + ms, 'home', String(ms)),
      word(NOON + ms, 'ann'),
    ])
    const { words } = await readLog(
      await aLog('add', turns),
      { ...at, direction: 'add', named: named('home', 'ann') },
      LATER,
      clock,
    )
    const newest = [999, 998, 997, 996, 995, 994, 993, 992, 991, 990].map((ms) => word(NOON + ms, 'home', String(ms)))
    expect(words).toEqual([...newest, word(NOON + 999, 'ann')])
  })

  it('keeps the fewer kinds of adds of each the more people are asked for, so that it fits into memory', async () => {
    const turns = Array.from({ length: 10 }, (_, ms) => [word(NOON + ms, 'ann', String(ms))])
    const crowd = Array.from({ length: 100_000 }, (_, person) => `${person}`.padStart(7))
    const { words } = await readLog(
      await aLog('add', turns),
      { ...at, direction: 'add', named: named('ann', ...crowd) },
      LATER,
      clock,
    )
    expect(words).toEqual([word(NOON + 9, 'ann', '9')])
  })

  it('that takes longer than there is time says from when on everything was read', async () => {
    const turns = Array.from({ length: 20 }, (_, minutes) => [word(NOON + minutes * MINUTE, 'ann')])
    let now = NOON
    const { words, completeFrom } = await readLog(
      await aLog('remove', turns),
      { ...at, direction: 'remove', named: named('ann') },
      LATER,
      () => (now += 4_000),
    )
    expect(words).toEqual([word(NOON + 19 * MINUTE, 'ann')])
    expect([completeFrom > NOON + 5 * MINUTE, completeFrom < NOON + 19 * MINUTE]).toEqual([true, true])
  })
})

describe('hosts whose clocks differ by a minute', () => {
  it('may have written words of the time that is looked up under an earlier key, which are read', async () => {
    const register = memoryRegister()
    for (const entries of encodeWords([word(NOON + 5, 'ann')]))
      await register.append({ audienceId: AUDIENCE, direction: 'remove', key: NOON - MINUTE, entries })
    const { words } = await readLog(register, { ...at, direction: 'remove', named: named('ann') }, LATER, clock)
    expect(words).toEqual([word(NOON + 5, 'ann')])
  })

  it('may have written what was not read a minute before its time: so much later everything is said to be read', async () => {
    const turns = Array.from({ length: 3 }, (_, minutes) => [word(NOON + minutes * MINUTE, 'ann')])
    let now = NOON
    const { completeFrom } = await readLog(
      await aLog('remove', turns),
      { ...at, direction: 'remove', named: named('ann') },
      NOON + 1,
      () => (now += 1),
    )
    // The item of the first minute was not read: its words may be a minute and a half newer than its key.
    expect(completeFrom).toBe(NOON + MINUTE + 90_000 + 1)
  })
})

it('what was kept while the log was read decides as the whole log does', async () => {
  const names = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 })
  const words = fc.array(
    fc.record({ names, ms: fc.nat(9) }).map(({ names, ms }) => word(NOON + ms, ...names)),
    { maxLength: 9 },
  )
  const both = fc.record({ add: words, remove: words })
  await fc.assert(
    fc.asyncProperty(both, both, async (hand, log) => {
      const read = async (direction: Direction, about: Iterable<Word>) => {
        const register = await aLog(
          direction,
          log[direction].map((each) => [each]),
        )
        const named = new Set(identifiersIn(about))
        return (await readLog(register, { ...at, direction, named }, LATER, clock)).words
      }
      const add = await read('add', [...hand.remove, ...hand.add])
      const kept = { add, remove: await read('remove', [...hand.add, ...add]) }
      const decided = (words: { add: readonly Word[]; remove: readonly Word[] }) => {
        const { stands, cameBack, isOutdated } = lastWord(hand, words, hand.add)
        return { stand: hand.add.map(stands), back: hand.remove.map(cameBack), outdated: hand.add.map(isOutdated) }
      }
      expect(decided(kept)).toEqual(decided(log))
    }),
    { numRuns: runs(2_000) },
  )
})
