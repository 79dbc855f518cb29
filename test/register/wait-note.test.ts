import { describe, expect, it } from 'vitest'
import { isNews, longerOf, noteOf } from '../../lib/register/wait-note.ts'
import type { WaitNote } from '../../lib/register/wait-note.ts'
import { AUDIENCE, NOON } from '../graph-api/builders.ts'

const MINUTE = 60_000
const WAIT = { destination: 'main', audienceId: AUDIENCE, reason: 'graph_190', waitSeconds: 120, ageSeconds: 600 }
const NOTE: WaitNote = {
  audienceId: AUDIENCE,
  at: NOON,
  destination: 'main',
  reason: 'graph_190',
  since: NOON - 10 * MINUTE,
  until: NOON + 2 * MINUTE,
}

describe('the note of a wait', () => {
  it('says why, since when and until when, and when that was learned', () => {
    expect(noteOf(WAIT, NOON)).toEqual(NOTE)
  })

  it('is made from a minute on, so that none is made for a turn that finds the audience busy', () => {
    expect(noteOf({ ...WAIT, reason: 'audience_busy', waitSeconds: 38 }, NOON)).toBeUndefined()
    expect(noteOf({ ...WAIT, waitSeconds: 59 }, NOON)).toBeUndefined()
    expect(noteOf({ ...WAIT, waitSeconds: 60 }, NOON)).toBeDefined()
  })

  it('is that of the longest wait when rows of an audience wait for several reasons', () => {
    const longer = { ...NOTE, reason: 'graph_200', until: NOTE.until + 1 }
    expect([longerOf(undefined, NOTE), longerOf(NOTE, longer), longerOf(longer, NOTE)]).toEqual([NOTE, longer, longer])
  })

  it('is news when there is none yet, when the reason is another, and when the last one is over; not before', () => {
    const news = (note: WaitNote, last?: WaitNote, now = NOON) => isNews(note, last, now)
    expect(news(NOTE)).toBe(true)
    expect(news({ ...NOTE, until: NOTE.until + MINUTE }, NOTE)).toBe(false)
    expect(news({ ...NOTE, reason: 'usage_limit' }, NOTE)).toBe(true)
    expect(news(NOTE, NOTE, NOTE.until - 1)).toBe(false)
    expect(news(NOTE, NOTE, NOTE.until)).toBe(true)
  })
})
