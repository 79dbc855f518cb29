import { describe, expect, test } from 'vitest'
import { parseEvents } from '../../lib/track/event.ts'
import { sourceMappings } from '../../lib/track/source-mappings.ts'
import type { SourceMappings } from '../../lib/track/source-mappings.ts'
import { NOON, aTrack } from '../support/ingest.ts'
import { settingsOf } from '../support/settings.ts'

const mappings = sourceMappings(settingsOf(), 'server')
const allMapped: SourceMappings = {
  ...mappings,
  event: Object.assign(new Map(), { get: () => mappings.event.get('USER_ADD') }),
}
const reading = {
  clock: 'trusted',
  receivedAt: NOON,
  mayErase: false,
  newId: () => 'new-id',
  mappings: allMapped,
} as const
const parse = (body: unknown, routeType?: string) => parseEvents(body, { ...reading, routeType })

describe('which events a body holds', () => {
  test.each([
    ['an envelope', { batch: [aTrack(), aTrack()] }, undefined, 2],
    ['a webhook’s array', [aTrack(), aTrack()], undefined, 2],
    ['a webhook’s single event', aTrack(), undefined, 1],
    ['a single route’s event without type', aTrack({ type: undefined }), 'track', 1],
    ['an envelope on a single route', { batch: [aTrack()] }, 'track', 1],
    ['an empty batch', { batch: [] }, undefined, 0],
    ['an event without type', aTrack({ type: undefined }), undefined, 1],
    ['events whose type is none', [aTrack({ type: null }), aTrack({ type: '' })], undefined, 2],
    ['RudderStack’s audiencelist', aTrack({ type: 'audiencelist' }), undefined, 1],
  ])('%s', (_, body, routeType, count) => {
    const { events, rejected, ignored } = parse(body, routeType)
    expect([events.length, rejected.named, ignored.named]).toEqual([count, [], []])
  })

  test('the body’s own type comes before the route’s', () => {
    expect(parse(aTrack({ type: 'identify' }), 'track').ignored.named).toEqual([
      { index: 0, code: 'call_type', type: 'identify' },
    ])
  })

  test('calls of other types are ignored, and their type is named', () => {
    const types = ['identify', 'page', 'screen', 'group', 'alias', 'Track', 7, {}]
    const { events, rejected, ignored } = parse({ batch: types.map((type) => ({ type })) })
    expect([events, rejected.named, ignored.counts]).toEqual([[], [], { call_type: types.length }])
    expect(ignored.named.map((each) => 'type' in each && each.type)).toEqual([...types.slice(0, 6), null, null])
  })

  test.each([
    { events: [aTrack()] },
    { Batch: [aTrack()] },
    { batch: { 0: aTrack() } },
    {},
    { data: [] },
    { batch: null },
  ])('a body without any place for events, such as %j, is rejected as a whole', (body) => {
    const { events, rejected } = parse(body)
    expect(events).toEqual([])
    expect(rejected.named).toEqual([{ index: -1, messageId: null, code: 'no_events', keys: Object.keys(body) }])
  })

  test('on the route of one event, an empty object is an event without name', () => {
    expect(parse({}, 'track').rejected.named).toMatchObject([{ index: 0, code: 'event_name_missing' }])
  })

  test('an event that nobody maps is ignored before anything else about it can be wrong', () => {
    const batch = [aTrack({ event: 'Product Viewed', properties: {} }), aTrack()]
    const { events, rejected, ignored } = parseEvents({ batch }, { ...reading, mappings })
    expect([events.length, rejected.named, ignored.counts]).toEqual([1, [], { event_unmapped: 1 }])
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
    expect(rejected.named).toMatchObject([{ index: 1, messageId: code === 'not_an_object' ? null : 'm-1', code }])
    expect(rejected.named).toHaveLength(1)
  })

  test('a good list is used although the other one is none', () => {
    const { events, rejected } = parse([aTrack({ properties: { userListAdd: [{}], userListDelete: 'x' } })])
    expect(events).toMatchObject([{ lists: { add: [{}], remove: [] } }])
    expect(rejected.named).toEqual([{ index: 0, messageId: 'm-1', code: 'list_not_an_array', field: 'userListDelete' }])
  })

  test('the keys that stand in place of the lists are told, twenty at most and cut', () => {
    const properties = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${'k'.repeat(200)}${index}`, 1]))
    const [rejected] = parse([aTrack({ properties: { userlist: [], ...properties } })]).rejected.named
    expect(rejected?.keys?.slice(0, 2)).toEqual(['userlist', 'k'.repeat(100)])
    expect(rejected?.keys).toHaveLength(20)
  })
})

describe('identifiers', () => {
  test.each([
    ['text', 'm-1', 'm-1', true],
    ['a number', 42, '42', true],
    ['a number that JSON has rounded, which is none', 2 ** 60, 'new-id', false],
    ['text with blanks around it', ' m-1 ', 'm-1', true],
    ['null', null, 'new-id', false],
    ['nothing', undefined, 'new-id', false],
    ['blanks', '  ', 'new-id', false],
    ['an object', {}, 'new-id', false],
    ['text of 256 letters', 'x'.repeat(256), 'x'.repeat(256), true],
  ])('a messageId may be %s', (_, given, messageId, hasMessageId) => {
    expect(parse([aTrack({ messageId: given })]).events).toMatchObject([{ messageId, hasMessageId }])
  })

  test('two that differ only after the 256th letter are two, and each is one every time', () => {
    const ids = ['a', 'b', 'a'].map((end) => `${'x'.repeat(1000)}${end}`)
    const [first, second, again] = parse(ids.map((messageId) => aTrack({ messageId }))).events.map(
      ({ messageId }) => messageId,
    )
    expect(first).not.toBe(second)
    expect(again).toBe(first)
    expect(first).toHaveLength(256)
  })

  test.each([{ userId: null }, { anonymousId: null }, { userId: 7 }, { userId: undefined, anonymousId: undefined }])(
    'an event with %j is used: its lists say whom it is about',
    (ids) => {
      expect(parse([aTrack(ids)]).events).toHaveLength(1)
    },
  )

  test.each(['__proto__', 'constructor', 'toString'])('"%s" is an event name like any other', (event) => {
    expect(parse(JSON.parse(`[${JSON.stringify(aTrack({ event }))}]`)).events).toMatchObject([
      { lists: { name: event } },
    ])
  })

  test('the lists of an audiencelist call are those of its listData', () => {
    const event = aTrack({ type: 'audiencelist', properties: { listData: { add: [{ a: 1 }], remove: [{ b: 1 }] } } })
    expect(parse([event]).events).toMatchObject([{ lists: { add: [{ a: 1 }], remove: [{ b: 1 }] } }])
  })
})
