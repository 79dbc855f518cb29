import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { explain } from '../../../../lib/cli/explain/explain.ts'
import { readBody } from '../../../../lib/emulator/http-body.ts'
import { listenOnLoopback } from '../../../../lib/emulator/loopback-server.ts'
import { curlCommand } from '../../../../lib/local/console/page/curl.ts'
import { exampleEvent } from '../../../../lib/local/console/page/example-event.ts'
import { mistakesIn } from '../../../../lib/local/console/page/mistakes.ts'
import { aDestination, settingsOf } from '../../../support/settings.ts'
import { AT, SCENES } from './scenes.ts'

const marked = (text: string) =>
  mistakesIn(
    text,
    explain(JSON.parse(text), settingsOf(), () => AT),
  ).map(({ line, tone, code }) => [line, tone, code])

test('each mistake of an event is marked at its line', () => {
  const text = `{
  "type": "track",
  "event": "USER_ADD",
  "messageId": "m",
  "timestamp": "2026-11-28T12:00:00Z",
  "properties": {
    "userListAdd": [
      { "EMAIL": "ann@example.com" },
      {
        "EMAIL": 5
      },
      { "EMAIL": "bob@example.com",
        "emial": "bob@example.com" }
    ]
  }
}`
  expect(marked(text)).toEqual([
    [9, 'waiting', 'no_usable_value'],
    [10, 'waiting', 'unusable_value'],
    [13, 'waiting', 'field_unknown'],
  ])
})

test('a user who is left out by two destinations is told for each of them', () => {
  const destinations = ['main', 'other'].map((name) => aDestination({ name }))
  const text = `{ "event": "USER_ADD", "messageId": "m", "timestamp": "2026-11-28T12:00:00Z",
    "properties": { "userListAdd": [{ "EMAIL": "ann@example.com" }, { "FN": "Ann" }] } }`
  const mistakes = mistakesIn(
    text,
    explain(JSON.parse(text), settingsOf({ destinations }), () => AT),
  )
  const told = mistakes.filter(({ line }) => line === 2).map(({ message }) => message.split(':')[0])
  expect(told).toEqual(['userListAdd[1] for main', 'userListAdd[1] for other'])
})

test('an event that nobody maps is marked at its name, in the batch that it stands in', () => {
  const text = `{ "batch": [
  { "type": "track", "event": "USER_ADD", "messageId": "m", "timestamp": "2026-11-28T12:00:00Z",
    "properties": { "userListAdd": [{ "EMAIL": "ann@example.com" }] } },
  { "type": "track",
    "event": "user_add" }
] }`
  expect(marked(text)).toEqual([[5, 'failed', 'event_unmapped']])
})

test('an event without its lists is marked where it begins', () =>
  expect(marked('\n\n{ "event": "USER_ADD", "messageId": "m", "timestamp": "2026-11-28T12:00:00Z" }')).toEqual([
    [3, 'failed', 'lists_missing'],
  ]))

test('the event to begin with leads to a request, and has no mistake', () => {
  const text = exampleEvent(SCENES.busy.settings, 'server', AT)
  const explanation = explain(JSON.parse(text), settingsOf(), () => AT)
  expect(explanation.requests).toHaveLength(1)
  expect(mistakesIn(text, explanation)).toEqual([])
})

test.each([
  ['{"event": "USER_ADD", "properties": {"userListAdd": [{"FN": "D\'Arcy $HOME `id` \\\\ \\""}]}}', '/v1/track'],
  ['[{"type": "track"}]\n', '/v1/webhook'],
  ['@/etc/passwd', '/v1/webhook'],
])('%s copied as curl arrives unchanged from a shell, with its key', async (text, path) => {
  const got: unknown[] = []
  const server = await listenOnLoopback(0, (request, response) => {
    void readBody(request, 1e6).then((body) => {
      got.push(request.url, request.headers.authorization, request.headers['content-type'], body?.toString())
      response.end()
    })
  })
  const command = curlCommand(`http://127.0.0.1:${server.port}`, "it's a key", text)
  await promisify(execFile)('sh', ['-c', command], { env: { PATH: process.env.PATH } })
  await server.close()
  const authorization = `Basic ${Buffer.from("it's a key:").toString('base64')}`
  expect(got).toEqual([path, authorization, 'application/json', text])
})
