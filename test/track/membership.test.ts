import { describe, expect, test } from 'vitest'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'
import { readCalls } from './read-calls.ts'

const MEMBERSHIPS = { events: {}, memberships: { high_value: AUDIENCE, lapsed: OTHER_AUDIENCE } }
const times = { messageId: 'm-1', originalTimestamp: '2026-11-23T12:00:00.000Z' }
const personas = (more: Record<string, unknown> = {}) => ({
  personas: { computation_class: 'audience', computation_key: 'high_value', computation_id: 'aud_1', ...more },
})

const read = (call: Record<string, unknown>, destination: Record<string, unknown> = MEMBERSHIPS) =>
  readCalls([{ ...times, ...call }], destination)
const said = (call: Record<string, unknown>) =>
  read(call).lists.map(({ name, direction, users }) => [name, direction, users])
const ANN = [{ EMAIL: 'ann@example.com' }]
const email = 'ann@example.com'

describe('an identify call', () => {
  test.each([
    ['true', 'traits of Segment', { traits: { email, high_value: true }, context: personas() }, 'add'],
    ['false', 'traits of Segment', { traits: { email, high_value: false }, context: personas() }, 'remove'],
    ['true', 'context.traits of RudderStack', { context: { traits: { email, high_value: true } } }, 'add'],
    ['"false" as text', 'traits', { traits: { email, high_value: 'false' } }, 'remove'],
  ])('with %s in %s tells a membership', (_, _where, call, direction) => {
    expect(said({ type: 'identify', ...call })).toEqual([['high_value', direction, ANN]])
  })

  test('of a journey, which carries no boolean, adds', () => {
    const context = personas({ computation_class: 'journey_step' })
    expect(said({ type: 'identify', traits: { email }, context })).toEqual([['high_value', 'add', ANN]])
  })

  test('may tell several', () => {
    const traits = { email, high_value: true, lapsed: false, plan: 'pro' }
    expect(said({ type: 'identify', traits })).toEqual([
      ['high_value', 'add', ANN],
      ['lapsed', 'remove', ANN],
    ])
  })

  test('that tells very many of one person is one entry of the queue for each direction, with the person once', () => {
    const keys = Array.from({ length: 300 }, (_, index) => `segment_${index}`)
    const memberships = Object.fromEntries(keys.map((key, index) => [key, String(23846440602800000n + BigInt(index))]))
    const traits = { email, ...Object.fromEntries(keys.map((key, index) => [key, index % 3 > 0])) }
    const { lists } = read({ type: 'identify', traits }, { events: {}, memberships })
    expect(lists.map(({ direction, users }) => [direction, users])).toEqual([
      ['add', ANN],
      ['remove', ANN],
    ])
    expect(lists.map(({ name, more = [] }) => [name, ...more])).toEqual([
      keys.filter((_, index) => index % 3 > 0),
      keys.filter((_, index) => index % 3 === 0),
    ])
  })

  test('that puts nobody in one audience and takes nobody out of another is rejected', () => {
    const { lists, rejected } = read({ type: 'identify', traits: { high_value: true, lapsed: false } })
    expect([lists, rejected.counts]).toEqual([[], { person_missing: 1 }])
  })

  test('whose traits say true in one place and false in the other takes the person out', () => {
    for (const [first, second] of [
      [true, false],
      [false, true],
    ]) {
      const call = { traits: { email, high_value: first }, context: { traits: { high_value: second } } }
      expect(said({ type: 'identify', ...call })).toEqual([['high_value', 'remove', ANN]])
    }
  })

  test('whose traits say true in one place and something unreadable in the other is rejected, whatever the place', () => {
    for (const [first, second, field] of [
      [true, 'no', 'context.traits.high_value'],
      ['no', true, 'traits.high_value'],
    ]) {
      const call = { traits: { email, high_value: first }, context: { traits: { high_value: second } } }
      const { lists, rejected } = read({ type: 'identify', ...call })
      expect([lists, rejected.named]).toMatchObject([[], [{ code: 'membership_value', field }]])
    }
    const call = { traits: { email, high_value: 'no' }, context: { traits: { high_value: false } } }
    expect(said({ type: 'identify', ...call })).toEqual([['high_value', 'remove', ANN]])
  })

  test('without a key that is mapped is ignored; the key that it is about is told', () => {
    expect(read({ type: 'identify', traits: { email, plan: 'pro' } }).ignored.named).toEqual([
      { index: 0, code: 'membership_unmapped', key: null },
    ])
    const context = personas({ computation_key: 'other' })
    expect(read({ type: 'identify', traits: { email, other: true }, context }).ignored.named).toEqual([
      { index: 0, code: 'membership_unmapped', key: 'other' },
    ])
  })

  test('is ignored by its type where there are no memberships', () => {
    expect(read({ type: 'identify', traits: { email } }, {}).ignored.named).toMatchObject([{ code: 'call_type' }])
  })

  test.each([1, 'yes', {}, []])('with %j in place of true or false is rejected', (value) => {
    const { lists, rejected } = read({ type: 'identify', traits: { email, high_value: value } })
    expect(lists).toEqual([])
    expect(rejected.named).toMatchObject([{ code: 'membership_value', field: 'traits.high_value' }])
  })

  test('that names nobody is rejected', () => {
    const { rejected } = read({ type: 'identify', userId: 'u-1', traits: { high_value: true } })
    expect(rejected.named).toMatchObject([{ code: 'person_missing', keys: ['traits.high_value'] }])
  })
})

