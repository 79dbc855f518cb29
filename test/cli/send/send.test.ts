import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MAX_BODY_BYTES, MAX_VALUES } from '../../../lib/track/request.ts'
import { MAX_MESSAGE_BYTES, decodeMessage, packMessages } from '../../../lib/track/message.ts'
import { createEventReader } from '../../../lib/track/selection.ts'
import type { Destinations } from '../../../lib/config/destinations-schema.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { cli } from '../typed.ts'
import { aSendEndpoint, accepted, callsIn } from './send-endpoint.ts'

type Endpoint = Awaited<ReturnType<typeof aSendEndpoint>>

async function anEndpoint(...given: Parameters<typeof aSendEndpoint>): Promise<Endpoint> {
  const endpoint = await aSendEndpoint(...given)
  onTestFinished(() => endpoint.close())
  return endpoint
}

const MODIFIED = new Date('2026-03-01T10:00:00Z')

function aFile(content: string | Buffer, name = 'people.csv'): string {
  const directory = mkdtempSync(join(tmpdir(), 'send-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, name)
  writeFileSync(path, content)
  utimesSync(path, MODIFIED, MODIFIED)
  return path
}

const send = (path: string, { url }: Endpoint, ...more: string[]) =>
  cli(['send', path, '--event', 'USER_ADD', '--list', 'add', '--url', url, ...more])
const AT_ONCE = ['--as-of', '2026-01-02', '--yes']

const usersOf = ({ requests }: Endpoint) =>
  requests.flatMap(({ body }) =>
    callsIn(body).flatMap(({ properties: { userListAdd = [], userListDelete = [] } }) => [
      ...userListAdd,
      ...userListDelete,
    ]),
  )
const callsOf = ({ requests }: Endpoint) => requests.flatMap(({ body }) => callsIn(body))
const json = (text: string) => JSON.parse(text) as Record<string, unknown>
const stateOf = (path: string) => json(readFileSync(`${path}.sent.json`, 'utf8'))

/** What ingest makes of a request that it gets now. */
function readByIngest(settings: Destinations, body: string) {
  const [source] = settings.sources
  if (!source) throw new Error('no source')
  const reader = createEventReader(settings, source)
  const { lists, warnings } = reader.read(JSON.parse(body), {
    routeType: undefined,
    receivedAt: Date.now(),
    newId: () => '',
  })
  return { lists, warnings: warnings.named }
}

const people = (count: number) =>
  ['EMAIL,FN', ...Array.from({ length: count }, (_, row) => `person${row}@example.com,Ann`), ''].join('\n')

describe('columns', () => {
  test('are found by what people call them, and what is unknown is named and not sent', async () => {
    const endpoint = await anEndpoint({
      destinations: [aDestination({ userSchema: ['EMAIL', 'FN', 'FI', 'DOBY', 'DOBM', 'DOBD', 'ZIP', 'PHONE'] })],
    })
    const path = aFile(
      '\uFEFFE-Mail Address;first_name;Birthday;zip;Kundennr;Mobile Phone\nann@example.com;Ann;1988-03-09;10115;7;+49 30 123\n',
    )
    const { status, stderr } = await send(path, endpoint, ...AT_ONCE)
    expect(status).toBe(0)
    expect(usersOf(endpoint)).toEqual([
      {
        ...{ EMAIL: 'ann@example.com', FN: 'Ann', FI: 'Ann', ZIP: '10115', PHONE: '+49 30 123' },
        ...{ DOBY: '1988', DOBM: '03', DOBD: '09' },
      },
    ])
    expect(stderr).toMatch(/Kundennr\t-\tunknown/)
  })

  test('are found by German names', async () => {
    const endpoint = await anEndpoint({
      destinations: [aDestination({ userSchema: ['EMAIL', 'PHONE', 'FN', 'LN', 'CT', 'ZIP'] })],
    })
    const path = aFile(
      'E-Mail;Handy-Nr;Mobilnummer;Vorname;Nachname;Ort;Postleitzahl\nann@example.com;7;+49 30 123;Ann;Lee;Ulm;89073\n',
    )
    const { stderr } = await send(path, endpoint, ...AT_ONCE)
    expect(usersOf(endpoint)).toEqual([
      { EMAIL: 'ann@example.com', PHONE: '+49 30 123', FN: 'Ann', LN: 'Lee', CT: 'Ulm', ZIP: '89073' },
    ])
    expect(stderr).toMatch(/Handy-Nr\t-\tunknown/)
  })

  test('are found in the exports of shops and CRM systems, and a birthday fills its three fields', async () => {
    const endpoint = await anEndpoint({
      destinations: [
        aDestination({ userSchema: ['EMAIL', 'PHONE', 'CT', 'ST', 'ZIP', 'COUNTRY', 'DOBY', 'DOBM', 'DOBD'] }),
      ],
    })
    for (const columns of [
      'Email,Phone,Default Address City,Default Address Province Code,Default Address Zip,Default Address Country Code,dob',
      'billing_email,billing_phone,billing_city,billing_state,billing_postcode,billing_country,Geburtsdatum',
      'Email,Phone,Mailing City,Mailing State/Province,Mailing Zip/Postal Code,Mailing Country,Birthdate',
      'Email,Phone Number,City,State/Region,Postal Code,Country/Region,Date of birth',
    ])
      await send(aFile(`${columns}\nann@example.com,+49301234,Ulm,BW,89073,DE,1988-03-09\n`), endpoint, ...AT_ONCE)
    expect(usersOf(endpoint)).toEqual(
      Array.from({ length: 4 }, () => ({
        ...{ EMAIL: 'ann@example.com', PHONE: '+49301234', CT: 'Ulm', ST: 'BW', ZIP: '89073', COUNTRY: 'DE' },
        ...{ DOBY: '1988', DOBM: '03', DOBD: '09' },
      })),
    )
  })

  test.each([
    'Accepts Email Marketing',
    'Email Marketing Consent',
    'Email Opt Out',
    'HasOptedOutOfEmail',
    'UNSUB_TIME',
    'Unsubscribed from all email',
    'subscribed',
    'status',
    'Newsletter',
    'Blocklisted',
    'Email blacklisted',
    'DoNotBulkEMail',
    'No Email',
    'Permission to contact',
    'Werbesperre',
    'Widerspruch',
    'Zustimmung',
    'Loeschkennzeichen',
    'Désinscrit',
    'Advertising',
  ])('such as "%s", where people may have said no, are warned of, until they are ignored', async (column) => {
    const endpoint = await anEndpoint()
    const path = aFile(`EMAIL,${column}\nann@example.com,no\n`)
    const warning = `Not read, though it may say who does not want to be added: "${column}".`
    for (const wish of [['--dry-run'], ['--dry-run', '--json'], AT_ONCE])
      expect((await send(path, endpoint, ...wish)).stderr).toContain(warning)
    expect((await send(path, endpoint, '--dry-run', '--ignore', column)).stderr).not.toContain('Not read')
    const removing = ['send', path, '--event', 'USER_ADD', '--list', 'delete', '--url', endpoint.url, '--dry-run']
    expect((await cli(removing)).stderr).not.toContain('Not read')
  })

  test('that say nothing of consent are not warned of', async () => {
    const path = aFile(
      'EMAIL,Lead Status,Options,Adoption date,Gewerbe,Orthodontist,Degree\nann@example.com,1,2,3,4,5,6\n',
    )
    expect((await send(path, await anEndpoint(), '--dry-run')).stderr).not.toContain('Not read')
  })

  test('of consent keep nobody out of a destination that does not ask, and it says so before', async () => {
    const endpoint = await anEndpoint()
    const { stderr } = await send(aFile('EMAIL,consent\nann@example.com,false\n'), endpoint, '--dry-run')
    expect(stderr).toContain('"consent" keeps nobody from being added to main, which does not ask for consent.')
  })

  test('of birthdays fill three fields with a date, and with anything else a year alone', async () => {
    const endpoint = await anEndpoint({
      destinations: [aDestination({ userSchema: ['EMAIL', 'DOBY', 'DOBM', 'DOBD'] })],
    })
    const path = aFile('EMAIL,Date of birth\na@example.com,1988-03-09 00:00:00\nb@example.com,1988\nc@example.com,12\n')
    const { stdout } = await send(path, endpoint, ...AT_ONCE)
    expect(usersOf(endpoint)).toEqual([
      { EMAIL: 'a@example.com', DOBY: '1988', DOBM: '03', DOBD: '09' },
      { EMAIL: 'b@example.com', DOBY: '1988', DOBM: {}, DOBD: {} },
      { EMAIL: 'c@example.com', DOBY: '12', DOBM: {}, DOBD: {} },
    ])
    expect(stdout).toContain('2  DOBM unusable_value')
  })

  test('of ids that a spreadsheet has cut name nobody, because they are the same for many', async () => {
    const endpoint = await anEndpoint({ destinations: [aDestination({ userSchema: ['EMAIL', 'EXTERN_ID'] })] })
    const path = aFile('EMAIL,customerId\na@example.com,1.23457E+11\n,1.23457E11\n,123456789012\n')
    const { status } = await send(path, endpoint, ...AT_ONCE)
    expect(status).toBe(1)
    expect(usersOf(endpoint)).toEqual([{ EMAIL: 'a@example.com', EXTERN_ID: {} }, { EXTERN_ID: '123456789012' }])
    expect(readFileSync(`${path}.rejected.csv`, 'utf8')).toContain('3,no_usable_value')
  })

  test.each(['1E+11', 'NULL', '\\N', 'n/a', '#N/A', '0', '-', 'no'])(
    'of ids that say "%s" name nobody: strangers would be one person',
    async (id) => {
      const endpoint = await anEndpoint({
        destinations: [aDestination({ userSchema: ['EMAIL', 'EXTERN_ID', 'MADID'] })],
      })
      await send(
        aFile(`EMAIL,customerId,idfa\na@example.com,${id},${id}\nb@example.com,7e12,n0\n`),
        endpoint,
        ...AT_ONCE,
      )
      expect(usersOf(endpoint)).toEqual([
        { EMAIL: 'a@example.com', EXTERN_ID: {}, MADID: {} },
        { EMAIL: 'b@example.com', EXTERN_ID: '7e12', MADID: 'n0' },
      ])
    },
  )

  test('that only look like an id are unknown: a name, or a yes, would be sent as it is', async () => {
    const endpoint = await anEndpoint({ destinations: [aDestination({ userSchema: ['EMAIL', 'EXTERN_ID', 'MADID'] })] })
    const path = aFile('EMAIL,Customer,Advertiser,Customer ID\nann@example.com,Ann Smith,no,7\n')
    await send(path, endpoint, ...AT_ONCE)
    expect(usersOf(endpoint)).toEqual([{ EMAIL: 'ann@example.com', EXTERN_ID: '7' }])
  })

  test('with endless names are unknown, at once', async () => {
    const long = 'billing '.repeat(8_000)
    const { status } = await send(aFile(`EMAIL,${long}\nann@example.com,7\n`), await anEndpoint(), ...AT_ONCE)
    expect(status).toBe(0)
  })

  test('are mended by --map and left out by --ignore; a wish that cannot be met is wrong usage', async () => {
    const endpoint = await anEndpoint({ destinations: [aDestination({ userSchema: ['EMAIL', 'EXTERN_ID'] })] })
    const path = aFile('Kundennr\tMail\tEMAIL\n7\tann@example.com\tother@example.com\n')
    const wishes = ['--map', 'Kundennr=EXTERN_ID', '--ignore', 'EMAIL']
    expect((await send(path, endpoint, ...AT_ONCE, ...wishes)).status).toBe(0)
    expect(usersOf(endpoint)).toEqual([{ EMAIL: 'ann@example.com', EXTERN_ID: '7' }])
    for (const [wish, said] of [
      [['--map', 'Kundennr=SHOE_SIZE'], 'there is no field "SHOE_SIZE"'],
      [['--map', 'Kundennr=PHONE'], 'no userSchema'],
      [['--map', 'Kundenr=EXTERN_ID'], 'no column "Kundenr"'],
      [['--ignore', 'Notes'], 'no column "Notes"'],
      [['--time-column', 'When'], 'no column "When"'],
    ] as const) {
      const asOf = wish[0] === '--time-column' ? [] : ['--as-of', 'file']
      const { status, stderr } = await send(path, endpoint, '--restart', '--yes', ...asOf, ...wish)
      expect([wish, status, stderr]).toEqual([wish, 2, expect.stringContaining(said)])
    }
  })

  test('that look like the same field are not guessed between, and a file without any is refused', async () => {
    const endpoint = await anEndpoint()
    const two = await send(aFile('Mail,Customer Email\na@example.com,b@example.com\n'), endpoint, ...AT_ONCE)
    expect([two.status, two.stderr]).toEqual([
      2,
      expect.stringContaining('Both "Mail" and "Customer Email" look like EMAIL'),
    ])
    const none = await send(aFile('Number,Notes\n1,x\n'), endpoint, ...AT_ONCE)
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('--map "Number=EMAIL"')])
    const headless = await send(aFile('ann@example.com,Ann\nbob@example.com,Bob\n'), endpoint, ...AT_ONCE)
    expect([headless.status, headless.stderr]).toEqual([2, expect.not.stringContaining('ann@')])
    expect(endpoint.requests).toEqual([])
  })

  test('of a person are never shown but for their shape, unless --reveal asks for it', async () => {
    const endpoint = await anEndpoint()
    const path = aFile('EMAIL,FN\nAnn.Smith@example.com,Anneliese\n')
    const hidden = await send(path, endpoint, ...AT_ONCE)
    expect(hidden.stderr).toContain('a…@example.com')
    expect(hidden.stderr).toContain(createHash('sha256').update('ann.smith@example.com').digest('hex').slice(0, 8))
    expect(`${hidden.stdout}${hidden.stderr}`).not.toMatch(/smith|annel/i)
    const shown = await send(path, endpoint, ...AT_ONCE, '--restart', '--reveal')
    expect(shown.stderr).toContain('ann.smith@example.com')
  })
})

