import { describe, expect, test } from 'vitest'
import { packMessages } from '../../lib/track/message.ts'
import { MOST_PEOPLE_BYTES } from '../../lib/track/people-bytes.ts'
import { NOON } from '../support/ingest.ts'
import { AUDIENCE } from '../support/settings.ts'
import { readCalls } from './read-calls.ts'

/** As many destinations, each of which looks for people in another place. */
const shops = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ name: `shop-${index}`, userSchema: ['EMAIL', 'FN', 'LN', 'CT'] },
    events: { O: { audiences: String(23846440602800582n + BigInt(index)), action: 'add' } },
    userFields: { EMAIL: [`properties.shop${index}.email`] },
  }))

describe('the limit of a request counts', () => {
  test.each([
    ['letters', 'x'],
    ['quotes', '"'],
    ['characters that SQS refuses', '\uFFFF'],
    ['emoji', '😀'],
  ])('the bytes that values of %s take in the queue', (_, character) => {
    const value = character.repeat(500)
    const call = { event: 'O', traits: { email: 'a', firstName: value, lastName: value, address: { city: value } } }
    // About as many calls as are just taken.
    let [taken, refused] = [0, 2_000]
    while (refused - taken > 20) {
      const half = Math.floor((taken + refused) / 2)
      if (readCalls(new Array(half).fill(call), ...shops(10)).tooManyPeople) refused = half
      else taken = half
    }
    const { lists } = readCalls(new Array(taken).fill(call), ...shops(10))
    const { track } = packMessages('server', NOON, lists)
    const bytes = track.reduce((sum, message) => sum + message.bytes, 0)
    expect(bytes).toBeLessThan(MOST_PEOPLE_BYTES)
    expect(bytes).toBeGreaterThan(0.8 * MOST_PEOPLE_BYTES)
  })

  test('long message ids, which every entry has', () => {
    const calls = new Array(2_000).fill({ event: 'O', messageId: '中'.repeat(250), traits: { email: 'a' } })
    expect(readCalls(calls, ...shops(10)).tooManyPeople).toBe(true)
  })

  test('calls that name nobody, once for each place where somebody is looked for', () => {
    const calls = new Array(10_000).fill({ event: 'O' })
    expect(readCalls(calls, ...shops(2))).toMatchObject({
      tooManyPeople: false,
      rejected: { counts: { person_missing: 10_000 } },
    })
    expect(readCalls(calls, ...shops(10)).tooManyPeople).toBe(true)
  })
  test.each([
    ['track calls', { event: 'O' }],
    ['calls without an event', {}],
    ['identify calls, which lead to nothing here', { type: 'identify' }],
  ])('denials of nobody by %s, once for each place where somebody is looked for', (_, call) => {
    const context = { consent: { categoryPreferences: { advertising: false } } }
    const consent = { categories: ['advertising'], onDenial: 'remove' }
    const removing = shops(10).map((shop) => ({ ...shop, events: { OTHER: AUDIENCE }, consent }))
    const denials = (count: number) => readCalls(new Array(count).fill({ ...call, context }), ...removing)
    expect(denials(5_000).tooManyPeople).toBe(false)
    expect(denials(10_000).tooManyPeople).toBe(true)
  })
})
