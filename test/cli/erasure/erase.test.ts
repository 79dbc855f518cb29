import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decodeMessage } from '../../../lib/track/message.ts'
import type { anIngest } from '../../support/ingest.ts'
import { AUDIENCE } from '../../support/settings.ts'
import { anEndpoint, anIngestEndpoint } from '../endpoint.ts'
import { cli } from '../typed.ts'

const execute = promisify(execFile)

const ANN = ['--email', 'ann@example.com', '--phone', '+49 30 123456']

function fileOf(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'erase-')), 'users.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const removed = ({ removal }: ReturnType<typeof anIngest>) =>
  removal.flatMap(({ body }) => decodeMessage(body)?.events.flatMap(({ remove }) => remove) ?? [])

describe('erase', () => {
  test('erases a person whom options describe, and says which audiences the person leaves', async () => {
    const { url, ingest } = await anIngestEndpoint()
    const { status, stdout, stderr } = await cli(['erase', ...ANN, '--yes', '--url', url], '', { writeKey: 'key' })
    expect([status, stderr]).toEqual([0, ''])
    expect(removed(ingest)).toEqual([{ EMAIL: 'ann@example.com', PHONE: '+49 30 123456' }])
    expect(stdout).toContain('Erased: 1 user, id new-1')
    expect(stdout).toMatch(new RegExp(`main +${AUDIENCE} +1\n +main +act_42 +1\n`))
    expect(stdout).toContain('npm run -s cli -- erasures')
  })

  test('names every value of a person who has several of a kind', async () => {
    const { url, ingest } = await anIngestEndpoint()
    const more = ['--email', 'ann@work.example', '--extern-id', '17', '--madid', '38400000-8cf0-11bd-b23e-10b96e40000d']
    const { status } = await cli(['erase', ...ANN, ...more, '--yes'], '', { writeKey: 'key', trackUrl: url })
    expect(status).toBe(0)
    expect(removed(ingest)).toEqual([
      { EMAIL: 'ann@example.com', PHONE: '+49 30 123456', EXTERN_ID: '17', MADID: more.at(-1) },
      { EMAIL: 'ann@work.example' },
    ])
  })

  const users = [{ EMAIL: 'ann@example.com' }, { EXTERN_ID: '17' }]
  test.each<[string, unknown]>([
    ['a list of users', users],
    ['the body of /v1/erase', { users }],
    ['the body of a regulation', { regulationType: 'SUPPRESS_WITH_DELETE', users }],
  ])('takes a file with %s, and the same by standard input', async (_, content) => {
    const { url, ingest } = await anIngestEndpoint()
    const environment = { writeKey: 'key', trackUrl: url }
    expect((await cli(['erase', fileOf(content), '--yes'], '', environment)).status).toBe(0)
    expect((await cli(['erase', '-', '--yes'], content, environment)).status).toBe(0)
    expect(removed(ingest)).toEqual([...users, ...users])
  })

  test('without --yes asks for nothing, says what it would ask for, and writes no value of anybody', async () => {
    const { url, asked } = await anIngestEndpoint()
    const person = await cli(['erase', ...ANN, '--url', url], '', { writeKey: 'key' })
    expect([person.status, person.stdout]).toEqual([1, ''])
    expect(person.stderr).toContain(
      `This asks ${url} to erase 1 person, by EMAIL, PHONE: out of every audience of each destination that knows them`,
    )
    expect(person.stderr).toContain('Add --yes to do it.')
    const list = [
      ...users,
      { userId: '18', email: 'bob@example.com' },
      ...Array.from({ length: 1_500 }, () => ({ EMAIL: 'x@example.com' })),
    ]
    const people = await cli(['erase', '-', '--url', url], list, { writeKey: 'key' })
    expect(people.status).toBe(1)
    expect(people.stderr).toContain('to erase 1,503 people, by EMAIL (1,501), EXTERN_ID, userId, email: out of')
    expect(asked).toEqual([])
    expect(person.stderr + people.stderr).not.toMatch(/example|123456|\b1[78]\b/)
  })

  test('without --yes says what it can see: values of no use, misspelt keys, and that nobody would be erased', async () => {
    const { url, asked } = await anIngestEndpoint()
    const preview = (args: string[], input: unknown = '') =>
      cli(['erase', ...args, '--url', url], input, { writeKey: 'key' })
    const email = await preview(['--email', 'ann at home'])
    expect(email.stderr).toContain('EMAIL of 1 user: unusable_value. This value is none of its field')
    expect(email.stderr).toContain('no user has an EMAIL')
    const list = await preview(['-'], [{ EMIAL: 'a@example.com', EXTERN_ID: '17' }, { EXTERN_ID: 'b@example.com' }])
    expect(list.stderr).toContain('"EMIAL" was not used. Did you mean EMAIL?')
    expect(list.stderr).toContain('EXTERN_ID of 1 user: external_id_is_email.')
    expect(list.stderr).not.toMatch(/no user has|example\.com/)
    expect((await preview(ANN)).stderr.split('\n')).toHaveLength(3)
    const json = await preview([...ANN, '--json'])
    expect([json.status, json.stderr]).toEqual([1, ''])
    expect(JSON.parse(json.stdout)).toMatchObject({ asked: false, kind: 'erase', url, users: 1 })
    expect(asked).toEqual([])
  })

  test('ends with 1 when somebody could not be erased, says who and what was probably meant, and the others are', async () => {
    const { url, ingest } = await anIngestEndpoint()
    const content = [{ FN: 'Ann' }, { EMAIL: 'bob@example.com', PHNOE: '+49 30 123456' }]
    const { status, stdout, stderr } = await cli(['erase', '-', '--yes', '--url', url], content, { writeKey: 'key' })
    expect(status).toBe(1)
    expect(stdout).toContain('Erased: 1 user')
    expect(stderr).toContain('Left out: user 0 (counted from 0) without an identifier')
    expect(stderr).toContain('"PHNOE" was not used. Did you mean PHONE?')
    expect(removed(ingest)).toContainEqual({ EMAIL: 'bob@example.com' })
  })

  test('says how many could not be erased when they are too many to name', async () => {
    const { url } = await anIngestEndpoint()
    const content = [{ EMAIL: 'bob@example.com' }, ...Array.from({ length: 30 }, () => ({ FN: 'Ann' }))]
    const { stderr } = await cli(['erase', '-', '--yes', '--url', url], content, { writeKey: 'key' })
    expect(stderr).toContain('user 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 20 more (counted from 0)')
  })

  test('with --json prints the answer alone, of a refusal too', async () => {
    const { url } = await anIngestEndpoint()
    const done = await cli(['erase', ...ANN, '--yes', '--json', '--url', url], '', { writeKey: 'key' })
    expect(JSON.parse(done.stdout)).toMatchObject({ success: true, id: 'new-1', users: 1, removals: [{ users: 1 }] })
    const refused = await cli(['erase', ...ANN, '--yes', '--json', '--url', url], '', { writeKey: 'wrong' })
    expect(JSON.parse(refused.stdout)).toMatchObject({ success: false, code: 'unauthorized' })
  })

  test('says that nobody was removed, by which destinations, and why', async () => {
    const answer = {
      success: true,
      id: 'e',
      users: 2,
      message: 'm',
      notSent: [
        { destination: 'plain', code: 'no_identifier_of_it', users: 1 },
        { destination: 'trial', code: 'dry_run' },
        { destination: 'names', code: 'names_only' },
      ],
    }
    const { url } = await anEndpoint(() => ({ status: 200, text: JSON.stringify(answer) }))
    const { status, stdout, stderr } = await cli(['erase', ...ANN, '--yes', '--url', url], '', { writeKey: 'key' })
    expect(status).toBe(1)
    expect(stdout).toContain('Not in trial: it has a trial run, so it removes nobody. Erase them again')
    expect(stdout).toContain('Not in names: it knows people by names alone')
    expect(stdout).toContain('Not in plain (1 of 2 users): it knows people by other identifiers than these.')
    expect(stderr).toContain('Nobody was removed')
  })

  test('works as a process of its own, with the endpoint and the key of its environment', async () => {
    const { url, ingest } = await anIngestEndpoint()
    const env = { ...process.env, TRACK_URL: `${url}/prod/`, WRITE_KEY: 'key' }
    const { stdout, stderr } = await execute(process.execPath, ['lib/cli/main.ts', 'erase', ...ANN, '--yes'], { env })
    expect(stderr).toBe('')
    expect(stdout).toContain('Erased: 1 user, id new-1')
    expect(removed(ingest)).toHaveLength(1)
  })
})

