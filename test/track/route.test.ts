import { expect, test } from 'vitest'
import { matchRoute } from '../../lib/track/route.ts'

const PREFIXES = ['', '/prod', '/api/collect', '//']

test.each(['/v1/batch', '/v1/import', '/v1/import/', '/v1/b', '/b', '/batch', '/beacon/v1/batch', '/v1/batch///'])(
  'POST %s takes a batch, below any prefix',
  (path) => {
    for (const prefix of PREFIXES) expect(matchRoute('POST', prefix + path)).toEqual({ kind: 'batch' })
  },
)

test.each([
  ['/v1/track', 'track'],
  ['/v1/t', 'track'],
  ['/v1/i', 'identify'],
  ['/v1/p', 'page'],
  ['/v1/s', 'screen'],
  ['/v1/g', 'group'],
  ['/v1/a', 'alias'],
  ['/v1/identify/', 'identify'],
  ['/v1/merge', 'merge'],
  ['/v1/audiencelist', 'audiencelist'],
  ['/api/s/track', 'track'],
])('POST %s takes a single %s call, below any prefix', (path, type) => {
  for (const prefix of PREFIXES) expect(matchRoute('POST', prefix + path)).toEqual({ kind: 'single', type })
})

test('GET /v1/erasures lists erasures, and no other method does', () => {
  for (const prefix of PREFIXES) expect(matchRoute('GET', `${prefix}/v1/erasures/`)).toEqual({ kind: 'erasures' })
  for (const method of ['POST', 'DELETE', 'HEAD'])
    expect(matchRoute(method, '/v1/erasures')).toEqual({ kind: 'not_found', use: 'GET' })
})

test.each(['POST', 'PUT', 'PATCH'])('%s /v1/webhook takes a CDP’s webhook', (method) => {
  expect(matchRoute(method, '/prod/v1/webhook/')).toEqual({ kind: 'webhook' })
})

test.each(['/v1/m', '/rsaMetrics'])('POST %s takes an SDK’s own metrics, which are ignored', (path) => {
  expect(matchRoute('POST', path)).toEqual({ kind: 'ignored' })
})

test.each([
  ['/v1/projects/KEY/settings', 'KEY'],
  ['/projects/KEY/settings', 'KEY'],
  ['/sourceConfig/', ''],
])('GET %s answers what an SDK asks a control plane for', (path, writeKey) => {
  expect(matchRoute('GET', path)).toEqual({ kind: 'settings', writeKey })
})

test('every OPTIONS request is a preflight, whatever its path', () => {
  for (const path of ['/', '/v1/track', '/nothing']) expect(matchRoute('OPTIONS', path)).toEqual({ kind: 'preflight' })
})

test('GET /health answers', () => {
  expect(matchRoute('GET', '/prod/health')).toEqual({ kind: 'health' })
})

test.each([
  ['GET', '/v1'],
  ['PUT', '/v1/tracks'],
  ['POST', '/'],
  ['POST', ''],
  ['POST', '/v1/tracks'],
  ['POST', '/v1/xbatch'],
  ['POST', '/v1/batch/x'],
  ['POST', '/pixel/v1/track.gif'],
  ['POST', '/v1/__proto__'],
  ['POST', '/v1/constructor'],
])('%s %s is not found', (method, path) => {
  expect(matchRoute(method, path)).toEqual({ kind: 'not_found' })
})

test.each([
  ['/erase', '/v1/erase'],
  ['/prod/v1/Erase/', '/v1/erase'],
  ['/v1/delete', '/v1/erase'],
  ['/v1/suppress', '/v1/erase'],
  ['/unerase', '/v1/unerase'],
  ['/erased', '/v1/erased'],
])('POST %s is not found, and %s was probably meant', (path, meant) => {
  expect(matchRoute('POST', path)).toEqual({ kind: 'not_found', meant })
})

test.each([
  ['GET', '/v1/erase'],
  ['GET', '/v1/batch'],
  ['GET', '/v1/webhook'],
  ['PUT', '/v1/track/'],
  ['HEAD', '/prod/v1/track'],
  ['DELETE', '/v1/batch'],
])('%s %s is not found, and POST would be', (method, path) => {
  expect(matchRoute(method, path)).toEqual({ kind: 'not_found', use: 'POST' })
})
