import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AUDIENCE, settingsOf } from '../graph-api/builders.ts'
import { explain } from '../../lib/cli/explain.ts'
import type { Explanation } from '../../lib/cli/explain.ts'
import { SEED_EXAMPLE } from '../support/seed-example.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The command as it is typed, with this on its standard input. */
function cli(args: readonly string[], input: unknown = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/cli/main.ts', ...args], {
    input: typeof input === 'string' ? input : JSON.stringify(input),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function explained(input: unknown): Explanation & { status: number | null } {
  const { status, stdout } = cli(['explain', '-', '--json'], input)
  return { ...(JSON.parse(stdout) as Explanation), status }
}

const track = (properties: object) => ({ type: 'track', event: 'USER_ADD', messageId: 'm', properties })

describe('explain', () => {
  test("shows the requests of the product's own example: a session for each direction, in order, hashed", () => {
    const { requests, dropped, warnings, error, status } = explained(SEED_EXAMPLE)
    expect([status, error, dropped, warnings]).toEqual([0, null, [], []])
    const rows = (...names: string[]) => names.map((name) => [sha256(`${name}@abc.com`), sha256(name)])
    const common = { destination: 'main', audienceId: AUDIENCE, path: `/v26.0/${AUDIENCE}/users` }
    const schema = ['EMAIL', 'FN']
    expect(requests).toEqual([
      {
        ...{ ...common, method: 'POST' },
        body: {
          payload: { schema, data: rows('name1', 'name2') },
          session: { session_id: 123, batch_seq: 10, last_batch_flag: true },
        },
      },
      {
        ...{ ...common, method: 'DELETE' },
        body: {
          payload: { schema, data: rows('name3', 'name4') },
          session: { session_id: 456, batch_seq: 10, last_batch_flag: true },
        },
      },
    ])
  })

  test('shows of every value what was given, what it became, and what is sent', () => {
    const { users } = explained(track({ userListAdd: [{ email: ' Ann@Example.COM ', FN: 'Ann' }] }))
    expect(users).toEqual([
      {
        ...{ destination: 'main', list: 'userListAdd', index: 0 },
        fields: [
          {
            ...{ field: 'EMAIL', given: ' Ann@Example.COM ', normalised: 'ann@example.com' },
            sent: sha256('ann@example.com'),
          },
          { field: 'FN', given: 'Ann', normalised: 'ann', sent: sha256('ann') },
        ],
      },
    ])
  })

  test('says of whom and of what is left out why', () => {
    const userListAdd = [null, {}, { EMAIL: 'no e-mail', FN: 'a' }, { EMAIL: 'b@x.com' }, { EMAIL: 'b@x.com' }]
    const { dropped } = explained(
      track({ userListAdd: [...userListAdd, { EMAIL: 'c@x.com' }], userListDelete: [{ EMAIL: 'c@x.com' }] }),
    )
    const place = { destination: 'main', list: 'userListAdd' }
    expect(dropped).toEqual([
      { ...place, index: 0, reason: 'not_an_object' },
      { ...place, index: 1, reason: 'no_usable_value' },
      { ...place, index: 2, field: 'EMAIL', reason: 'unusable_value' },
      { ...place, index: 3, reason: 'repeated' },
      { ...place, index: 5, reason: 'removed_as_well' },
    ])
  })

  test("takes the README's own event, which needs no type because its route has one", () => {
    const [, body = ''] = /\/v1\/track -d '(\{[\s\S]*?\n\})'/.exec(readFileSync('README.md', 'utf8')) ?? []
    const { requests, error, status } = explained(body)
    expect([status, error]).toEqual([0, null])
    expect(requests.map(({ method }) => method)).toEqual(['DELETE', 'POST'])
  })

  test.each([
    [{ type: 'identify', userId: '1' }, 'not_a_track_event'],
    [{ ...SEED_EXAMPLE, event: 'OTHER' }, 'event_unmapped'],
    [{ ...SEED_EXAMPLE, event: '' }, 'event_name_missing'],
    [track({}), 'lists_missing'],
    [track({ userListAdd: [] }), 'lists_empty'],
  ])('ends with 1 for an event that cannot be used, with the code of the answer', (event, code) => {
    const { requests, error, status } = explained(event)
    expect([status, error?.code, requests]).toEqual([1, code, []])
  })

  test('warns of an event of a batch that nobody maps, and shows the others', () => {
    const { requests, warnings, error, status } = explained({
      batch: [SEED_EXAMPLE, { ...SEED_EXAMPLE, event: 'OTHER' }],
    })
    expect([status, error, warnings.map(({ code }) => code)]).toEqual([0, null, ['event_unmapped']])
    expect(requests).toHaveLength(2)
  })

  test('warns of what is sent otherwise than asked for', () => {
    const users = { userListAdd: [{ EMAIL: 'a@x.com' }] }
    const { warnings, requests } = explained({ ...track({ ...users, sessionIdAdd: 1 }), messageId: undefined })
    expect(warnings.map(({ code }) => code)).toEqual(['session_incomplete', 'message_id_missing'])
    expect(requests[0]?.body).not.toHaveProperty('session')
  })

  test('prints for people each value, what it becomes, and what is left out', () => {
    const { status, stdout } = cli(['explain', '-'], track({ userListAdd: [{ EMAIL: 'a@x.com' }, {}] }))
    expect(status).toBe(0)
    for (const part of ['userListAdd[0]', 'a@x.com', sha256('a@x.com').slice(0, 20), 'no_usable_value', 'POST /v26.0/'])
      expect(stdout).toContain(part)
  })

  test('splits a session that is longer than a batch as ingest does, numbered on', () => {
    const settings = settingsOf({ name: 'main', maxUserCount: 2 })
    const userListAdd = ['a', 'b', 'c'].map((name) => ({ EMAIL: `${name}@x.com` }))
    const session = { sessionIdAdd: 7, batchSequence: 1, lastBatchFlag: true }
    const { requests } = explain(track({ ...session, userListAdd }), settings, Date.now)
    expect(requests.map(({ body }) => [body.session?.batch_seq, body.session?.last_batch_flag])).toEqual([
      [1, false],
      [2, true],
    ])
  })

  test.each([
    [[], '', /Name a command/],
    [['explode', 'x'], '', /"explode" is no command/],
    [['explain'], '', /takes one file/],
    [['explain', 'nowhere.json'], '', /nowhere\.json cannot be read/],
    [['explain', '-'], '{', /standard input is not JSON/],
    [['explain', '-', '--jsno'], '{}', /jsno/],
    [
      ['explain', '-', '--destinations', 'package.json'],
      '{}',
      /package\.json cannot be used:\n {2}sources: is missing/,
    ],
  ])('ends with 2 for wrong usage %j, and says what is wrong', (args, input, message) => {
    const { status, stdout, stderr } = cli(args, input)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})