describe('unerase', () => {
  test('takes people off the list, and says that nobody is added', async () => {
    const { url, ingest } = await anIngestEndpoint()
    await cli(['erase', ...ANN, '--yes', '--url', url], '', { writeKey: 'key' })
    const before = await cli(['unerase', ...ANN, '--url', url], '', { writeKey: 'key' })
    expect([before.status, before.stderr]).toEqual([1, expect.stringContaining('to unerase 1 person')])
    const { status, stdout } = await cli(['unerase', ...ANN, '--yes', '--url', url], '', { writeKey: 'key' })
    expect(status).toBe(0)
    expect(stdout).toContain('Unerase of 1 user, id ')
    expect(stdout).toContain('Nobody is added by this')
    expect(ingest.erasures.records.map(({ kind }) => kind)).toEqual(['erase', 'unerase'])
    expect(removed(ingest)).toHaveLength(1)
  })
})

describe.each(['erase', 'unerase'])('%s is refused', (command) => {
  test.each<[string, string[], unknown, string]>([
    ['without anybody', ['--yes'], '', `Say who is meant: ${command}`],
    ['with an unknown option', ['--emial', 'ann@example.com'], '', "unknown option '--emial'\n(Did you mean --email?)"],
    ['with an option of another command', [...ANN, '--per-request', '1'], '', "unknown option '--per-request'"],
    ['with a file and options', ['-', ...ANN], [{ EMAIL: 'a@example.com' }], 'a file or options, and not both'],
    ['with two files', ['a.json', 'b.json'], '', 'too many arguments'],
    ['with an empty value', ['--email', ' '], '', '--email is empty'],
    ['with an address that is none', [...ANN, '--url', 'localhost:3000'], '', '--url must be an address'],
    ['with an address without TLS', [...ANN, '--url', 'http://example.com'], '', 'begins with https://'],
  ])('%s: 2, and says where the help is', async (_, args, input, message) => {
    const { status, stdout, stderr } = await cli([command, ...args], input)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain(`Help: npm run -s cli -- ${command} --help`)
  })

  test.each<[string, string[], unknown, string]>([
    ['a file that is not there', ['nowhere.json'], '', 'nowhere.json cannot be read: there is no such file'],
    ['a file that is no JSON', ['-'], '[{"EMAIL": }]', 'standard input is no JSON from line 1, column 12 on'],
    [
      'an empty list',
      ['-'],
      [],
      'standard input: the list of users is empty; the body must name people; send {"users"',
    ],
    [
      'one user in place of a list',
      ['-'],
      { EMAIL: 'a@example.com' },
      'standard input: this is one user, who must stand in a list',
    ],
    ['too many users', ['-'], Array(10_001).fill({ EMAIL: 'a@example.com' }), 'more than 10,000 users'],
  ])('for %s: 2, without the help', async (_, args, input, message) => {
    const { status, stdout, stderr } = await cli([command, ...args, '--yes'], input)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('Help:')
  })
})

