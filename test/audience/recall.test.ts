import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recall } from '../../lib/audience/recall.ts'

describe('recall', () => {
  it('gives what the function gives, however often and in whatever order it is asked', () => {
    const doubled = (text: string) => text + text
    const recalled = recall(doubled)
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 80 }), { maxLength: 50 }), (texts) => {
        expect([...texts, ...texts].map(recalled)).toEqual([...texts, ...texts].map(doubled))
      }),
    )
  })

  it('computes a recurring text once, also one whose result is empty', () => {
    const asked: string[] = []
    const recalled = recall((text) => {
      asked.push(text)
      return ''
    })
    for (const text of ['us', 'gb', 'us', 'gb', 'us']) recalled(text)
    expect(asked).toEqual(['us', 'gb'])
  })

  it('forgets when a thousand texts are kept, so that memory is bounded', () => {
    let count = 0
    const recalled = recall((text) => String(++count) + text)
    for (let index = 0; index < 10_000; index++) recalled(String(index))
    const before = count
    recalled('0')
    expect(count).toBe(before + 1)
  })

  it('keeps no long text', () => {
    let count = 0
    const recalled = recall(() => String(++count))
    recalled('x'.repeat(1_000_000))
    recalled('x'.repeat(1_000_000))
    expect(count).toBe(2)
  })
})