describe('how old rows are', () => {
  test('must be said where nobody can be asked, and it says why', async () => {
    const endpoint = await anEndpoint()
    const { status, stderr } = await send(aFile(people(1)), endpoint, '--yes')
    expect([status, stderr]).toEqual([2, expect.stringMatching(/--as-of[\s\S]*put back everybody who has left since/)])
    expect(endpoint.requests).toEqual([])
  })

  test.each([
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['2026-01-02T10:00', '2026-01-02T10:00:00.000Z'],
    ['2026-01-02T10:00:00+02:00', '2026-01-02T08:00:00.000Z'],
    ['file', MODIFIED.toISOString()],
  ])('--as-of %s is the time %s', async (asOf, time) => {
    const endpoint = await anEndpoint()
    expect((await send(aFile(people(1)), endpoint, '--yes', '--as-of', asOf)).status).toBe(0)
    expect(callsOf(endpoint)).toMatchObject([{ originalTimestamp: time }])
    expect(callsOf(endpoint)[0]).not.toHaveProperty('sentAt')
  })

  test.each(['yesterday', '2999-01-01', '1999-12-31', '01.08.2026', '2026-02-31'])(
    '--as-of %s is refused',
    async (asOf) => {
      const endpoint = await anEndpoint()
      for (const wish of ['--yes', '--dry-run'])
        expect((await send(aFile(people(1)), endpoint, wish, '--as-of', asOf)).status).toBe(2)
      expect(endpoint.requests).toEqual([])
    },
  )

  test('is read of a column, and a row whose time nobody would believe is left out', async () => {
    const endpoint = await anEndpoint()
    const rows = [
      ['a', '2026-01-02'],
      ['b', '2026-01-02'],
      ['c', '1767312000'],
      ['d', ''],
      ['e', 'soon'],
      ['f', '2999-01-01'],
    ]
    const path = aFile(['EMAIL,since', ...rows.map(([name, at]) => `${name}@example.com,${at}`), ''].join('\n'))
    const { status } = await send(path, endpoint, '--yes', '--time-column', 'since')
    expect(status).toBe(1)
    expect(
      callsOf(endpoint).map(({ originalTimestamp, properties }) => [originalTimestamp, properties.userListAdd?.length]),
    ).toEqual([['2026-01-02T00:00:00.000Z', 3]])
    expect(readFileSync(`${path}.rejected.csv`, 'utf8')).toBe(
      'line,reason,text\n5,time_missing,"d@example.com,"\n6,time_unreadable,"e@example.com,soon"\n7,time_in_future,"f@example.com,2999-01-01"\n',
    )
  })

  test('is believed of a source with a trusted clock alone', async () => {
    const destinations = [aDestination({ sources: ['web', 'slow', 'server'] })]
    const web = { name: 'web', allowedOrigins: ['https://a.example'] }
    const slow = { name: 'slow', clock: 'corrected' }
    const endpoint = await anEndpoint({ sources: [web, slow, { name: 'server' }], destinations })
    for (const [source, said] of [
      ['web', 'allowedOrigins'],
      ['slow', 'corrected'],
    ] as const) {
      const { status, stderr } = await send(aFile(people(1)), endpoint, ...AT_ONCE, '--source', source)
      expect([source, status, stderr]).toEqual([source, 2, expect.stringContaining(said)])
    }
    expect(endpoint.requests).toEqual([])
    expect((await send(aFile(people(1)), endpoint, ...AT_ONCE)).status).toBe(0)
    expect(endpoint.requests.map(({ key }) => key)).toEqual(['key-of-server'])
  })
})