describe('a track call', () => {
  const track = (event: string, more: Record<string, unknown>) => ({ type: 'track', event, ...more })

  test.each([
    [
      'Segment’s names',
      track('Audience Entered', { properties: { audience_key: 'high_value', high_value: true, email } }),
      'add',
    ],
    [
      'Segment’s names',
      track('Audience Exited', { properties: { audience_key: 'high_value', high_value: false, email } }),
      'remove',
    ],
    ['its names alone', track('Audience Exited', { properties: { high_value: false, email } }), 'remove'],
    [
      'its names, and no boolean',
      track('Audience Exited', { properties: { audience_key: 'high_value', email } }),
      'remove',
    ],
    ['context.personas', track('VIP', { properties: { high_value: true, email }, context: personas() }), 'add'],
    ['audience_key', track('VIP', { properties: { audience_key: 'high_value', high_value: false, email } }), 'remove'],
  ])('tells a membership by %s (%j)', (_, call, direction) => {
    expect(said(call)).toEqual([['high_value', direction, ANN]])
  })

  test('by which somebody exited takes the person out, whatever its value', () => {
    for (const high_value of [true, 'no', 3]) {
      const call = track('Audience Exited', { properties: { audience_key: 'high_value', high_value, email } })
      expect(said(call)).toEqual([['high_value', 'remove', ANN]])
    }
  })

  test('of a journey, which carries no boolean, adds', () => {
    const context = personas({ computation_class: 'journey_step' })
    expect(said(track('Entered step 2', { properties: { email }, context }))).toEqual([['high_value', 'add', ANN]])
  })

  test('of an audience without true or false is rejected: nobody knows what it means', () => {
    const { rejected } = read(track('VIP', { properties: { email }, context: personas() }))
    expect(rejected.named).toMatchObject([{ code: 'membership_value', field: 'properties.high_value' }])
  })

  test.each([
    ['Audience Entered', false],
    ['Audience Exited', true],
  ])('named %s removes with %s, which contradicts it: in doubt, the person is out', (event, value) => {
    expect(said(track(event, { properties: { high_value: value, email } }))).toEqual([['high_value', 'remove', ANN]])
  })

  test.each(['Audience Entered', 'Audience Exited'])(
    'named %s, without a key, says nothing of a key that is null',
    (event) => {
      const direction = event === 'Audience Entered' ? 'add' : 'remove'
      expect(said(track(event, { properties: { high_value: true, lapsed: null, email } }))).toEqual([
        ['high_value', direction, ANN],
      ])
      expect(read(track(event, { properties: { lapsed: null, email } })).ignored.named).toEqual([
        { index: 0, code: 'membership_unmapped', key: null },
      ])
    },
  )

  test('named Audience Exited, without a key, takes the person out of every audience whose key it has', () => {
    const [list] = read(track('Audience Exited', { properties: { high_value: false, lapsed: true, email } })).lists
    expect(list).toMatchObject({ name: 'high_value', more: ['lapsed'], direction: 'remove' })
  })

  test('that does not say so is none, whatever its properties', () => {
    const call = track('Order Completed', { properties: { high_value: true, email } })
    expect(read(call).ignored.named).toEqual([{ index: 0, code: 'event_unmapped', event: 'Order Completed' }])
  })

  test('about a key that nobody maps is ignored, and named', () => {
    const call = track('Audience Entered', { properties: { audience_key: 'High_Value', High_Value: true, email } })
    expect(read(call).ignored.named).toEqual([{ index: 0, code: 'membership_unmapped', key: 'High_Value' }])
  })

  test('counts for its event as well, where that is mapped', () => {
    const destination = { ...MEMBERSHIPS, events: { VIP: { audiences: '23846440602800599', action: 'add' } } }
    const call = track('VIP', { properties: { high_value: false, email }, context: personas() })
    expect(read(call, destination).lists.map(({ by, name, direction }) => [by, name, direction])).toEqual([
      ['membership', 'high_value', 'remove'],
      ['event', 'VIP', 'add'],
    ])
  })
})

describe('a removal is not lost', () => {
  const mapped = { userSchema: ['EMAIL'], memberships: { vip: AUDIENCE } }
  const traits = { email: 'ann@example.com' }
  const personas = { computation_class: 'audience', computation_key: 'vip_2024' }
  const directions = (call: object) => readCalls([{ traits, ...call }], mapped).lists.map((list) => list.direction)

  test.each(['Audience Exited', 'audience exited', 'AUDIENCE EXITED '])('by an event %j', (event) => {
    expect(directions({ event, properties: { vip: false } })).toEqual(['remove'])
  })

  test('where audience_key is mapped, and the computation’s key is not', () => {
    const properties = { audience_key: 'vip', vip: false }
    expect(directions({ event: 'Any', properties, context: { personas } })).toEqual(['remove'])
  })

  test('where a call names two mapped keys, and is false for one of them', () => {
    const both = { userSchema: ['EMAIL'], memberships: { vip: AUDIENCE, vip_2024: OTHER_AUDIENCE } }
    const properties = { audience_key: 'vip', vip: false, vip_2024: true }
    const { lists } = readCalls([{ traits, event: 'Any', properties, context: { personas } }], both)
    expect(lists.map(({ name, direction }) => [name, direction])).toEqual([
      ['vip_2024', 'add'],
      ['vip', 'remove'],
    ])
  })

  test('without a word, where an audience’s mapped key has no value', () => {
    const context = { personas: { ...personas, computation_key: 'vip' } }
    const { rejected, ignored } = readCalls([{ type: 'identify', traits, context }], mapped)
    expect(rejected.named).toMatchObject([{ code: 'membership_value', field: 'traits.vip' }])
    expect(ignored.named).toEqual([])
  })
})
