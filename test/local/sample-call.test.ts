import { expect, test } from 'vitest'
import { explain } from '../../lib/cli/explain/explain.ts'
import { quoted, sampleCurl } from '../../lib/local/sample-curl.ts'
import { sampleCall } from '../../lib/local/sample-call.ts'
import { AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const person = { EMAIL: 1, PHONE: 1, FN: 1, DOBY: 1, DOBM: 1, DOBD: 1, COUNTRY: 1, EXTERN_ID: 1, MADID: 1 }
const userSchema = Object.keys(person)
const userFields = { EXTERN_ID: ['properties.customers[0].id'] }

test.each([
  ['an event with lists', { userSchema }],
  ['an event with lists and hashes', { userSchema: ['EMAIL', 'FN'], isHashRequired: false }],
  ['an event about a person', { userSchema, userFields, events: { Buy: { audiences: AUDIENCE, action: 'add' } } }],
  ['a membership', { userSchema, userFields, events: undefined, memberships: { vip: AUDIENCE } }],
  ['a record', { userSchema, events: undefined, sourceAudience: { server: AUDIENCE } }],
  ['an event that asks for consent', { userSchema, consent: { categories: ['ads', 'analytics'] } }],
  ['a trial run', { userSchema, dryRun: true }],
])('%s is made up so that all columns of its people are sent', (_, destination) => {
  const settings = settingsOf({ destinations: [aDestination(destination)] })
  for (const count of [1, 3]) {
    const call = sampleCall(settings, 'add', { first: 0, count })
    const { requests, dropped, rejected } = explain(call?.body, settings, Date.now, call?.source)
    expect({ dropped, rejected }).toEqual({ dropped: [], rejected: [] })
    const rows = requests.flatMap(({ body }) => body.payload.data)
    expect(rows).toHaveLength(count)
    expect(rows.flat()).not.toContain('')
    expect(requests[0]?.audienceId).toBe(AUDIENCE)
  }
})

test.each([
  ['an event with lists', { userSchema }, {}],
  ['an event about a person', { userSchema, userFields, events: { Buy: { audiences: AUDIENCE, action: 'add' } } }, {}],
  ['a membership', { userSchema, userFields, events: undefined, memberships: { vip: AUDIENCE } }, {}],
  ['a record', { userSchema, events: undefined, sourceAudience: { server: AUDIENCE } }, {}],
  ['an event of a page', { userSchema, sources: ['server'] }, { allowedOrigins: ['https://shop.example'] }],
])('%s that says which it is and when it was sent is taken without a warning', (_, destination, source) => {
  const sources = [{ name: 'server', ...source }]
  const settings = settingsOf({ sources, destinations: [aDestination(destination)] })
  for (const count of [1, 3]) {
    const call = sampleCall(settings, 'add', { first: 0, count, sending: { id: 'sample', at: Date.UTC(2026, 10, 28) } })
    const { warnings, time } = explain(call?.body, settings, () => Date.UTC(2026, 10, 28, 1), call?.source)
    expect(warnings).toEqual([])
    expect(time?.from).not.toBe('received')
  }
})

test('people who were added are the same when they are removed, where a call of the settings removes', () => {
  const settings = settingsOf()
  const rowsOf = (direction: 'add' | 'remove') => {
    const call = sampleCall(settings, direction, { first: 7, count: 2 })
    return explain(call?.body, settings, Date.now, call?.source).requests.map(({ method, body }) => [
      method,
      body.payload.data,
    ])
  }
  const [[, added] = []] = rowsOf('add')
  expect(rowsOf('remove')).toEqual([['DELETE', added]])
  const events = { Buy: { audiences: AUDIENCE, action: 'add' } }
  const onlyAdds = settingsOf({ destinations: [aDestination({ events })] })
  expect(sampleCall(onlyAdds, 'remove', { first: 0, count: 1 })).toBeUndefined()
})

test('the curl has the origin of a public source and the signature of a signed one, and every text is quoted', () => {
  const curlOf = (source: object) => {
    const settings = settingsOf({
      sources: [{ name: 'web', ...source }],
      destinations: [aDestination({ sources: ['web'], events: { "Ann's order": AUDIENCE } })],
    })
    const keyOf = (name: string) => ({ source: name, writeKeys: ['k'], signingSecret: 's' })
    return sampleCurl(settings, { url: 'http://u', graphUrl: 'http://g', hasEmulator: false, keyOf })
  }
  const curl = curlOf({ allowedOrigins: ['https://shop.example'] })
  expect(curl?.send).toMatch(/^curl -w '\\n' -u k: -H 'Origin: https:\/\/shop.example' http:\/\/u\/v1\/track -d /)
  expect(curlOf({ signed: true })?.send).toMatch(/ -H 'x-signature: [0-9a-f]{40}' /)
  expect(curl?.send).toContain("Ann'\\''s order")
  expect(curl?.show).toBeUndefined()
  expect(quoted("a'b $c")).toBe("'a'\\''b $c'")
})