describe('lines that cannot be sent', () => {
  test('go to a file of their own with their numbers and reasons, and the others are sent', async () => {
    const endpoint = await anEndpoint()
    const path = aFile(
      'EMAIL,FN\na@example.com,Ann\nnobody,Bob\nb@example.com,"Bob\nc@example.com,Cleo,x\nd@example.com,Dan\n',
    )
    const { status, stdout } = await send(path, endpoint, ...AT_ONCE)
    expect(status).toBe(1)
    expect(usersOf(endpoint).map(({ EMAIL }) => EMAIL)).toEqual(['a@example.com', 'd@example.com'])
    expect(readFileSync(`${path}.rejected.csv`, 'utf8')).toBe(
      'line,reason,text\n3,cannot_match,"nobody,Bob"\n4,quote_not_closed,"b@example.com,""Bob"\n5,wrong_number_of_columns,"c@example.com,Cleo,x"\n',
    )
    expect(statSync(`${path}.rejected.csv`).mode & 0o777).toBe(0o600)
    expect(stdout).toContain('3 lines left out')
    expect(stdout).not.toContain('nobody')
  })

  test('that are all the file has are not said to be on their way', async () => {
    const { status, stdout, stderr } = await send(aFile('EMAIL\nx\ny\n'), await anEndpoint(), ...AT_ONCE)
    expect([status, stdout]).toEqual([1, expect.stringContaining('2 lines left out')])
    expect(stderr).toContain('Nobody is on the way to Meta.')
    expect(stderr).not.toContain('They are on their way')
  })

  test('of JSON go to a file of JSON', async () => {
    const endpoint = await anEndpoint()
    const lines = ['{"email":"a@example.com","extra":{"deep":[1]}}', '{"email":', '[]', '{"email":{"x":1}}']
    const path = aFile(gzipSync(lines.join('\n')), 'people.ndjson.gz')
    expect((await send(path, endpoint, ...AT_ONCE)).status).toBe(1)
    expect(usersOf(endpoint)).toEqual([{ EMAIL: 'a@example.com' }])
    const left = readFileSync(`${path}.rejected.ndjson`, 'utf8').trim().split('\n').map(json)
    expect(left).toEqual([
      { line: 2, reason: 'invalid_json', text: lines[1] },
      { line: 3, reason: 'not_an_object', text: lines[2] },
      { line: 4, reason: 'no_usable_value', text: lines[3] },
    ])
  })

  test('are written anew when the file is sent anew, and not at all when there are none', async () => {
    const endpoint = await anEndpoint()
    const path = aFile('EMAIL\na@example.com\nnobody\n')
    await send(path, endpoint, ...AT_ONCE)
    await send(path, endpoint, ...AT_ONCE, '--restart')
    expect(readFileSync(`${path}.rejected.csv`, 'utf8')).toBe('line,reason,text\n3,no_usable_value,"nobody"\n')
    writeFileSync(path, 'EMAIL\na@example.com\n')
    expect((await send(path, endpoint, ...AT_ONCE)).status).toBe(0)
    expect(existsSync(`${path}.rejected.csv`)).toBe(false)
  })

  test('never replace a file that is there', async () => {
    const endpoint = await anEndpoint()
    const path = aFile('EMAIL\nnobody\n')
    writeFileSync(`${path}.rejected.csv`, 'mine')
    expect((await send(path, endpoint, ...AT_ONCE)).status).toBe(2)
    expect(readFileSync(`${path}.rejected.csv`, 'utf8')).toBe('mine')
  })
})

