import { expect, test } from 'vitest'
import { hashOf, parseRoute } from '../../../../lib/local/console/page/route.ts'

test.each([
  ['#/calls', { view: 'calls', filter: 'all' }],
  ['#/calls/12?show=failed', { view: 'calls', call: 12, filter: 'failed' }],
  ['#/calls/latest', { view: 'calls', call: 'latest', filter: 'all' }],
  ['#/audiences', { view: 'audiences', from: 0 }],
  ['#/audiences/23846440602800582?from=100', { view: 'audiences', audience: '23846440602800582', from: 100 }],
  ['#/dead-letters', { view: 'dead-letters' }],
  ['#/editor', { view: 'editor' }],
] as const)('%s leads to its part of the page, and that part has this address', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route)
  expect(hashOf(route)).toBe(hash)
})

test.each(['', '#', '#/nothing', '#/calls/x', '#/calls/-1', '#/calls?show=constructor', '#/%E0%A4%A'])(
  'an address that is none (%s) leads to all calls',
  (hash) => expect(parseRoute(hash)).toEqual({ view: 'calls', filter: 'all' }),
)

test.each(['-1', '1.5', 'x'])('a place in the list of members that is none (%s) is its beginning', (from) =>
  expect(parseRoute(`#/audiences/1?from=${from}`)).toEqual({ view: 'audiences', audience: '1', from: 0 }),
)
