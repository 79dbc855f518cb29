import { expect, test } from 'vitest'
import { WARNINGS } from '../../lib/track/warning.ts'
import { aTrack, anIngest, basic } from '../support/ingest.ts'

const track = (users: unknown[], event: object = {}) => [aTrack({ properties: { userListAdd: users }, ...event })]
const ANN = { EMAIL: 'ann@example.com' }

type Mistake = {
  mistake: string
  request: { method?: string; path?: string; headers?: Record<string, string>; body: unknown }
  /** Status, and a part of the body. */
  answer: [number, object]
  log: [level: string, code: string, fields: object]
}

const ignored = (entry: object) => ({ accepted: 0, ignored: [{ index: 0, ...entry }] })
const rejected = (entry: object) => ({ accepted: 0, rejected: [{ index: 0, ...entry }] })
const warned = (...entries: object[]) => ({ accepted: 1, warnings: entries.map((entry) => ({ index: 0, ...entry })) })
const matching = (part: RegExp) => expect.stringMatching(part) as string
const unauthorized = (part: RegExp) => ({ code: 'unauthorized', message: matching(part) })

/** Mistakes of a new user, with what the answer and the log say. */
const MISTAKES: Mistake[] = [
  {
    mistake: 'no key',
    request: { headers: {}, body: track([ANN]) },
    answer: [401, unauthorized(/invalid write key.*curl -u KEY:/)],
    log: ['warn', 'request_refused', { reason: 'key_missing' }],
  },
  {
    mistake: 'a wrong key',
    request: { headers: { Authorization: basic('kee') }, body: track([ANN]) },
    answer: [401, unauthorized(/invalid write key.*curl -u KEY:/)],
    log: ['warn', 'request_refused', { reason: 'key_unknown' }],
  },
  {
    mistake: 'no JSON',
    request: { body: 'event=USER_ADD' },
    answer: [400, { code: 'invalid_json', message: matching(/^the body is no JSON from line 1, column 1 on; .*json/) }],
    log: ['warn', 'request_refused', { reason: 'invalid_json' }],
  },
  {
    mistake: 'no body',
    request: { body: '' },
    answer: [400, { code: 'invalid_json', message: matching(/^the body is empty; /) }],
    log: ['warn', 'request_refused', { reason: 'invalid_json' }],
  },
  ...['GET', 'PUT'].map((method): Mistake => ({
    mistake: `${method} in place of POST`,
    request: { method, path: '/v1/track', body: track([ANN]) },
    answer: [404, { code: 'not_found', message: matching(/use POST/) }],
    log: ['warn', 'request_refused', { reason: 'not_found' }],
  })),
  {
    mistake: 'a wrong name for the batch',
    request: { body: { events: track([ANN]) } },
    answer: [200, { accepted: 0, rejected: [{ index: -1, code: 'no_events', keys: ['events'] }] }],
    log: ['warn', 'event_rejected', { index: -1, reason: 'no_events' }],
  },
  {
    mistake: 'a batch that is no array',
    request: { body: { batch: track([ANN])[0] } },
    answer: [200, { accepted: 0, rejected: [{ index: -1, code: 'no_events', keys: ['batch'] }] }],
    log: ['warn', 'event_rejected', { index: -1, reason: 'no_events' }],
  },
  {
    mistake: 'an empty event',
    request: { path: '/v1/track', body: {} },
    answer: [200, rejected({ code: 'event_name_missing', keys: [] })],
    log: ['warn', 'event_rejected', { index: 0, reason: 'event_name_missing' }],
  },
  {
    mistake: 'the event’s name in the wrong case',
    request: { body: track([ANN], { event: 'user_add' }) },
    answer: [200, ignored({ code: 'event_unmapped', event: 'user_add', mapped: ['USER_ADD'] })],
    log: ['info', 'events_ignored', { counts: { event_unmapped: 1 }, suggestion: 'USER_ADD' }],
  },
  {
    mistake: 'another event’s name',
    request: { body: track([ANN], { event: 'Order Completed' }) },
    answer: [200, ignored({ code: 'event_unmapped', event: 'Order Completed', mapped: ['USER_ADD'] })],
    log: ['info', 'events_ignored', { counts: { event_unmapped: 1 } }],
  },
  {
    mistake: 'the type in the wrong case',
    request: { body: track([ANN], { type: 'Track' }) },
    answer: [200, ignored({ code: 'call_type', type: 'Track', suggestion: 'track' })],
    log: ['info', 'events_ignored', { counts: { call_type: 1 }, suggestion: 'track' }],
  },
  {
    mistake: 'a misspelt list',
    request: { body: [aTrack({ properties: { userlistadd: [ANN] } })] },
    answer: [
      200,
      rejected({ code: 'lists_missing', keys: ['userlistadd'], field: 'userlistadd', suggestion: 'userListAdd' }),
    ],
    log: ['warn', 'event_rejected', { reason: 'lists_missing', field: 'userlistadd', suggestion: 'userListAdd' }],
  },
  ...(
    [
      ['userListRemove', 'userListDelete'],
      ['userListDelet', 'userListDelete'],
      ['user_list_delete', 'userListDelete'],
      ['userlistdelete', 'userListDelete'],
      ['session_ID_add', 'sessionIdAdd'],
    ] as const
  ).map(([field, suggestion]) => ({
    mistake: `${field} beside a right list`,
    request: { body: [aTrack({ properties: { userListAdd: [ANN], [field]: [{ EMAIL: 'bob@example.com' }] } })] },
    answer: [200, warned({ code: 'property_unknown', field, suggestion, count: 1 })] as [number, object],
    log: ['warn', 'events_warned', { reason: 'property_unknown', field, suggestion, count: 1 }] as Mistake['log'],
  })),
  {
    mistake: 'a list beside the properties',
    request: { body: track([ANN], { userListDelete: [{ EMAIL: 'bob@example.com' }] }) },
    answer: [
      200,
      warned({ code: 'property_unknown', field: 'userListDelete', suggestion: 'properties.userListDelete', count: 1 }),
    ],
    log: ['warn', 'events_warned', { reason: 'property_unknown', suggestion: 'properties.userListDelete', count: 1 }],
  },
  {
    mistake: 'lists beside the properties alone',
    request: { body: [{ type: 'track', event: 'USER_ADD', messageId: 'm-1', userListAdd: [ANN] }] },
    answer: [200, rejected({ code: 'lists_missing', keys: ['type', 'event', 'messageId', 'userListAdd'] })],
    log: ['warn', 'event_rejected', { reason: 'lists_missing', suggestion: 'properties.userListAdd' }],
  },
  ...[{ traits: { userListDelete: [ANN] } }, { context: { traits: { userListDelete: [ANN] } } }].map(
    (place): Mistake => {
      const field = `${'traits' in place ? 'traits' : 'context.traits'}.userListDelete`
      const suggestion = 'properties.userListDelete'
      return {
        mistake: `a list as ${field}`,
        request: { body: [{ type: 'track', event: 'USER_ADD', messageId: 'm-1', ...place }] },
        answer: [200, rejected({ code: 'lists_missing', field, suggestion })],
        log: ['warn', 'event_rejected', { reason: 'lists_missing', field, suggestion }],
      }
    },
  ),
  {
    mistake: 'a wrong path, with the right key',
    request: { path: '/v1/events', body: track([ANN]) },
    answer: [404, { code: 'not_found' }],
    log: ['warn', 'request_refused', { reason: 'not_found' }],
  },
  {
    mistake: 'a misspelt list beside an empty one',
    request: { body: [aTrack({ properties: { userListAdd: [], userListRemove: [ANN] } })] },
    answer: [200, rejected({ code: 'lists_missing', field: 'userListRemove', suggestion: 'userListDelete' })],
    log: ['warn', 'event_rejected', { reason: 'lists_missing', field: 'userListRemove' }],
  },
  {
    mistake: 'listData that is a list, beside a right one',
    request: { body: [aTrack({ properties: { userListAdd: [ANN], listData: [ANN] } })] },
    answer: [200, { accepted: 1, rejected: [{ index: 0, code: 'list_not_an_array', field: 'listData' }] }],
    log: ['warn', 'event_rejected', { reason: 'list_not_an_array' }],
  },
  {
    mistake: 'one user in place of a list',
    request: { body: [aTrack({ properties: { userListAdd: ANN } })] },
    answer: [200, rejected({ code: 'list_not_an_array', field: 'userListAdd' })],
    log: ['warn', 'event_rejected', { reason: 'list_not_an_array', field: 'userListAdd' }],
  },
  {
    mistake: 'lists as JSON text',
    request: { body: [aTrack({ properties: { userListAdd: '[]', listData: { remove: '[]' } } })] },
    answer: [200, rejected({ code: 'list_not_an_array', field: 'userListAdd, listData.remove' })],
    log: ['warn', 'event_rejected', { reason: 'list_not_an_array', field: 'userListAdd, listData.remove' }],
  },
  {
    mistake: 'addresses in place of users',
    request: { body: track(['ann@example.com']) },
    answer: [200, warned({ code: 'user_not_an_object', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'user_not_an_object', count: 1 }],
  },
  {
    mistake: 'a misspelt field',
    request: { body: track([{ ...ANN, first_name: 'Ann' }]) },
    answer: [200, warned({ code: 'field_unknown', field: 'first_name', suggestion: 'FN', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'field_unknown', field: 'first_name', suggestion: 'FN', count: 1 }],
  },
  {
    mistake: 'a field that looks like none',
    request: { body: track([{ ...ANN, plan: 'gold' }]) },
    answer: [200, warned({ code: 'field_unknown', field: 'plan', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'field_unknown', count: 1 }],
  },
  {
    mistake: 'a field of Meta’s that the schema lacks',
    request: { body: track([{ ...ANN, phone: '+491701234567' }]) },
    answer: [200, warned({ code: 'field_not_in_schema', field: 'PHONE', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'field_not_in_schema', field: 'PHONE', count: 1 }],
  },
  {
    mistake: 'the only field misspelt',
    request: { body: track([{ emial: 'ann@example.com' }]) },
    answer: [
      200,
      warned(
        { code: 'field_unknown', field: 'emial', suggestion: 'EMAIL', count: 1 },
        { code: 'cannot_match', count: 1 },
      ),
    ],
    log: ['warn', 'events_warned', { reason: 'cannot_match', count: 1 }],
  },
  {
    mistake: 'users with a first name alone',
    request: { body: track([{ FN: 'Ann' }]) },
    answer: [200, warned({ code: 'cannot_match', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'cannot_match', count: 1 }],
  },
  {
    mistake: 'a file in Latin-1',
    request: { body: Buffer.from(JSON.stringify(track([{ ...ANN, FN: 'J\xf6rg' }])), 'latin1') },
    answer: [200, warned({ code: 'invalid_encoding', field: 'FN', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'invalid_encoding', count: 1 }],
  },
  {
    mistake: 'no time',
    request: { body: track([ANN], { originalTimestamp: undefined, sentAt: undefined }) },
    answer: [200, warned({ code: 'time_unknown', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'time_unknown', count: 1 }],
  },
  {
    mistake: 'a time that cannot be read',
    request: { body: track([ANN], { originalTimestamp: '23.11.2026 12 Uhr' }) },
    answer: [200, warned({ code: 'time_unknown', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'time_unknown', count: 1 }],
  },
  {
    mistake: 'no messageId',
    request: { body: track([ANN], { messageId: undefined }) },
    answer: [200, warned({ code: 'message_id_missing', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'message_id_missing', count: 1 }],
  },
  {
    mistake: 'half a session',
    request: { body: [aTrack({ properties: { userListAdd: [ANN], sessionIdAdd: 5 } })] },
    answer: [200, warned({ code: 'session_incomplete', count: 1 })],
    log: ['warn', 'events_warned', { reason: 'session_incomplete', count: 1 }],
  },
]

test.each(MISTAKES)('$mistake: the answer says so, and the log does', async ({ request, answer, log }) => {
  const ingest = anIngest()
  const { status, body } = await ingest.send(request)
  expect([status, body]).toMatchObject(answer)
  const [level, code, fields] = log
  expect(ingest.logs).toContainEqual([level, code, expect.objectContaining(fields)])
  expect(JSON.stringify(ingest.logs)).not.toMatch(/ann@|gold|plan|Completed/)
})

test('every warning of an answer says what it means', async () => {
  const { body } = await anIngest().send({ body: track([{ emial: 'a', PHONE: '1' }, 'b'], { messageId: undefined }) })
  const warnings = body.warnings as { code: keyof typeof WARNINGS; message: string }[]
  expect(warnings).toHaveLength(5)
  for (const { code, message } of warnings) expect(message).toBe(WARNINGS[code])
})

test.each([...['lastDate', 'listDate', 'testData', 'userListId', 'lastMatch', 'last_watch', 'sessionIdOld']])(
  'an ordinary property such as %s is no mistake, whatever it looks like',
  async (name) => {
    const ingest = anIngest()
    const properties = { userListAdd: [ANN], [name]: 'v' }
    expect((await ingest.send({ body: [aTrack({ properties })] })).body).toEqual({ success: true, accepted: 1 })
  },
)

test('what is right is answered and logged without a word', async () => {
  const ingest = anIngest()
  expect((await ingest.send({ body: track([ANN, { EMAIL: 'b@example.com', fn: 'Bob' }]) })).body).toEqual({
    success: true,
    accepted: 1,
  })
  for (const body of [{ batch: [] }, []])
    expect((await ingest.send({ body })).body).toEqual({ success: true, accepted: 0 })
  expect(ingest.logs).toEqual([])
})