describe('requests', () => {
  test('are as large as ingest and its queues take them, whatever the rows hold', async () => {
    const endpoint = await anEndpoint({ destinations: [aDestination({ userSchema: ['EMAIL', 'FN', 'LN', 'CT'] })] })
    const wide = '𝒜,'.repeat(450)
    const rows = Array.from(
      { length: 300 },
      (_, row) => `p${row}@example.com,"${wide}","${wide}","${'"",'.repeat(900)}"`,
    )
    const path = aFile(`EMAIL,FN,LN,CT\n${rows.join('\n')}\n`)
    expect((await send(path, endpoint, ...AT_ONCE)).status).toBe(0)
    expect(usersOf(endpoint).length).toBe(300)
    for (const { body } of endpoint.requests) {
      expect(Buffer.byteLength(body)).toBeLessThan(MAX_BODY_BYTES)
      expect(body.split(/[,{[]/).length).toBeLessThan(MAX_VALUES)
    }
  })

  test('of a session are numbered, come one after another, fit into a message each, and the last one says so', async () => {
    let underWay = 0
    let most = 0
    const endpoint = await anEndpoint({ destinations: [aDestination({ maxUserCount: 400 })] }, async (request) => {
      most = Math.max(most, (underWay += 1))
      await new Promise((resolve) => setTimeout(resolve, 5))
      underWay -= 1
      return accepted(request)
    })
    const path = aFile(`${people(1_000)}nobody,x\n`)
    expect((await send(path, endpoint, ...AT_ONCE, '--session')).status).toBe(1)
    const calls = callsOf(endpoint)
    expect(
      calls.map(({ properties: { batchSequence, lastBatchFlag, userListAdd = [] } }) => [
        batchSequence,
        lastBatchFlag,
        userListAdd.length,
      ]),
    ).toEqual([
      [1, false, 400],
      [2, false, 400],
      [3, true, 200],
    ])
    expect(new Set(calls.map(({ properties }) => properties.sessionIdAdd)).size).toBe(1)
    expect(String(calls[0]?.properties.sessionIdAdd)).toMatch(/^[1-9]\d{0,18}$/)
    expect(most).toBe(1)
    const settings = settingsOf({ destinations: [aDestination({ maxUserCount: 400 })] })
    for (const [place, { body }] of endpoint.requests.entries()) {
      const { lists, warnings } = readByIngest(settings, body)
      expect(warnings).toEqual([])
      expect(
        packMessages('server', 0, lists).session.map((message) => decodeMessage(message.body)?.events[0]?.session),
      ).toMatchObject([{ batchSequence: place + 1, lastBatch: place === 2, estimatedTotal: 1_001 }])
    }
    for (const { body } of endpoint.requests) expect(Buffer.byteLength(body)).toBeLessThan(MAX_MESSAGE_BYTES)
  })

  test('are read by ingest without a warning, with their times', async () => {
    const endpoint = await anEndpoint()
    const path = aFile('EMAIL,at\na@example.com,2026-01-01\nb@example.com,2026-01-02\n')
    expect((await send(path, endpoint, '--yes', '--time-column', 'at')).status).toBe(0)
    const { lists, warnings } = readByIngest(settingsOf(), endpoint.requests[0]?.body ?? '')
    expect(warnings).toEqual([])
    expect(lists.map(({ at, users }) => [new Date(at).toISOString(), users])).toEqual([
      ['2026-01-01T00:00:00.000Z', [{ EMAIL: 'a@example.com' }]],
      ['2026-01-02T00:00:00.000Z', [{ EMAIL: 'b@example.com' }]],
    ])
  })

  test('of a session need one audience and one time', async () => {
    const endpoint = await anEndpoint({
      destinations: [aDestination({ events: { USER_ADD: [AUDIENCE, OTHER_AUDIENCE] } })],
    })
    expect((await send(aFile(people(1)), endpoint, ...AT_ONCE, '--session')).status).toBe(2)
    const timed = await send(
      aFile('EMAIL,at\na@example.com,2026-01-01\n'),
      endpoint,
      '--yes',
      '--session',
      '--time-column',
      'at',
    )
    expect(timed.status).toBe(2)
  })

  test('of a trial run are not said to be on their way', async () => {
    const endpoint = await anEndpoint({ destinations: [aDestination({ dryRun: true })] })
    const { status, stderr } = await send(aFile(people(1)), endpoint, ...AT_ONCE)
    expect([status, stderr]).toEqual([0, expect.stringContaining('It is a trial run: nobody is on the way to Meta.')])
  })

  test('of --list delete remove people', async () => {
    const endpoint = await anEndpoint()
    await cli(['send', aFile(people(2)), '--event', 'USER_ADD', '--list', 'delete', '--url', endpoint.url, ...AT_ONCE])
    expect(callsOf(endpoint).map(({ properties }) => Object.keys(properties))).toEqual([['userListDelete']])
  })

  test('are repeated when they may pass later, and are the same then', async () => {
    let count = 0
    const endpoint = await anEndpoint({}, (request) => {
      count += 1
      if (count === 1) return undefined
      if (count === 2) return { status: 503, body: { code: 'unavailable', message: 'later' } }
      if (count === 3) return { status: 429, body: { code: 'throttled', message: 'slowly' } }
      if (count === 4) return { status: 502, body: 'no object' }
      return accepted(request)
    })
    const { status, stderr } = await send(aFile(people(3)), endpoint, ...AT_ONCE)
    expect(status).toBe(0)
    expect(new Set(endpoint.requests.map(({ body }) => body)).size).toBe(1)
    expect(endpoint.requests.length).toBe(5)
    expect(stderr).toContain('503 unavailable: later; trying again in 2 s')
  })

  test('end with 3 and the command to go on with when nothing passes for minutes', async () => {
    const endpoint = await anEndpoint({}, () => ({ status: 503, body: { code: 'unavailable', message: 'later' } }))
    const path = aFile(people(3))
    const { status, stderr } = await send(path, endpoint, ...AT_ONCE)
    expect([status, stderr]).toEqual([
      3,
      expect.stringContaining(`Go on with: npm run -s cli -- send ${path} --event USER_ADD`),
    ])
    expect(endpoint.requests.length).toBe(11)
  })

  test('that are refused end it at once, with the code, the message and the lines', async () => {
    const endpoint = await anEndpoint({}, () => ({
      status: 401,
      body: { code: 'unauthorized', message: 'invalid write key' },
    }))
    const path = aFile(people(3))
    const { status, stderr } = await send(path, endpoint, ...AT_ONCE)
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('Lines 2 to 4 were refused: 401 unauthorized: invalid write key'),
    ])
    expect(endpoint.requests.length).toBe(1)
    expect(stateOf(path)).toMatchObject({ rows: 0, doneAt: null })
  })

  test('that the service maps to nothing end it: its settings are others than ours', async () => {
    const ignored = [{ index: 0, code: 'event_unmapped', message: 'No destination maps this event name' }]
    const endpoint = await anEndpoint({}, () => ({ status: 200, body: { success: true, accepted: 0, ignored } }))
    const { status, stderr } = await send(aFile(people(3)), endpoint, ...AT_ONCE)
    expect([status, stderr]).toEqual([1, expect.stringContaining('No destination maps this event name')])
  })

  test('whose answer rejects or warns are counted with the reasons', async () => {
    const rejected = [{ index: 0, code: 'lists_empty', message: 'Both user lists are empty.' }]
    const warnings = [
      { index: 0, code: 'consent_denied', message: 'No consent.', destination: 'main', field: 'consent', count: 2 },
    ]
    const endpoint = await anEndpoint({}, () => ({
      status: 200,
      body: { success: true, accepted: 0, rejected, warnings },
    }))
    const { status, stdout } = await send(aFile(people(3)), endpoint, ...AT_ONCE, '--json')
    expect(status).toBe(1)
    expect(json(stdout)).toMatchObject({ rows: 0, rejected: 3, findings: { lists_empty: 3, 'consent_denied main': 2 } })
  })
})

