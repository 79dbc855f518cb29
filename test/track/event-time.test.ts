import { describe, expect, test } from 'vitest'
import { eventTime } from '../../lib/track/event-time.ts'
import type { SourceClock } from '../../lib/track/event-time.ts'
import { NOON } from '../support/ingest.ts'

const HOUR = 3_600_000
const ago = (ms: number) => new Date(NOON - ms).toISOString()
const at = (event: object, clock: SourceClock = 'trusted', envelope: object = {}) =>
  eventTime({ ...event }, { ...envelope }, clock, NOON)

/** What was in force before: every clock was corrected by `sentAt`. */
const oldRule = (event: { originalTimestamp?: string; timestamp?: string; sentAt?: string }) => {
  const [happened, sent] = [event.originalTimestamp ?? event.timestamp, event.sentAt].map((text) =>
    Date.parse(text ?? ''),
  )
  return happened && sent ? NOON - Math.max(0, sent - happened) : NOON
}

describe('the time of an event', () => {
  test.each([
    [
      'of a server that repeats its request an hour later with the sentAt of the first attempt is its own',
      'trusted',
      { originalTimestamp: ago(HOUR), sentAt: ago(HOUR - 1) },
      NOON - HOUR,
      'originalTimestamp',
    ],
    ['of a server without sentAt is its own', 'trusted', { timestamp: ago(HOUR) }, NOON - HOUR, 'timestamp'],
    [
      'of a server whose clock is ten minutes fast is its own, less ten minutes, though it repeats what it sent 5 s ago',
      'trusted',
      { originalTimestamp: ago(-600_000 + 65_000), sentAt: ago(-600_000) },
      NOON - 65_000,
      'originalTimestamp',
      { same: true },
    ],
    [
      'of a webhook that a CDP delivers two hours late is the one that the CDP has corrected',
      'trusted',
      {
        originalTimestamp: ago(5 * HOUR),
        sentAt: ago(5 * HOUR - 1),
        receivedAt: ago(2 * HOUR),
        timestamp: ago(2 * HOUR + 1),
      },
      NOON - 2 * HOUR - 1,
      'timestamp',
    ],
    [
      'that says nothing that can be read is that of its receipt',
      'trusted',
      { originalTimestamp: 'yesterday', sentAt: ago(0) },
      NOON,
      'received',
      { same: true },
    ],
  ] as const)('%s', (_, clock, event, expected, from, old?: { same: boolean }) => {
    expect(at(event, clock)).toEqual({ at: expected, from })
    // Each row is one that the old rule had wrong, unless it says otherwise.
    expect(oldRule(event) === expected).toBe(old?.same ?? false)
  })

  test.each([
    ['two hours slow', 2 * HOUR],
    ['two hours fast', -2 * HOUR],
    ['right', 0],
  ])('of a browser whose clock is %s is as long before the receipt as it was before the sending', (_, slow) => {
    const event = { originalTimestamp: ago(slow + 60_000), sentAt: ago(slow) }
    expect(at(event, 'corrected')).toEqual({ at: NOON - 60_000, from: 'corrected' })
    // Trusted, the slow one would be hours older than it is, and overtaken by what it followed.
    if (slow > 0) expect(at(event, 'trusted').at).toBe(NOON - slow - 60_000)
  })

  test.each([
    ['sentAt', { originalTimestamp: ago(9000) }],
    ['timestamp', { sentAt: ago(0) }],
  ])('of a browser without %s is that of its receipt', (_, event) => {
    expect(at(event, 'corrected')).toEqual({ at: NOON, from: 'received' })
  })

  test('a browser cannot say when it was received', () => {
    const event = { receivedAt: ago(HOUR), timestamp: ago(HOUR), originalTimestamp: ago(1000), sentAt: ago(0) }
    expect(at(event, 'corrected').at).toBe(NOON - 1000)
  })

  test('is never after its receipt, nor after that by a CDP', () => {
    expect(at({ originalTimestamp: ago(-60_000) }).at).toBe(NOON)
    expect(at({ timestamp: ago(-60_000), receivedAt: ago(-60_000) }).at).toBe(NOON)
    expect(at({ timestamp: ago(1000), receivedAt: ago(HOUR) })).toEqual({ at: NOON - HOUR, from: 'timestamp' })
    expect(at({ receivedAt: ago(HOUR) })).toEqual({ at: NOON - HOUR, from: 'receivedAt' })
    expect(at({ timestamp: ago(-60_000), sentAt: ago(0) }, 'corrected').at).toBe(NOON)
  })

  test('originalTimestamp comes before timestamp, and the event’s sentAt before the envelope’s', () => {
    expect(at({ originalTimestamp: ago(9000), timestamp: ago(5000) }).at).toBe(NOON - 9000)
    const event = { originalTimestamp: ago(9000), sentAt: ago(1000) }
    expect(at(event, 'corrected', { sentAt: ago(0) }).at).toBe(NOON - 8000)
    expect(at({ timestamp: ago(5000) }, 'corrected', { sentAt: ago(2000) }).at).toBe(NOON - 3000)
  })

  test.each([
    ['the zero time of Go', '0001-01-01T00:00:00Z'],
    ['the zero of Unix', 0],
    ['null', null],
    ['an object', {}],
    ['blanks', ' '],
    ['a number beyond all dates', 1e308],
    ['microseconds since 1970', NOON * 1000],
    ['next week', ago(-7 * 24 * HOUR)],
    ['the year 9999', '9999-12-31T23:59:59Z'],
    ['a day in the German way', '05.11.2026'],
    ['a day in the American way', '11/05/2026'],
    ['a text that ends in a number', 'order 5'],
    ['a small number', 1],
    ['a year', '1999-12-31'],
    ['a number below all dates', -1e308],
  ])('%s is none', (_, timestamp) => {
    expect(at({ timestamp, sentAt: ago(0) })).toEqual({ at: NOON, from: 'received' })
  })

  test.each(['trusted', 'corrected'] as const)('of a sentAt that cannot be, nothing follows: %s', (clock) => {
    for (const sentAt of [NOON * 1000, '9999-12-31T23:59:59Z', '2099-01-01T00:00:00Z', 1]) {
      const { at: time } = at({ originalTimestamp: ago(HOUR), sentAt }, clock)
      expect(time).toBe(clock === 'trusted' ? NOON - HOUR : NOON)
    }
  })

  test('of a receivedAt that cannot be, nothing follows', () => {
    for (const receivedAt of [1, 'row 3', ago(-48 * HOUR)])
      expect(at({ originalTimestamp: ago(HOUR), receivedAt })).toEqual({ at: NOON - HOUR, from: 'originalTimestamp' })
  })

  test('of a browser whose clock shows 1970 is right all the same', () => {
    expect(at({ originalTimestamp: '1970-01-01T01:00:00Z', sentAt: '1970-01-01T01:01:00Z' }, 'corrected').at).toBe(
      NOON - 60_000,
    )
  })

  test.each([
    ['an offset', '2026-11-23T13:30:00.000000+02:00', 30 * 60_000],
    ['nanoseconds', '2026-11-23T11:59:59.484213313Z', 516],
    ['whole seconds', '2026-11-23T11:59:50+00:00', 10_000],
    ['milliseconds since 1970', NOON - 3000, 3000],
    ['seconds since 1970', NOON / 1000 - 4, 4000],
  ])('is read from times with %s', (_, timestamp, before) => {
    expect(at({ timestamp }).at).toBe(NOON - before)
  })
})
