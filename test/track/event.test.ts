import { describe, expect, test } from 'vitest'
import { parseEvents } from '../../lib/track/event.ts'
import { aTrack, NOON } from '../support/ingest.ts'

const clock = { receivedAt: NOON, newId: () => 'new-id' }
const parse = (body: unknown, routeType?: string) => parseEvents(body, routeType, clock)
const timeOf = (event: Record<string, unknown>, envelope: object = {}) =>
  parse({ ...envelope, batch: [aTrack(event)] }).events[0]?.at
const ago = (ms: number) => new Date(NOON - ms).toISOString()

describe('which events a body holds', () => {
  test.each([
    ['an envelope', { batch: [aTrack(), aTrack()] }, undefined, 2],
    ['a webhook’s array', [aTrack(), aTrack()], undefined, 2],
    ['a webhook’s single event', aTrack(), undefined, 1],
    ['a single route’s event without type', aTrack({ type: undefined }), 'track', 1],
    ['an envelope on a single route', { batch: [aTrack()] }, 'track', 1],
    ['an empty batch', { batch: [] }, undefined, 0],
    ['an empty object', {}, undefined, 0],
    ['a batch that is null', { batch: null }, undefined, 0],
    ['RudderStack’s audiencelist', aTrack({ type: 'audiencelist' }), undefined, 1],
  ])('%s', (_, body, routeType, count) => {
    const { events, rejected, ignored } = parse(body, routeType)
    expect([events.length, rejected.length, ignored]).toEqual([count, 0, 0])
  })

  test('the body’s own type comes before the route’s', () => {
    expect(parse(aTrack({ type: 'identify' }), 'track')).toEqual({ events: [], rejected: [], ignored: 1 })
  })

  test('calls of other types are ignored, also those whose type is none', () => {
    const others = ['identify', 'page', 'screen', 'group', 'alias', 'Track', '', 7, null, {}].map((type) => ({ type }))
    expect(parse({ batch: others })).toEqual({ events: [], rejected: [], ignored: others.length })
  })

  test('an event that nobody maps is ignored before anything else about it can be wrong', () => {
    const batch = [aTrack({ event: 'Product Viewed', properties: {} }), aTrack()]
    const { events, rejected, ignored } = parseEvents({ batch }, undefined, clock, (name) => name === 'USER_ADD')
    expect([events.length, rejected, ignored]).toEqual([1, [], 1])
  })
})

describe('an event that cannot be used is rejected, and its neighbours go on', () => {
  test.each([
    ['a number', 7, 'not_an_object'],
    ['null', null, 'not_an_object'],
    ['an array', [], 'not_an_object'],
    ['no event name', aTrack({ event: undefined }), 'event_name_missing'],
    ['an empty event name', aTrack({ event: '' }), 'event_name_missing'],
    ['an event name that is no text', aTrack({ event: 5 }), 'event_name_missing'],
    ['no properties', aTrack({ properties: undefined }), 'lists_missing'],
    ['properties that are null', aTrack({ properties: null }), 'lists_missing'],
    ['properties without lists', aTrack({ properties: { userListAdd: null } }), 'lists_missing'],
    ['empty lists', aTrack({ properties: { userListAdd: [], userListDelete: [] } }), 'lists_empty'],
    ['a list that is an object', aTrack({ properties: { userListAdd: {} } }), 'list_not_an_array'],
    [
      'one session for both directions',
      aTrack({ properties: { userListAdd: [{}], sessionIdAdd: 5, sessionIdDelete: '5' } }),
      'session_ids_equal',
    ],
  ])('%s', (_, bad, code) => {
    const { events, rejected } = parse({ batch: [aTrack(), bad, aTrack()] })
    expect(events).toHaveLength(2)
    expect(rejected).toEqual([{ index: 1, messageId: code === 'not_an_object' ? null : 'm-1', code }])
  })

  test('a good list is used although the other one is none', () => {
    const { events, rejected } = parse([aTrack({ properties: { userListAdd: [{}], userListDelete: 'x' } })])
    expect(events).toMatchObject([{ add: [{}], remove: [] }])
    expect(rejected).toEqual([{ index: 0, messageId: 'm-1', code: 'list_not_an_array' }])
  })
})