describe('going on', () => {
  const COUNT = 12_000

  /** An endpoint that refuses from the third request on, until it is mended. */
  async function aBrokenEndpoint() {
    let isMended = false
    let count = 0
    const endpoint = await anEndpoint({}, (request) => {
      count += 1
      if (!isMended && count > 2) return { status: 400, body: { code: 'broken', message: 'not now' } }
      return accepted(request)
    })
    return { ...endpoint, mend: () => (isMended = true) }
  }

  test('begins behind what was accepted, with the same messageIds and times', async () => {
    const endpoint = await aBrokenEndpoint()
    const path = aFile(`${people(COUNT)}nobody,x\n`)
    expect((await send(path, endpoint, ...AT_ONCE)).status).toBe(1)
    const { rows, doneAt, options } = stateOf(path)
    expect([rows, doneAt, options]).toMatchObject([10_000, null, { asOf: '2026-01-02T00:00:00.000Z' }])
    expect(statSync(`${path}.sent.json`).mode & 0o777).toBe(0o600)
    endpoint.mend()
    const before = endpoint.requests.length
    // Without --as-of: the same as before.
    expect((await send(path, endpoint, '--yes')).status).toBe(1)
    expect(usersOf({ ...endpoint, requests: endpoint.requests.slice(before) }).length).toBe(2_000)
    expect(new Set(usersOf(endpoint).map(({ EMAIL }) => EMAIL)).size).toBe(COUNT)
    const ids = new Map<string, string>()
    for (const { body } of endpoint.requests)
      for (const { messageId } of callsIn(body)) {
        expect(ids.get(messageId) ?? body).toBe(body)
        ids.set(messageId, body)
      }
    expect(ids.size).toBe(3)
    expect(readFileSync(`${path}.rejected.csv`, 'utf8').split('\n')).toEqual([
      'line,reason,text',
      `${COUNT + 2},cannot_match,"nobody,x"`,
      '',
    ])
    expect(stateOf(path)).toMatchObject({ rows: COUNT, doneAt: expect.any(String) as string })
  })

  test('is refused for a changed file, other options or other settings, and --restart begins anew', async () => {
    const endpoint = await aBrokenEndpoint()
    const path = aFile(people(COUNT))
    await send(path, endpoint, ...AT_ONCE)
    endpoint.mend()
    const other = await cli(['send', path, '--event', 'USER_ADD', '--list', 'delete', '--url', endpoint.url, '--yes'])
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining('--list was "add", and is "delete"')])
    const older = await send(path, endpoint, '--yes', '--as-of', '2026-01-03')
    expect([older.status, older.stderr]).toEqual([2, expect.stringContaining('--as-of was "2026-01-02T00:00:00.000Z"')])
    const { state } = { state: readFileSync(`${path}.sent.json`, 'utf8') }
    writeFileSync(`${path}.sent.json`, state.replace(/"columns": "[^"]*"/, '"columns": "others"'))
    expect((await send(path, endpoint, '--yes')).stderr).toContain('other settings')
    writeFileSync(`${path}.sent.json`, 'nonsense')
    expect((await send(path, endpoint, '--yes')).stderr).toContain('--restart')
    writeFileSync(`${path}.sent.json`, state)
    writeFileSync(path, people(COUNT + 1))
    const changed = await send(path, endpoint, '--yes')
    expect([changed.status, changed.stderr]).toEqual([2, expect.stringContaining('has changed since')])
    const anew = await send(path, endpoint, ...AT_ONCE, '--restart')
    expect(anew.status).toBe(0)
    expect(stateOf(path)).toMatchObject({ rows: COUNT + 1 })
  })

  test('is for one command: a second one of the same file goes on, and the first one ends and says so', async () => {
    let second: Promise<Awaited<ReturnType<typeof send>>> | undefined
    const path = aFile(`${people(COUNT)}nobody,x\n`)
    const endpoint: Endpoint = await anEndpoint({}, async (request) => {
      if (!second) await (second = send(path, endpoint, '--yes'))
      return accepted(request)
    })
    const first = await send(path, endpoint, ...AT_ONCE)
    expect([first.status, first.stdout]).toEqual([2, ''])
    expect(first.stderr).toContain('Another command sends')
    expect((await second)?.status).toBe(1)
    expect(stateOf(path)).toMatchObject({ rows: COUNT, doneAt: expect.any(String) as string })
    expect(new Set(usersOf(endpoint).map(({ EMAIL }) => EMAIL)).size).toBe(COUNT)
    expect(readFileSync(`${path}.rejected.csv`, 'utf8').split('\n')).toHaveLength(3)
  })

  test('is over when all is sent: the same again is asked for', async () => {
    const endpoint = await anEndpoint()
    const path = aFile(people(2))
    await send(path, endpoint, ...AT_ONCE)
    const again = await send(path, endpoint, ...AT_ONCE)
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('--restart')])
    expect(endpoint.requests.length).toBe(1)
    expect(readFileSync(`${path}.sent.json`, 'utf8')).not.toMatch(/person|example\.com/)
  })
})

