import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AUDIENCE, NOON, OTHER_AUDIENCE, settingsOf } from '../../graph-api/builders.ts'
import { explain } from '../../../lib/cli/explain/explain.ts'
import type { Explanation } from '../../../lib/cli/explain/explain.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { aDestination, settingsOf as repositorySettings } from '../../support/settings.ts'
import { SEED_EXAMPLE } from '../../support/seed-example.ts'
import { cli, cliProcess } from '../typed.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

async function explained(input: unknown): Promise<Explanation & { status: number | null }> {
  const { status, stdout } = await cli(['explain', '-', '--json'], input)
  return { ...(JSON.parse(stdout) as Explanation), status }
}

/** What it shows of it with the repository's own settings. */
function explanationOf(input: unknown): Explanation {
  return explain(JSON.parse(JSON.stringify(input)), repositorySettings(), Date.now)
}

function settingsFile(...destinations: Record<string, unknown>[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'explain-')), 'destinations.json')
  writeFileSync(path, JSON.stringify({ sources: [{ name: 'server' }], destinations: destinations.map(aDestination) }))
  return path
}

const track = (properties: object) => ({ type: 'track', event: 'USER_ADD', messageId: 'm', properties })

describe('explain', () => {
  test("shows the requests of the product's own example: a session for each direction, in order, hashed", async () => {
    const { requests, dropped, warnings, error, status } = await explained(SEED_EXAMPLE)
    expect([status, error, dropped]).toEqual([0, null, []])
    expect(warnings).toMatchObject([{ code: 'time_unknown' }])
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
    const { users } = explanationOf(track({ userListAdd: [{ email: ' Ann@Example.COM ', FN: 'Ann' }] }))
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
    const { dropped } = explanationOf(
      track({ userListAdd: [...userListAdd, { EMAIL: 'c@x.com' }], userListDelete: [{ EMAIL: 'c@x.com' }] }),
    )
    const place = { destination: 'main', list: 'userListAdd' }
    expect(dropped.every(({ message }) => message.length > 20)).toBe(true)
    expect(dropped.map(({ message: _, ...each }) => each)).toEqual([
      { ...place, index: 0, reason: 'not_an_object' },
      { ...place, index: 1, reason: 'no_usable_value' },
      { ...place, index: 2, field: 'EMAIL', reason: 'unusable_value' },
      { ...place, index: 2, reason: 'cannot_match' },
      { ...place, index: 3, reason: 'repeated' },
      { ...place, index: 5, reason: 'removed_as_well' },
    ])
  })

  test("takes the README's own event, which needs no type because its route has one", async () => {
    const [, body = ''] = /\/v1\/track -d '(\{[\s\S]*?\n\})'/.exec(readFileSync('README.md', 'utf8')) ?? []
    const { requests, error, status } = await explained(body)
    expect([status, error]).toEqual([0, null])
    expect(requests.map(({ method }) => method)).toEqual(['DELETE', 'POST'])
  })

  test.each([
    [{ type: 'identify', userId: '1' }, 'call_type'],
    [{ ...SEED_EXAMPLE, event: 'OTHER' }, 'event_unmapped'],
    [{ ...SEED_EXAMPLE, event: '' }, 'event_name_missing'],
    [track({}), 'lists_missing'],
    [track({ userListAdd: [] }), 'lists_empty'],
  ])('ends with 1 for an event that cannot be used, with the code of the answer', async (event, code) => {
    const { requests, error, status } = await explained(event)
    expect([status, error?.code, requests]).toEqual([1, code, []])
  })

  test('shows an event of a batch that nobody maps, with the names that are mapped, and what the others send', async () => {
    const { requests, ignored, error, status } = await explained({
      batch: [SEED_EXAMPLE, { ...SEED_EXAMPLE, event: 'user_add' }],
    })
    expect([status, error]).toEqual([0, null])
    expect(ignored).toMatchObject([{ index: 1, code: 'event_unmapped', event: 'user_add', mapped: ['USER_ADD'] }])
    expect(requests).toHaveLength(2)
  })

  test('sends each event of a batch to its own audiences, and one that several feed the last word of all', () => {
    const SHARED = '23848672402580583'
    const settings = settingsOf({ events: { JOIN: [AUDIENCE, SHARED], LEAVE: [OTHER_AUDIENCE, SHARED] } })
    const event = (name: string, properties: object) => ({ ...track(properties), event: name, messageId: name })
    const [ann, ben] = [{ EMAIL: 'ann@example.com' }, { EMAIL: 'ben@example.com' }]
    const batch = [event('JOIN', { userListAdd: [ann, ben] }), event('LEAVE', { userListDelete: [ann] })]
    const { requests, dropped } = explain({ batch }, settings, () => NOON)
    const users = requests.map(({ method, audienceId, body }) => [method, audienceId, body.payload.data.length])
    expect(users).toEqual([
      ['DELETE', SHARED, 1],
      ['DELETE', OTHER_AUDIENCE, 1],
      ['POST', AUDIENCE, 2],
      ['POST', SHARED, 1],
    ])
    expect(dropped).toMatchObject([{ list: 'userListAdd', index: 0, reason: 'removed_as_well' }])
  })

  test('ends with 1 when nothing would be sent, although the event can be used', async () => {
    const { requests, error, status } = await explained(track({ userListAdd: [{ FN: 'Ann' }] }))
    expect([status, error, requests]).toEqual([1, null, []])
  })

  test('says when the event happened, and which of its times says so', () => {
    const users = { userListAdd: [{ EMAIL: 'a@x.com' }] }
    const time = { value: '2026-01-02T03:04:05.000Z', from: 'originalTimestamp' }
    expect(explanationOf({ ...track(users), originalTimestamp: time.value }).time).toEqual(time)
    const unknown = explanationOf(track(users))
    expect(unknown.time?.from).toBe('received')
    expect(unknown.warnings).toMatchObject([{ code: 'time_unknown' }])
    expect(explanationOf({ type: 'identify' }).time).toBeNull()
  })

  test('says of a phone without country, a value that is not UTF-8 and a misspelt field, and prints it in sentences', async () => {
    const path = settingsFile({ userSchema: ['PHONE', 'FN'] })
    const event = track({ userListAdd: [{ PHONE: '0171 1234567', FN: 'J\uFFFDrg', emial: 'x' }] })
    const shown = await cli(['explain', '-', '--destinations', path, '--json'], event)
    const { dropped, warnings } = JSON.parse(shown.stdout) as Explanation
    const place = { destination: 'main', list: 'userListAdd', index: 0 }
    expect(dropped).toMatchObject([{ ...place, field: 'FN', reason: 'invalid_encoding' }])
    expect(warnings.map(({ code }) => code)).toEqual([
      'time_unknown',
      'field_unknown',
      'invalid_encoding',
      'phone_without_country',
    ])
    const { stdout } = await cli(['explain', '-', '--destinations', path], event)
    for (const part of [
      'It is "emial", in 1 of the users. Did you mean EMAIL?',
      'no time that can be read',
      'phone_without_country',
    ])
      expect(stdout).toContain(part)
  })

  test('warns of what is sent otherwise than asked for', () => {
    const users = { userListAdd: [{ EMAIL: 'a@x.com' }] }
    const { warnings, requests } = explanationOf({ ...track({ ...users, sessionIdAdd: 1 }), messageId: undefined })
    expect(warnings.map(({ code }) => code)).toEqual(['time_unknown', 'message_id_missing', 'session_incomplete'])
    expect(requests[0]?.body).not.toHaveProperty('session')
  })

  test('prints for people each value, what it becomes, and what is left out', async () => {
    const { status, stdout } = await cli(['explain', '-'], track({ userListAdd: [{ EMAIL: 'a@x.com' }, {}] }))
    expect(status).toBe(0)
    for (const part of ['userListAdd[0]', 'a@x.com', sha256('a@x.com').slice(0, 20), 'no_usable_value', 'POST /v26.0/'])
      expect(stdout).toContain(part)
  })

  test('writes for programs each value whole, between tabs, with its user and its destination, or why it is not sent', async () => {
    const event = track({ userListAdd: [{ EMAIL: 'Ann@X.com', FN: 'J\uFFFDrg' }] })
    const rows = (await cli(['explain', '-'], event)).stdout.split('\n').map((line) => line.split('\t'))
    expect(rows).toContainEqual(['userListAdd[0]', 'main', 'EMAIL', 'Ann@X.com', 'ann@x.com', sha256('ann@x.com')])
    expect(rows).toContainEqual(['userListAdd[0]', 'main', 'FN', 'J\uFFFDrg', '', 'invalid_encoding'])
  })

  testInTerminal('shows in 80 columns what is given, normalised and sent, and what is left out', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'explain-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const event = join(directory, 'event.json')
    const long = `${'ann.'.repeat(12)}x@example.com`
    const userListAdd = [
      { EMAIL: long, FN: 'Ann' },
      { EMAIL: 'b@x.com', FN: 'J\uFFFD\x1b[31mrg' },
      { EMAIL: long, FN: 'Ann' },
    ]
    writeFileSync(event, JSON.stringify(track({ userListAdd })))
    const { status, text, raw } = await (await inTerminal(['explain', event])).ended()
    expect(status).toBe(0)
    expect(text).toMatch(/^field +given +normalised +sent$/m)
    expect(text).toMatch(new RegExp(`^FN +Ann +ann +${sha256('ann').slice(0, 12)}…$`, 'm'))
    expect(text).toMatch(/^EMAIL +ann\.ann\.\S*…\S+ +\S+…\S+ +[0-9a-f]{12}…$/m)
    expect(text).toMatch(/^FN .* invalid_encoding$/m)
    expect(text).toContain('userListAdd[0] for destination main is left out: repeated')
    expect(raw).not.toContain('\x1b[31mrg')
    expect(raw).toContain('\x1b[33mWarning: ')
    for (const line of text.split(/[\r\n]+/)) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('says in words why something is left out, each reason once, and how many more there are', async () => {
    const md5 = { EMAIL: '5d41402abc4b2a76b9719d911017c592', FN: 'Ann' }
    const { stdout } = await cli(['explain', '-'], track({ userListAdd: Array.from({ length: 15 }, () => md5) }))
    expect(stdout).toContain('  … and 10 more\n')
    expect(stdout.match(/A hash must be SHA-256 \(64 hex digits\)/g)).toHaveLength(1)
    expect(stdout.match(/ {2}cannot_match: /g)).toHaveLength(1)
  })

  test('says how many warnings are not shown', async () => {
    const events = Array.from({ length: 60 }, () => ({ ...track({ userListAdd: [{ EMAIL: 'a@x.com' }] }) }))
    expect(explanationOf(events).more).toEqual({ rejected: 0, ignored: 0, warnings: 40 })
    expect((await cli(['explain', '-'], events)).stdout).toContain('… and 40 more warnings\n')
  })

  test('says of a rejected event of several which it is, and of a type in capitals what was meant', async () => {
    const good = track({ userListAdd: [{ EMAIL: 'a@x.com' }] })
    const events = [good, track({ userlistadd: [] }), { ...good, type: 'Track' }]
    const { rejected, ignored } = explanationOf(events)
    expect(rejected).toMatchObject([{ index: 1, code: 'lists_missing', suggestion: 'userListAdd' }])
    expect(ignored).toMatchObject([{ index: 2, code: 'call_type', suggestion: 'track' }])
    const { stdout } = await cli(['explain', '-'], events)
    expect(stdout).toMatch(/Event 1 is rejected: lists_missing\n.*\n.*"userlistadd"\. Did you mean userListAdd\?/)
    expect(stdout).toContain('Nothing follows from the call type "Track". Did you mean track?')
  })

  test('says of a session that does not begin with this event what becomes of it', async () => {
    const hint = 'A session begins with batchSequence 1'
    expect((await cli(['explain', '-'], SEED_EXAMPLE)).stdout).toContain(hint)
    const first = { ...SEED_EXAMPLE, properties: { ...SEED_EXAMPLE.properties, batchSequence: 1 } }
    expect((await cli(['explain', '-'], first)).stdout).not.toContain(hint)
  })

  test('shows the requests that a trial run would send, and says that they are not sent', async () => {
    const real = { name: 'real', events: { USER_ADD: OTHER_AUDIENCE } }
    const path = settingsFile({ name: 'trial', dryRun: true }, real)
    const event = track({ userListAdd: [{ EMAIL: 'a@x.com' }], userListDelete: [{ EMAIL: 'b@x.com' }] })
    const { status, stdout } = await cli(['explain', '-', '--json', '--destinations', path], event)
    expect(status).toBe(0)
    const { requests, warnings } = JSON.parse(stdout) as Explanation
    expect(requests.map(({ destination, method, dryRun }) => [destination, method, dryRun])).toEqual([
      ['trial', 'DELETE', true],
      ['trial', 'POST', true],
      ['real', 'DELETE', undefined],
      ['real', 'POST', undefined],
    ])
    const message = 'Destination "trial" has a trial run (dryRun), so its requests are counted and not sent.'
    expect(warnings.filter(({ code }) => code === 'dry_run')).toEqual([
      { code: 'dry_run', destination: 'trial', message },
    ])
    const table = (await cli(['explain', '-', '--destinations', path], event)).stdout
    expect(table).toContain(message)
    expect(table.match(/^(?:POST|DELETE) .*/gm)).toEqual([
      `DELETE /v26.0/${AUDIENCE}/users (trial run: not sent)`,
      `POST /v26.0/${AUDIENCE}/users (trial run: not sent)`,
      `DELETE /v26.0/${OTHER_AUDIENCE}/users`,
      `POST /v26.0/${OTHER_AUDIENCE}/users`,
    ])
  })

  test('says nothing of a trial run that gets nothing of the event', () => {
    const settings = settingsOf({ name: 'trial', dryRun: true, events: { OTHER: OTHER_AUDIENCE } }, { name: 'real' })
    const { warnings, requests } = explain(track({ userListAdd: [{ EMAIL: 'a@x.com' }] }), settings, Date.now)
    expect(requests).toHaveLength(1)
    expect(warnings.map(({ code }) => code)).not.toContain('dry_run')
  })

  test('reads a file with a byte order mark', async () => {
    const { status } = await cli(
      ['explain', '-'],
      `\uFEFF${JSON.stringify(track({ userListAdd: [{ EMAIL: 'a@x.com' }] }))}`,
    )
    expect(status).toBe(0)
  })

  test('warns of settings that match nobody, beside the explanation and not in it', async () => {
    const path = settingsFile({ userSchema: ['FN'] })
    const { stdout, stderr } = await cli(
      ['explain', '-', '--json', '--destinations', path],
      track({ userListAdd: [{}] }),
    )
    expect(JSON.parse(stdout)).toHaveProperty('requests', [])
    expect(stderr).toMatch(/destinations\.0\.userSchema: holds only FN, which thousands of people share/)
  })

  test.each([
    ['what it shows, with a warning and the exit status', ['explain', '-', '--json'], 1],
    ['wrong usage', ['explain', '-', '--jsno'], 2],
  ])('as a process of its own writes %s', async (_, args, expected) => {
    const path = settingsFile({ userSchema: ['FN'] })
    const event = { ...track({ userListAdd: [{}] }), originalTimestamp: '2026-01-02T03:04:05.000Z' }
    const typed = cliProcess(args, event, { destinations: path })
    expect(typed.status).toBe(expected)
    expect(typed.stderr).not.toBe('')
    expect(typed).toEqual(await cli(args, event, { destinations: path }))
  })

  test('refuses a version of the Graph API that has ended, as the stack does', async () => {
    const { status, stdout, stderr } = await cli(
      ['explain', '-', '--destinations', settingsFile({ apiVersion: 'v20.0' })],
      {},
    )
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('destinations.0.apiVersion: v20.0 ended 2025-05-06; leave it out, or set a newer one')
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
    [['explode', 'x'], '', /unknown command 'explode'/],
    [['explain'], '', /missing required argument 'event.json'/],
    [['explain', '-', '--jsno'], '{}', /unknown option '--jsno'\n\(Did you mean --json\?\)/],
  ])('ends with 2 for wrong usage %j, says what is wrong, and where the help is', async (args, input, message) => {
    const { status, stdout, stderr } = await cli(args, input)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/\nHelp: npm run -s cli -- (explain )?--help\n$/)
  })

  test.each([
    [['explain', 'nowhere.json'], '', /^nowhere\.json cannot be read: there is no such file\n$/],
    [['explain', 'lib'], '', /^lib cannot be read: it is a folder; name the file in it\n$/],
    [['explain', '-'], '', /^standard input is empty\n$/],
    [['explain', '-'], '{\n  "a": [1,]\n}', /^standard input is no JSON from line 2, column 11 on\n$/],
    [
      ['explain', '-', '--destinations', 'package.json'],
      '{}',
      /^package\.json cannot be used:\n {2}sources: is missing\n/,
    ],
  ])(
    'ends with 2 for a file that cannot be used, %j, and says why, without the usage',
    async (args, input, message) => {
      const { status, stdout, stderr } = await cli(args, input)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(message)
      expect(stderr).not.toContain('Usage:')
    },
  )
})