describe('identifiers', () => {
  test.each([
    ['text', 'm-1', 'm-1', true],
    ['a number', 42, '42', true],
    ['text with blanks around it', ' m-1 ', 'm-1', true],
    ['null', null, 'new-id', false],
    ['nothing', undefined, 'new-id', false],
    ['blanks', '  ', 'new-id', false],
    ['an object', {}, 'new-id', false],
    ['text of any length', 'x'.repeat(1000), 'x'.repeat(256), true],
  ])('a messageId may be %s', (_, given, messageId, hasMessageId) => {
    expect(parse([aTrack({ messageId: given })]).events).toMatchObject([{ messageId, hasMessageId }])
  })

  test.each([{ userId: null }, { anonymousId: null }, { userId: 7 }, { userId: undefined, anonymousId: undefined }])(
    'an event with %j is used: its lists say whom it is about',
    (ids) => {
      expect(parse([aTrack(ids)]).events).toHaveLength(1)
    },
  )

  test.each(['__proto__', 'constructor', 'toString'])('"%s" is an event name like any other', (event) => {
    expect(parse(JSON.parse(`[${JSON.stringify(aTrack({ event }))}]`)).events).toMatchObject([{ name: event }])
  })

  test('the lists of an audiencelist call are those of its listData', () => {
    const event = aTrack({ type: 'audiencelist', properties: { listData: { add: [{ a: 1 }], remove: [{ b: 1 }] } } })
    expect(parse([event]).events).toMatchObject([{ add: [{ a: 1 }], remove: [{ b: 1 }] }])
  })
})

describe('when an event happened', () => {
  test.each([
    ['as long before the receipt as before the sending, whatever the sender’s clock says', 0, 60_000],
    ['by a clock that is a year slow', 365 * 86_400_000, 60_000],
    ['by a clock that is an hour fast', -3_600_000, 60_000],
  ])('%s', (_, slow, delay) => {
    const at = timeOf({ originalTimestamp: ago(slow + delay), sentAt: ago(slow) })
    expect(at).toBe(NOON - delay)
  })

  test('is not before 1970, which is what the zero times of some languages are', () => {
    expect(timeOf({ originalTimestamp: '0001-01-01T00:00:00Z', sentAt: ago(0) })).toBe(0)
  })

  test('originalTimestamp comes before timestamp, and the event’s sentAt before the envelope’s', () => {
    const times = { originalTimestamp: ago(9000), timestamp: ago(5000), sentAt: ago(1000) }
    expect(timeOf(times, { sentAt: ago(0) })).toBe(NOON - 8000)
    expect(timeOf({ timestamp: ago(5000) }, { sentAt: ago(2000) })).toBe(NOON - 3000)
  })

  test('is never after its receipt', () => {
    expect(timeOf({ timestamp: ago(-60_000), sentAt: ago(0) })).toBe(NOON)
  })

  test.each([
    ['no timestamp', { sentAt: ago(0) }],
    ['no sentAt', { timestamp: ago(9000) }],
    ['neither', {}],
    ['a timestamp that is none', { timestamp: 'yesterday', sentAt: ago(0) }],
    ['null', { timestamp: null, sentAt: null }],
    ['an object', { timestamp: {}, sentAt: ago(0) }],
    ['numbers beyond all dates', { timestamp: -1e308, sentAt: 1e308 }],
  ])('is when it was received, with %s', (_, times) => {
    expect(timeOf(times)).toBe(NOON)
  })

  test.each([
    ['an offset', '2026-11-23T11:00:00.000000+00:00', '2026-11-23T13:00:01.500000+02:00', 1500],
    ['nanoseconds', '2026-11-23T11:00:00.484213313Z', '2026-11-23T11:00:01.484213313Z', 1000],
    ['whole seconds', '2026-11-23T11:00:00+00:00', '2026-11-23T11:00:02+00:00', 2000],
    ['milliseconds since 1970', 1_795_000_000_000, 1_795_000_003_000, 3000],
    ['seconds since 1970', 1_795_000_000, 1_795_000_004, 4000],
    ['seconds since 1970 and text', 1_795_000_000, new Date(1_795_000_005_000).toISOString(), 5000],
  ])('is read from times with %s', (_, timestamp, sentAt, delay) => {
    expect(timeOf({ timestamp, sentAt })).toBe(NOON - delay)
  })
})