test('--dry-run looks at every row, counts by field and reason, and sends nothing', async () => {
  const endpoint = await anEndpoint({
    destinations: [aDestination({ userSchema: ['EMAIL', 'FN', 'PHONE'], consent: { categories: ['ads'] } })],
  })
  const path = aFile(
    'EMAIL,FN,Phone,consent\na@example.com,Ann,030 1234567,true\nb@,Bob,,true\nc@example.com,Cleo,,false\n',
  )
  const { status, stdout } = await send(path, endpoint, '--dry-run', '--json')
  expect(status).toBe(0)
  expect(json(stdout)).toMatchObject({
    ...{ lines: 3, rows: 1, byDestination: { main: 1 }, withheld: { main: 1 } },
    usable: { EMAIL: 2, FN: 2, PHONE: 1 },
    blank: { 'PHONE phone_without_country': 1, 'EMAIL unusable_value': 1 },
    leftOut: { cannot_match: { count: 1, lines: [3] } },
  })
  expect(endpoint.requests).toEqual([])
  expect([existsSync(`${path}.sent.json`), existsSync(`${path}.rejected.csv`)]).toEqual([false, false])
  expect((await send(aFile('EMAIL\nnobody\n'), endpoint, '--dry-run')).status).toBe(1)
})

test.each([
  ['an empty file', '', 'is empty'],
  ['UTF-16', Buffer.from('\uFEFFEMAIL\n', 'utf16le'), 'iconv -f UTF-16'],
  ['a line for Excel', '"sep=;"\nEMAIL\na@example.com\n', 'tail -n +2'],
  ['one JSON array', '[{"EMAIL":"a"}]', 'jq -c'],
  ['a broken gzip', gzipSync(people(50)).subarray(0, 60), 'cannot be unpacked'],
  ['a first line alone', 'EMAIL,FN\n', 'has no rows'],
  ['no text', Buffer.from([0x50, 0x4b, 0, 0]), 'is no text'],
  ['two columns of one name', 'EMAIL,EMAIL\n', 'two columns'],
])('%s is refused with what to do', async (_, content, said) => {
  const endpoint = await anEndpoint()
  const { status, stderr } = await send(aFile(content), endpoint, ...AT_ONCE)
  expect([status, stderr]).toEqual([2, expect.stringContaining(said)])
})