test('a regulation that asks for the opposite is refused before anything is asked', async () => {
  const { url, asked } = await anIngestEndpoint()
  const body = { regulationType: 'UNSUPPRESS', users: [{ EMAIL: 'a@example.com' }] }
  const { status, stderr } = await cli(['erase', '-', '--yes', '--url', url], body, { writeKey: 'key' })
  expect([status, asked]).toEqual([2, []])
  expect(stderr).toContain('/v1/unerase')
})

describe('what the endpoint refuses', () => {
  const erase = (url: string, writeKey?: string) =>
    cli(['erase', ...ANN, '--yes', '--url', url], '', writeKey === undefined ? {} : { writeKey })

  test('a source that may not erase: 1, with the setting that it needs', async () => {
    const { url } = await anIngestEndpoint({})
    const { status, stdout, stderr } = await erase(url, 'key')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('"mayErase": true')
    expect(stderr).toContain('The key was that of WRITE_KEY.')
  })

  test('a wrong key: 1, and where the key came from', async () => {
    const { url } = await anIngestEndpoint()
    expect(await erase(url, 'wrong')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/that of WRITE_KEY/) as string,
    })
    expect(await erase('https://tracks.example.com/prod')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/needs a write key: set WRITE_KEY/) as string,
    })
    expect(await erase(url, '')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/WRITE_KEY is empty/) as string,
    })
  })

  test('people without a usable identifier: 2', async () => {
    const { url } = await anIngestEndpoint()
    const { status, stderr } = await cli(['erase', '--email', 'ann', '--yes', '--url', url], '', { writeKey: 'key' })
    expect([status, stderr]).toEqual([2, expect.stringContaining('no user has an EMAIL')])
  })

  const refusal = JSON.stringify({ success: false, code: 'x', message: 'repeat\u001b[2Jthe request' })
  test.each<[number, string, number, string]>([
    [503, refusal, 3, 'repeat [2Jthe request'],
    [429, refusal, 3, 'repeat'],
    [413, refusal, 2, 'repeat'],
    [404, refusal, 1, 'repeat'],
    [502, '<html>', 3, 'answers 502, and not as this service does'],
    [404, '<html>', 1, 'answers 404, and not as this service does'],
    [200, '<html>', 1, 'answers 200, and not as this service does'],
    [200, '{"success":true}', 1, 'answers 200, and not as this service does'],
    [302, '', 1, 'answers 302, and not as this service does'],
  ])('%i with %j ends with %i', async (answered, text, expected, message) => {
    const { url, asked } = await anEndpoint(() => ({ status: answered, text, headers: { location: '/elsewhere' } }))
    const { status, stdout, stderr } = await erase(url, 'key')
    expect([status, stdout]).toEqual([expected, ''])
    expect(stderr).toContain(message)
    expect(asked).toHaveLength(1)
  })

  test('nobody who answers: 3, with how to start it', async () => {
    const { url, close } = await anEndpoint(() => ({ status: 200, text: '' }))
    await close()
    const { status, stderr } = await erase(url, 'key')
    expect([status, stderr]).toEqual([3, `nothing answers at ${url}: start it with npm start, or give --url\n`])
  })

  test('a connection that breaks off: 3, and the command can be repeated', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { status, stderr } = await erase(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'key')
    expect(status).toBe(3)
    expect(stderr).toMatch(/^http:\S+ cannot be reached \(\w+\): .* repeat the command\n$/)
  })
})