test('of a gzip that is cut off, what came before is sent, and it says up to which line and what to do', async () => {
  const endpoint = await anEndpoint()
  const lines = Array.from(
    { length: 20_000 },
    (_, row) => `${createHash('md5').update(`${row}`).digest('hex')}@example.com`,
  )
  const packed = gzipSync(['EMAIL', ...lines, ''].join('\n'))
  const path = aFile(packed.subarray(0, Math.floor(0.8 * packed.length)), 'people.csv.gz')
  const { status, stdout, stderr } = await send(path, endpoint, ...AT_ONCE)
  expect([status, stdout]).toEqual([2, expect.stringContaining('15,000 rows to add were accepted')])
  expect(usersOf(endpoint)).toEqual(lines.slice(0, 15_000).map((EMAIL) => ({ EMAIL })))
  expect(stderr).toContain('cannot be unpacked to its end')
  expect(stderr).toContain('What stands before line 15002 was accepted')
  const document = await send(path, endpoint, ...AT_ONCE, '--json')
  expect(JSON.parse(document.stdout)).toMatchObject({ rows: 15_000, error: { code: 'file_unreadable' } })
})

testInTerminal(
  'in a terminal, it asks how old the list is and whether to send, and Ctrl-C ends it with the way to go on',
  async () => {
    let answer = (_: unknown): void => undefined
    const isAsked = new Promise((resolve) => (answer = resolve))
    let release = (_: unknown): void => undefined
    const isReleased = new Promise((resolve) => (release = resolve))
    const endpoint = await anEndpoint({}, async (request) => {
      answer(undefined)
      await isReleased
      return accepted(request)
    })
    const path = aFile(people(60_000))
    const args = ['send', path, '--event', 'USER_ADD', '--list', 'add', '--url', endpoint.url]
    const terminal = await inTerminal(args)
    await terminal.sees(/How old is the list\?/)
    terminal.types('\r')
    await terminal.sees(/as of +2026-03-01 10:00 UTC/)
    await terminal.sees(/EMAIL +EMAIL/)
    await terminal.sees(/Send about 6\d,000 rows\?/)
    expect(endpoint.requests).toEqual([])
    terminal.types('y')
    await isAsked
    terminal.types('\x03')
    await terminal.sees(/Ctrl-C again leaves at once/)
    release(undefined)
    await terminal.sees(/Go on with: npm run -s cli -- send/)
    expect((await terminal.ended()).status).toBe(130)
    const { rows, doneAt } = stateOf(path)
    expect([Number(rows) > 0, doneAt]).toEqual([true, null])

    const next = await inTerminal([...args, '--yes'])
    await next.sees(/█+/)
    expect((await next.ended()).status).toBe(0)
    expect(new Set(usersOf(endpoint).map(({ EMAIL }) => EMAIL)).size).toBe(60_000)

    const sure = await (await inTerminal([...args, '--yes'])).ended()
    expect([sure.status, sure.text]).toEqual([2, expect.stringContaining('--restart')])

    const again = await inTerminal(args)
    await again.sees(/was sent on[\s\S]*Send it again\?/)
    again.types('\x03')
    expect((await again.ended()).status).toBe(130)
  },
)
