import { describe, expect, test } from 'vitest'
import { createNamePeople } from '../../lib/erasure/named-people.ts'
import { unusedPlaces } from '../../lib/erasure/unused-places.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import { aTrack, anIngest } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const SOURCES = [{ name: 'server', mayErase: true }, { name: 'other' }]
const destination = aDestination({ userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID', 'FN'] })
const anEraser = (...destinations: Record<string, unknown>[]) =>
  anIngest({ settings: settingsOf({ sources: SOURCES, destinations: [destination, ...destinations] }) })
const erase = (body: unknown) => ({ path: '/v1/erase', body: JSON.stringify(body) })
const ANN = { EMAIL: 'Ann@Example.com ', PHONE: '+49 30 123456' }

/** The removals that wait in the queue. */
const removalsIn = ({ removal }: ReturnType<typeof anIngest>) =>
  removal.flatMap(({ body }) => decodeMessage(body)?.events ?? [])

async function isErased({ erasures }: ReturnType<typeof anIngest>, ...identifiers: string[]) {
  const is = await erasures.people().read()
  return identifiers.map((identifier) => is?.(identifier) ?? false)
}

// The digit of the field, then the SHA-256 of "ann@example.com", by `printf ann@example.com | sha256sum`.
const EMAIL = '171d4f55f72fa128'
const PHONE = '2'

describe('POST /v1/erase', () => {
  test('remembers the person, queues one removal for all destinations, and says what will happen', async () => {
    const ingest = anEraser({
      ...destination,
      name: 'crm',
      events: { BOUGHT: [OTHER_AUDIENCE, AUDIENCE] },
      adAccountId: '42',
    })
    const { status, body } = await ingest.send(erase({ users: [ANN] }))
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      id: 'new-1',
      users: 1,
      message: expect.stringContaining('remembered as erased') as string,
      removals: [
        { destination: 'main', audienceIds: [AUDIENCE], users: 1 },
        { destination: 'crm', audienceIds: [OTHER_AUDIENCE, AUDIENCE, 'act_42'], users: 1 },
      ],
    })
    expect(removalsIn(ingest)).toEqual([
      {
        messageId: 'new-1',
        by: 'erasure',
        name: 'erasure',
        at: ingest.world.now,
        destinations: ['main', 'crm'],
        remove: [ANN],
      },
    ])
    expect(ingest.track).toEqual([])
    expect(ingest.erasures.table.pages).toHaveLength(1)
    expect(ingest.erasures.records).toEqual([
      {
        ...{ id: 'new-1', at: ingest.world.now, kind: 'erase', source: 'server', users: 1 },
        ...{ removals: body.removals, notSent: [] },
      },
    ])
  })

  test('logs a count and the erasure’s id, and nothing of the person', async () => {
    const ingest = anEraser()
    await ingest.send(erase({ users: [ANN] }))
    expect(ingest.logs).toContainEqual([
      'info',
      'erasure_requested',
      { reason: 'erase', messageId: 'new-1', source: 'server', count: 1 },
    ])
    expect(JSON.stringify(ingest.logs).toLowerCase()).not.toContain('ann@')
  })

  test('answers 403 may_not_erase to a source that may not, and erases nobody', async () => {
    const ingest = anIngest({ settings: settingsOf({ destinations: [destination] }) })
    const { status, body } = await ingest.send(erase({ users: [ANN] }))
    expect([status, body.code]).toEqual([403, 'may_not_erase'])
    expect(body.message).toContain('"mayErase": true')
    expect([ingest.removal, ingest.erasures.table.pages]).toEqual([[], []])
  })

  test.each<[string, unknown, string, string]>([
    ['no users', {}, 'users_missing', '{"users": [{"EMAIL"'],
    ['an empty list', { users: [] }, 'users_missing', '{"users"'],
    ['users that are no list', { users: ANN }, 'users_missing', '"users" must be a list'],
    ['subjectIds that are no list', { subjectIds: 'c-17' }, 'users_missing', '"subjectIds" must be a list'],
    ['user in place of users', { user: ANN }, 'users_missing', '"user" was probably meant as "users"'],
    ['Users in place of users', { Users: [ANN] }, 'users_missing', '"Users" was probably meant as "users"'],
    ['one user', ANN, 'users_missing', 'this is one user, who must stand in a list'],
    ['the form of a delete call', { userId: '17', traits: { email: 'a@example.com' } }, 'users_missing', 'one user'],
    ['a key that it does not know', { users: [ANN], dryRun: true }, 'body_key_unknown', '"dryRun" is no key of the'],
    [
      'a misspelt regulationType',
      { users: [ANN], regulationtype: 'UNSUPPRESS' },
      'body_key_unknown',
      '"regulationtype" was probably meant as "regulationType"',
    ],
    ...['UNSUPRESS', 'SUPPRES_WITH_DELETE', '', 'DELETE_INTERNAL', true, null, ['UNSUPPRESS'], {}].map(
      (regulationType): [string, unknown, string, string] => [
        `the regulationType ${JSON.stringify(regulationType)}`,
        { users: [ANN], regulationType },
        'regulation_unknown',
        'SUPPRESS_WITH_DELETE, UNSUPPRESS, or be left out',
      ],
    ),
    ['UNSUPPRESS with blanks', { users: [ANN], regulationType: ' unsuppress' }, 'wrong_regulation', '/v1/unerase'],
    [
      'a user whose type takes an erasure back',
      { users: [ANN, { ...ANN, type: 'Unsuppress' }] },
      'wrong_regulation',
      'user 1 says so by its "type"',
    ],
    ['more than 10,000 users', { users: Array(10_001).fill(ANN) }, 'too_many_users', '10,000'],
    [
      'users with more than 10,000 values of a column',
      { users: Array(5_001).fill({ email: 'old@example.com', EMAIL: 'new@example.com' }) },
      'too_many_users',
      '10,000',
    ],
    ['a user with a name alone', { users: [{ FN: 'Ann', LN: 'Meyer' }] }, 'no_identifier', 'EMAIL, PHONE'],
    ['an e-mail address that is none', { users: [{ EMAIL: 'ann' }] }, 'no_identifier', 'EMAIL, PHONE'],
    [
      'a user that is no object',
      { users: ['ann@example.com'] },
      'no_identifier',
      'users is of no use (user_not_an_object)',
    ],
    ['an e-mail for EXTERN_ID', { users: [{ EXTERN_ID: 'a@example.com' }] }, 'no_identifier', '(external_id_is_email)'],
    ['an anonymousId', { users: [{ anonymousId: 'a-1' }] }, 'no_identifier', 'anonymousId is of no use (key_unused)'],
    ['a userId that no destination takes for EXTERN_ID', { users: [{ userId: '17' }] }, 'no_identifier', 'userFields'],
    ['ids that are not those of users', { subjectType: 'OBJECT_ID', subjectIds: ['17'] }, 'subject_unknown', 'USER_ID'],
    ['UNSUPPRESS', { regulationType: 'UNSUPPRESS', users: [ANN] }, 'wrong_regulation', '/v1/unerase'],
  ])('answers 400 to %s', async (_, body, code, part) => {
    const ingest = anEraser()
    const answer = await ingest.send(erase(body))
    expect([answer.status, answer.body.code]).toEqual([400, code])
    expect(answer.body.message).toContain(part)
    expect([ingest.removal, ingest.erasures.table.pages]).toEqual([[], []])
  })

  test('names the field in a 400, where it was probably misspelt or its value is of no use', async () => {
    const ingest = anEraser()
    const misspelt = await ingest.send(erase({ users: [{ EMIAL: 'ann@example.com' }] }))
    expect(misspelt.body.message).toMatch(/^"EMIAL" was probably meant as EMAIL; no user has/)
    const unusable = await ingest.send(erase({ users: [{ EMAIL: 'ann at home' }] }))
    expect(unusable.body.message).toMatch(/^EMAIL is of no use \(unusable_value\); no user has/)
    expect(unusable.text).not.toContain('at home')
  })

  test('says when nobody is removed, because no destination has such an identifier', async () => {
    const ingest = anEraser()
    const { status, body } = await ingest.send(erase({ users: [{ MADID: '38400000-8cf0-11bd-b23e-10b96e40000d' }] }))
    expect([status, body.removals]).toEqual([200, []])
    expect(body.notSent).toEqual([{ destination: 'main', code: 'no_identifier_of_it', users: 1 }])
    expect(body.message).toContain('nobody is removed')
  })

  test('names each destination that has none of the identifiers in its userSchema, and how many people it leaves', async () => {
    const ingest = anEraser({ ...destination, name: 'plain', userSchema: ['EMAIL'], events: { A: OTHER_AUDIENCE } })
    const eve = { PHONE: '+49 30 9912345' }
    const alone = await ingest.send(erase({ users: [eve] }))
    expect(alone.body.removals).toEqual([{ destination: 'main', audienceIds: [AUDIENCE], users: 1 }])
    expect(alone.body.notSent).toEqual([{ destination: 'plain', code: 'no_identifier_of_it', users: 1 }])
    expect(alone.body.message).toContain('"notSent"')
    const both = await ingest.send(erase({ users: [ANN, eve, { FN: 'Bob' }] }))
    expect(both.body.notSent).toEqual([{ destination: 'plain', code: 'no_identifier_of_it', users: 1 }])
    expect(ingest.erasures.records.map(({ notSent }) => notSent)).toEqual([alone.body.notSent, both.body.notSent])
  })

  test('erases those who can be erased, names the others by their place, and warns of a misspelt identifier', async () => {
    const ingest = anEraser()
    const { status, body } = await ingest.send(
      erase({ users: [{ FN: 'x' }, ANN, { EMIAL: 'bob@example.com', EXTERN_ID: '9' }] }),
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({
      users: 2,
      rejected: [{ index: 0, code: 'no_identifier' }],
      rejectedCount: 1,
      warnings: [{ code: 'field_unknown', field: 'EMIAL', suggestion: 'EMAIL', count: 1 }],
    })
    expect(await isErased(ingest, EMAIL)).toEqual([true])
  })

  test('says which identifiers were of no use beside others that were', async () => {
    const ingest = anEraser()
    const users = [
      { EMAIL: ['ann@example.com', 'bob@example.com'], EXTERN_ID: '17' },
      { EMAIL: 'ann(at)example.com', EXTERN_ID: '18' },
      { PHONE: '030 123456', EXTERN_ID: '19', userId: 'u-19' },
    ]
    const { body } = await ingest.send(erase({ users }))
    expect(body.users).toBe(3)
    expect(body.warnings).toMatchObject([
      { code: 'unusable_value', field: 'EMAIL', count: 2, message: expect.stringContaining('one text') as string },
      {
        ...{ code: 'phone_without_country', field: 'PHONE', count: 1 },
        message: expect.stringContaining('remembered and removed as it is written') as string,
      },
      { code: 'user_id_unused', field: 'userId', count: 1 },
    ])
  })

  const [OLD, NEW] = ['old@example.com', 'new@example.com']
  const MADID = '38400000-8cf0-11bd-b23e-10b96e40000d'
  test.each<[string, unknown, unknown[]]>([
    ['a list without an object around it', [{ EMAIL: NEW }], [{ EMAIL: NEW }]],
    [
      'the form of a delete call',
      { users: [{ userId: '1', traits: { email: NEW } }] },
      [{ EMAIL: NEW, EXTERN_ID: '1' }],
    ],
    ['two spellings of a column', { users: [{ email: OLD, EMAIL: NEW }] }, [{ EMAIL: OLD }, { EMAIL: NEW }]],
    [
      'two names of a column',
      { users: [{ EMAIL: NEW, EMAIL_SHA256: 'a'.repeat(64) }] },
      [{ EMAIL: NEW }, { EMAIL: 'a'.repeat(64) }],
    ],
    [
      'columns in every place',
      {
        users: [
          {
            ...{ PHONE: '030 1', COUNTRY: 'DE', traits: { email: NEW }, context: { traits: { phone: '030 2' } } },
            ...{ fields: { EXTERN_ID: 17 }, identifiers: { Email: OLD }, properties: { extern_id: '17', MADID } },
          },
        ],
      },
      [
        { EMAIL: OLD, PHONE: '030 1', COUNTRY: 'DE', EXTERN_ID: 17, MADID },
        { EMAIL: NEW, PHONE: '030 2', COUNTRY: 'DE' },
      ],
    ],
    ['subjectIds beside users', { users: [{ EMAIL: NEW }], subjectIds: ['18'] }, [{ EMAIL: NEW }, { EXTERN_ID: '18' }]],
    [
      'a userId beside another EXTERN_ID',
      { users: [{ userId: '17', EXTERN_ID: '18' }] },
      [{ EXTERN_ID: '18' }, { EXTERN_ID: '17' }],
    ],
    ['a userId that is the EXTERN_ID', { users: [{ userId: '17', EXTERN_ID: 17 }] }, [{ EXTERN_ID: 17 }]],
  ])('uses every value of %s: a second one of a column is a person of its own', async (_, body, people) => {
    const crm = { ...destination, userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID', 'MADID'] }
    const ingest = anIngest({
      settings: settingsOf({ sources: SOURCES, destinations: [{ ...crm, userFields: { EXTERN_ID: ['userId'] } }] }),
    })
    const answer = await ingest.send(erase(body))
    expect([answer.status, answer.body.users]).toEqual([200, people.length])
    expect(removalsIn(ingest).flatMap(({ remove }) => remove)).toEqual(people)
  })

  test('uses every path of userFields: a second value of a field is a person of its own', async () => {
    const own = { EMAIL: ['traits.work_email', 'traits.home_email'], EXTERN_ID: ['traits.crm_id', 'userId'] }
    const ingest = anEraser({ ...destination, name: 'crm', userFields: own })
    const traits = { work_email: 'work@example.com', home_email: 'home@example.com', crm_id: 'C1' }
    const { body } = await ingest.send(erase({ users: [{ userId: '17', traits }] }))
    expect(body.users).toBe(2)
    expect(removalsIn(ingest).map(({ destinations, remove }) => [destinations, remove])).toEqual([
      [['main'], [{ EMAIL: 'work@example.com' }, { EMAIL: 'home@example.com' }]],
      [
        ['crm'],
        [
          { EMAIL: 'work@example.com', EXTERN_ID: 'C1' },
          { EMAIL: 'home@example.com', EXTERN_ID: '17' },
        ],
      ],
    ])
    ingest.removal.length = 0
    const call = { type: 'delete', messageId: 'd-1', userId: '18', traits: { email: 'c@example.com', ...traits } }
    const called = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch: [call] }) })
    expect(called.body).toMatchObject({ erased: 3 })
    expect(removalsIn(ingest)[1]?.remove).toEqual([
      { EMAIL: 'c@example.com', EXTERN_ID: 'C1' },
      { EMAIL: 'work@example.com', EXTERN_ID: '18' },
      { EMAIL: 'home@example.com' },
    ])
  })

  test('says what else a user has with the first of its people alone, so that a small request stays a small one', async () => {
    const ingest = anEraser()
    const people = { EMAIL: 'a@example.com', email: 'b@example.com', Email: 'c@example.com' }
    const { body } = await ingest.send(
      erase({ users: [{ ...people, FN: 'Ann', COUNTRY: 'DE', EMIAL: 'd@example.com' }] }),
    )
    expect(removalsIn(ingest)[0]?.remove).toEqual([
      { EMAIL: 'a@example.com', FN: 'Ann', COUNTRY: 'DE' },
      { EMAIL: 'b@example.com', COUNTRY: 'DE' },
      { EMAIL: 'c@example.com', COUNTRY: 'DE' },
    ])
    expect(body.warnings).toMatchObject([{ code: 'field_unknown', field: 'EMIAL', count: 1 }])
  })

  test('makes no more people of a user than a request may have', () => {
    const blanks = (count: number) => ' '.repeat(count)
    const spellings = Array.from({ length: 12_000 }, (_, index) => [
      `${blanks(index % 110)}EMAIL${blanks(index / 110)}`,
      `${index}@example.com`,
    ])
    const { people } = createNamePeople([])([Object.fromEntries(spellings), ANN])
    expect(people).toHaveLength(10_001)
  })

  test('reads the country of a second phone where that of the first is', async () => {
    const countries = [
      { traits: { phone: '030 2222223', address: { country: 'DE' } } },
      { traits: { phone: '030 2222223' }, context: { traits: { address: { country: 'DE' } } } },
      { traits: { phone: '030 2222223' }, properties: { address: { country: 'DE' } } },
      { traits: { phone: '030 2222223' }, properties: { land: 'DE' } },
      { traits: { phone: '030 2222223' }, country: 'DE' },
    ]
    const abroad = { ...destination, userSchema: ['PHONE', 'COUNTRY'], userFields: { COUNTRY: ['properties.land'] } }
    for (const more of countries) {
      const ingest = anIngest({ settings: settingsOf({ sources: SOURCES, destinations: [abroad] }) })
      await ingest.send(erase({ users: [{ phone: '030 1111112', ...more }] }))
      expect(removalsIn(ingest).flatMap(({ remove }) => remove)).toEqual([
        { PHONE: '030 1111112', COUNTRY: 'DE' },
        { PHONE: '030 2222223', COUNTRY: 'DE' },
      ])
    }
  })

  test('takes out whoever is in by an EXTERN_ID that is an encoded address, which a list may have had', async () => {
    const ingest = anEraser({ ...destination, name: 'crm', userSchema: ['EXTERN_ID'], events: { A: OTHER_AUDIENCE } })
    await ingest.send(erase({ users: [{ EXTERN_ID: 'ann%40example.com' }] }))
    expect(removalsIn(ingest).map(({ remove }) => remove)).toEqual([[{ EXTERN_ID: 'ann%40example.com' }]])
  })

  test('rejects a user by its own place, whatever stands before it', async () => {
    const ingest = anEraser()
    const { body } = await ingest.send(erase({ users: [{ email: OLD, EMAIL: NEW }, { FN: 'x' }, ANN] }))
    expect(body).toMatchObject({ users: 3, rejected: [{ index: 1, code: 'no_identifier' }], rejectedCount: 1 })
  })

  test('counts a person of whom something is of no use once, however many destinations there are', async () => {
    const ingest = anEraser({ ...destination, name: 'crm', userFields: { EXTERN_ID: ['userId'] } })
    const { body } = await ingest.send(
      erase({ users: [{ ...ANN, EMIAL: 'x@example.com', EXTERN_ID: 'x@example.com' }] }),
    )
    expect(body.warnings).toMatchObject([
      { code: 'field_unknown', field: 'EMIAL', count: 1 },
      { code: 'external_id_is_email', field: 'EXTERN_ID', count: 1 },
    ])
    expect(JSON.stringify(body)).not.toContain('x@example.com')
  })

  test('tells keys of a user that nobody looks at and that may hold an identifier', async () => {
    const ingest = anEraser()
    const { body } = await ingest.send(
      erase({ users: [{ ...ANN, anonymousId: 'a', contact: { phone: '1' }, plan: 'x' }] }),
    )
    expect(body.warnings).toMatchObject([
      { code: 'key_unused', field: 'anonymousId', count: 1 },
      { code: 'key_unused', field: 'contact', count: 1 },
    ])
  })

  test('tells every place with an e-mail address that was not read, in delete calls too', async () => {
    const ingest = anEraser()
    const user = {
      ...{ email: 'ann@example.com', secondary_email: 'b@example.com', note: 'ask ann@example.com about it' },
      traits: { contact: { email: 'c@example.com', other: [{ email: ' Ann@Example.com' }] } },
      context: { user: { email: 'd@example.com' } },
    }
    const places = ['context.user.email', 'secondary_email', 'traits.contact.email']
    const keysUnused = (warnings: unknown) =>
      (warnings as { code: string; field: string; count: number }[]).map((each) => [each.code, each.field, each.count])
    const { body, text } = await ingest.send(erase({ users: [user, user] }))
    expect(keysUnused(body.warnings).sort()).toEqual(places.map((place) => ['key_unused', place, 2]))
    expect(text).not.toContain('@example.com')
    const call = { type: 'delete', messageId: 'd-1', integrations: { All: true }, owner: { phone: '1' }, ...user }
    const called = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch: [call] }) })
    expect(keysUnused(called.body.erasureWarnings).sort()).toEqual(
      [...places, 'owner'].sort().map((place) => ['key_unused', place, 1]),
    )
    const lost = { type: 'delete', messageId: 'd-2', owner: { email: 'c@example.com' } }
    const rejected = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch: [lost] }) })
    expect(rejected.body.rejected).toMatchObject([{ found: 'owner is of no use (key_unused)' }])
  })

  test('looks through values of any depth, and tells of a hundred places at most', () => {
    let deep: Record<string, unknown> = { email: 'b@example.com' }
    for (let depth = 0; depth < 100_000; depth += 1) deep = { a: deep }
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, key) => [`k${key}`, 'b@example.com']))
    expect(unusedPlaces([{ traits: deep }], []).size).toBe(1)
    expect(unusedPlaces([many, many], []).size).toBe(100)
  })

  test('removes nobody by a name alone, and says which destinations know people by names alone', async () => {
    const ingest = anEraser(
      { ...destination, name: 'letters', userSchema: ['EMAIL', 'FN', 'LN'], events: { A: OTHER_AUDIENCE } },
      { ...destination, name: 'names', userSchema: ['FN', 'LN', 'ZIP'], events: { A: `${AUDIENCE.slice(0, -1)}9` } },
    )
    const { body } = await ingest.send(erase({ users: [{ PHONE: '+49 30 1234567', FN: 'Ann', LN: 'Smith' }] }))
    expect(body.removals).toMatchObject([{ destination: 'main', users: 1 }])
    expect(body.notSent).toEqual([
      { destination: 'names', code: 'names_only' },
      { destination: 'letters', code: 'no_identifier_of_it', users: 1 },
    ])
  })

  test('takes what the regulation APIs of RudderStack and Segment take', async () => {
    const ingest = anEraser({ ...destination, name: 'crm', userFields: { EXTERN_ID: ['userId'] } })
    const rudder = { regulationType: 'suppress_with_delete', users: [{ userId: '17', email: 'ann@example.com' }] }
    const segment = { regulationType: 'SUPPRESS_WITH_DELETE', subjectType: 'USER_ID', subjectIds: ['18', '19'] }
    expect((await ingest.send(erase(rudder))).body).toMatchObject({
      users: 1,
      removals: [
        { destination: 'main', users: 1 },
        { destination: 'crm', users: 1 },
      ],
    })
    // Only `crm` takes a userId for EXTERN_ID.
    expect((await ingest.send(erase(segment))).body).toMatchObject({
      users: 2,
      removals: [{ destination: 'crm', users: 2 }],
    })
    expect(removalsIn(ingest).map(({ destinations, remove }) => [destinations, remove])).toEqual([
      [['main'], [{ EMAIL: 'ann@example.com' }]],
      [['crm'], [{ EMAIL: 'ann@example.com', EXTERN_ID: '17' }]],
      [['crm'], [{ EXTERN_ID: '18' }, { EXTERN_ID: '19' }]],
    ])
  })

  test('remembers an identifier as it was given too, for a destination that sends it like this one day', async () => {
    const ingest = anEraser()
    await ingest.send(erase({ users: [{ EMAIL: 'Ann@Example.com' }] }))
    // printf Ann@Example.com | sha256sum
    expect(await isErased(ingest, EMAIL, `1${await sha256('Ann@Example.com')}`.slice(0, 16))).toEqual([true, true])
  })

  test.each([
    ['the same userFields', {}],
    ['other userFields', { EXTERN_ID: ['userId'] }],
  ])('warns of a phone number that is one of several countries, of destinations with %s', async (_, userFields) => {
    const phones = { ...destination, userSchema: ['PHONE', 'EXTERN_ID'] }
    const ingest = anEraser(
      { ...phones, name: 'de', defaultCountry: 'DE', events: { A: OTHER_AUDIENCE } },
      { ...phones, name: 'at', defaultCountry: 'AT', userFields, events: { B: OTHER_AUDIENCE } },
    )
    const ambiguous = await ingest.send(erase({ users: [{ PHONE: '0664 1234567' }, { PHONE: '+43 664 1234567' }] }))
    expect(ambiguous.body.warnings).toContainEqual({
      ...{ code: 'phone_of_several_countries', field: 'PHONE', count: 1 },
      message: expect.stringContaining('somebody else') as string,
    })
    const clear = await ingest.send(erase({ users: [{ PHONE: '0664 1234567', COUNTRY: 'AT' }] }))
    expect(clear.body.warnings).toBeUndefined()
  })

  test('takes fewer people at once where each phone number is read for many countries, and says how many', async () => {
    const countries = ['DE', 'AT', 'CH', 'FR', 'IT', 'ES', 'GB', 'US', 'NL', 'BE']
    const abroad = countries.map((defaultCountry) => ({
      ...{ ...destination, name: defaultCountry, defaultCountry, events: { A: OTHER_AUDIENCE } },
    }))
    const ingest = anEraser(...abroad)
    const people = (count: number) => Array.from({ length: count }, (_, index) => ({ EXTERN_ID: `${index}` }))
    const refused = await ingest.send(erase({ users: people(4_616) }))
    expect([refused.status, refused.body.message]).toEqual([413, expect.stringContaining('send at most 4,615 at once')])
    const batch = people(4_616).map((traits) => ({ type: 'delete', messageId: 'd-1', traits }))
    const called = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch }) })
    expect([called.status, called.body.message]).toEqual([413, refused.body.message])
    expect(ingest.erasures.table.pages).toEqual([])
    expect((await ingest.send(erase({ users: people(4_615) }))).body.users).toBe(4_615)
  })

  test('queues for each destination only whom it can name, with their places in the request', async () => {
    const ingest = anEraser({ ...destination, name: 'phones', userSchema: ['PHONE'], events: { A: OTHER_AUDIENCE } })
    await ingest.send(erase({ users: [{ EMAIL: 'ann@example.com' }, { PHONE: '+49 30 123456' }] }))
    expect(removalsIn(ingest).map(({ destinations, remove, places }) => [destinations, remove, places])).toEqual([
      [['main'], [{ EMAIL: 'ann@example.com' }], [0]],
      [['main', 'phones'], [{ PHONE: '+49 30 123456' }], [1]],
    ])
  })

  test('never takes an e-mail address for an EXTERN_ID, which would leave the house unhashed', async () => {
    const ingest = anEraser({ ...destination, name: 'crm', userFields: { EXTERN_ID: ['userId'] } })
    const answer = await ingest.send(erase({ users: [{ userId: 'ann@example.com' }] }))
    expect([answer.status, answer.body.code]).toEqual([400, 'no_identifier'])
  })

  test('remembers what each destination sends: hashed as it comes where formats are switched off', async () => {
    const ingest = anEraser({ ...destination, name: 'raw', disableFormat: true })
    await ingest.send(erase({ users: [{ EMAIL: 'Ann@Example.com' }] }))
    const asItComes = `1${await sha256('Ann@Example.com')}`.slice(0, 16)
    expect(await isErased(ingest, EMAIL, asItComes, `${PHONE}000`)).toEqual([true, true, false])
  })

  test('remembers and removes nothing that is nobody’s, which a destination without formats sends for many people', async () => {
    const schema = { ...destination, userSchema: ['EMAIL', 'PHONE', 'MADID'] }
    const raw = { ...schema, name: 'raw', disableFormat: true }
    const ingest = anIngest({ settings: settingsOf({ sources: SOURCES, destinations: [schema, raw] }) })
    const [zeroes, none] = ['00000000-0000-0000-0000-000000000000', 'n/a']
    const asGiven = [`3${await sha256(zeroes)}`, `2${await sha256(none)}`].map((each) => each.slice(0, 16))
    const { body } = await ingest.send(erase({ users: [{ EMAIL: 'ann@example.com', PHONE: none, MADID: zeroes }] }))
    expect(body.warnings).toMatchObject([
      { code: 'unusable_value', field: 'MADID', count: 1 },
      { code: 'unusable_value', field: 'PHONE', count: 1 },
    ])
    expect(await isErased(ingest, EMAIL, ...asGiven)).toEqual([true, false, false])
    const alone = await ingest.send(erase({ users: [{ PHONE: none, MADID: zeroes }] }))
    expect([alone.status, alone.body.code]).toEqual([400, 'no_identifier'])
  })

  test('names the destinations that have a trial run, which send nothing', async () => {
    const ingest = anEraser({ ...destination, name: 'trial', dryRun: true })
    const { body } = await ingest.send(erase({ users: [ANN] }))
    expect(body.notSent).toEqual([{ destination: 'trial', code: 'dry_run' }])
    expect(removalsIn(ingest).map(({ destinations }) => destinations)).toEqual([['main']])
  })

  test('answers 503 when the list cannot be written, and when removals cannot be queued; both can be repeated', async () => {
    const ingest = anEraser()
    const { write } = ingest.erasures.table
    ingest.erasures.table.write = () => Promise.reject(new Error('out of reach'))
    expect((await ingest.send(erase({ users: [ANN] }))).status).toBe(503)
    expect(ingest.removal).toEqual([])
    ingest.erasures.table.write = write
    ingest.world.trackStored = { ok: false, reason: 'Unreachable' }
    const answer = await ingest.send(erase({ users: [ANN] }))
    expect([answer.status, answer.headers['Retry-After']]).toEqual([503, '5'])
    ingest.world.trackStored = { ok: true }
    expect((await ingest.send(erase({ users: [ANN] }))).status).toBe(200)
    expect(await isErased(ingest, EMAIL)).toEqual([true])
  })
})

test('a path or a method that is none of erasures is answered with the one that is, and nothing else', async () => {
  const ingest = anEraser()
  const body = JSON.stringify({ users: [ANN] })
  const answers = [
    await ingest.send({ path: '/v1/Erase', body }),
    await ingest.send({ path: '/v1/erase', method: 'GET' }),
    await ingest.send({ path: '//v1/erase', body }),
  ]
  expect(answers.map(({ status, body: { message } }) => [status, String(message).slice(0, 50)])).toEqual([
    [404, 'nobody was erased; send it to /v1/erase'],
    [404, 'this path takes POST alone; use POST'],
    [200, 'These people are remembered as erased from now on:'],
  ])
})

test.each(['/v1/erase', '/v1/unerase'])('%s refuses a key of the query that may change what is meant', async (path) => {
  const ingest = anEraser()
  const body = JSON.stringify({ users: [ANN] })
  const { status, body: answer } = await ingest.send({ path, query: { dryRun: 'true' }, body })
  expect([status, answer.code]).toEqual([400, 'query_key_unknown'])
  expect(answer.message).toContain('"dryRun" is no such key')
  expect(ingest.erasures.table.pages).toEqual([])
  const keyed = { path, query: { writeKey: 'key' }, headers: {}, body }
  expect((await ingest.send(keyed)).status).toBe(200)
})

describe('POST /v1/unerase', () => {
  test('takes people off the list, and queues nothing', async () => {
    const ingest = anEraser()
    await ingest.send(erase({ users: [ANN] }))
    ingest.removal.length = 0
    const { status, body } = await ingest.send({ path: '/v1/unerase', body: JSON.stringify({ users: [ANN] }) })
    expect([status, body.users, body.removals]).toEqual([200, 1, undefined])
    expect(body.message).toContain('keep nobody out any longer')
    expect(await isErased(ingest, EMAIL)).toEqual([false])
    expect(ingest.removal).toEqual([])
    expect(ingest.erasures.records.map(({ kind }) => kind)).toEqual(['erase', 'unerase'])
  })

  test('says when none of the identifiers was on the list', async () => {
    const ingest = anEraser()
    const { body } = await ingest.send({ path: '/v1/unerase', body: JSON.stringify({ users: [ANN] }) })
    expect(body.message).toContain('None of these identifiers was on the list of the erased')
  })

  test('says how many of the people were not on the list', async () => {
    const ingest = anEraser()
    await ingest.send(erase({ users: [ANN, { EMAIL: 'bob@example.com' }] }))
    const users = [ANN, { EMAIL: 'bbo@example.com' }]
    const { body } = await ingest.send({ path: '/v1/unerase', body: JSON.stringify({ users }) })
    expect([body.users, body.notErased]).toEqual([2, 1])
    expect(body.message).toContain('keep nobody out any longer')
    expect(body.message).toContain('Of these people 1 was not on the list')
    await ingest.send(erase({ users: [ANN] }))
    const known = await ingest.send({ path: '/v1/unerase', body: JSON.stringify({ users: [ANN] }) })
    expect(known.body.notErased).toBeUndefined()
    expect(known.body.message).not.toContain('was not on')
  })

  test('takes UNSUPPRESS, and refuses a regulation that suppresses', async () => {
    const ingest = anEraser()
    const send = (regulationType: string) =>
      ingest.send({ path: '/v1/unerase', body: JSON.stringify({ regulationType, users: [ANN] }) })
    expect((await send('UNSUPPRESS')).status).toBe(200)
    expect((await send('SUPPRESS_WITH_DELETE')).body.code).toBe('wrong_regulation')
  })
})

describe('a delete or suppress call among others', () => {
  const aDelete = (more: Record<string, unknown> = {}) => ({
    type: 'delete',
    messageId: 'd-1',
    userId: '17',
    traits: { email: 'ann@example.com' },
    ...more,
  })

  test('erases the person whom it is about, and the others go on', async () => {
    const ingest = anEraser()
    const batch = [
      aTrack(),
      aDelete(),
      aDelete({ type: 'suppress', messageId: 'd-2', traits: { phone: '+49 30 9912345' } }),
    ]
    const { status, body } = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch }) })
    expect([status, body.rejected]).toEqual([200, undefined])
    expect(body).toMatchObject({ accepted: 1, erased: 2, erasure: 'new-1' })
    expect(await isErased(ingest, EMAIL)).toEqual([true])
    expect(ingest.track).toHaveLength(1)
    expect(removalsIn(ingest)[0]).toMatchObject({
      by: 'erasure',
      remove: [{ EMAIL: 'ann@example.com' }, { PHONE: '+49 30 9912345' }],
    })
  })

  test('is about whom the context of its batch names, too, also at a path of a destination that its source does not feed', async () => {
    const ingest = anEraser({
      ...{ ...destination, name: 'crm', sources: ['other'], events: { BOUGHT: OTHER_AUDIENCE } },
      userFields: { PHONE: ['context.buyer.phone'] },
    })
    const context = { traits: { email: 'ann@example.com' }, buyer: { phone: '+49 30 9912345' } }
    const batch = [
      { type: 'delete', messageId: 'd-1', traits: { EXTERN_ID: '17' } },
      aDelete({ userId: undefined, traits: { email: 'bob@example.com' } }),
    ]
    const { status, body } = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch, context }) })
    expect([status, body.rejected, body.erasureWarnings]).toEqual([200, undefined, undefined])
    expect(removalsIn(ingest)[0]?.remove).toMatchObject([
      { EMAIL: 'ann@example.com', PHONE: '+49 30 9912345', EXTERN_ID: '17' },
      { EMAIL: 'bob@example.com', PHONE: '+49 30 9912345' },
      { EMAIL: 'ann@example.com' },
    ])
  })

  test('is rejected with may_not_erase where its source may not, and the others go on', async () => {
    const ingest = anIngest({ settings: settingsOf({ destinations: [destination] }) })
    const { status, body } = await ingest.send({
      path: '/v1/batch',
      body: JSON.stringify({ batch: [aDelete(), aTrack()] }),
    })
    expect([status, body.accepted]).toEqual([200, 1])
    expect(body.rejected).toMatchObject([{ index: 0, messageId: 'd-1', code: 'may_not_erase' }])
    expect(ingest.erasures.table.pages).toEqual([])
  })

  test.each(['Delete', 'DELETE', 'suppress ', 'SUPPRESS_WITH_DELETE', 'suppress_only', 'Delete_Only'])(
    'erases by the type %j too',
    async (type) => {
      const ingest = anEraser()
      const { body } = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch: [aDelete({ type })] }) })
      expect([body.erased, body.ignored]).toEqual([1, undefined])
      expect(await isErased(ingest, EMAIL)).toEqual([true])
    },
  )

  test.each([
    ['erase', 'call_type', 'delete'],
    ['Delet', 'call_type', 'delete'],
    ['suppress with delete', 'call_type', 'suppress_with_delete'],
    ['supress', 'call_type', 'suppress'],
    ['forget', 'call_type', 'delete'],
    ['UNSUPPRESS', 'unerase_call', undefined],
  ])('is rejected by name with the type %j, also beside many good events', async (type, code, suggestion) => {
    const ingest = anEraser()
    const batch = [...Array.from({ length: 20 }, () => aTrack()), aDelete({ type })]
    const { body } = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch }) })
    expect(body).toMatchObject({ accepted: 20, rejected: [{ index: 20, messageId: 'd-1', code, field: 'type' }] })
    expect((body.rejected as { suggestion?: string }[])[0]?.suggestion).toBe(suggestion)
    expect(ingest.erasures.table.pages).toEqual([])
  })

  test('is one of at most 10,000 in a request, which is as much as a request has time for', async () => {
    const ingest = anEraser()
    const batch = Array(10_001).fill({ type: 'delete', userId: '1', traits: { email: 'ann@example.com' } })
    const { status, body } = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch }) })
    expect([status, body.code]).toEqual([413, 'payload_too_large'])
    expect([ingest.removal, ingest.erasures.table.pages]).toEqual([[], []])
  })

  test('warns of a phone without its country code, and of a misspelt identifier', async () => {
    const ingest = anEraser()
    const batch = [
      aDelete({ traits: { phone: '030 9912345' } }),
      aDelete({ traits: { email: 'a@example.com', phnoe: '1' } }),
    ]
    const { body } = await ingest.send({ path: '/v1/batch', body: JSON.stringify({ batch }) })
    expect(body.erasureWarnings).toMatchObject([
      { code: 'phone_without_country', field: 'PHONE', count: 1 },
      { code: 'field_unknown', field: 'phnoe', suggestion: 'PHONE', count: 1 },
      { code: 'user_id_unused', field: 'userId', count: 2 },
    ])
  })

  test('erases by every value of it: also by a second e-mail address, and by columns beside its traits', async () => {
    const ingest = anEraser()
    const call = aDelete({
      traits: { email: 'a@example.com' },
      context: { traits: { email: 'ann@example.com' } },
      EXTERN_ID: 'x-1',
    })
    const { body } = await ingest.send({ path: '/v1/track', body: JSON.stringify(call) })
    expect(body.erased).toBe(2)
    expect(removalsIn(ingest)[0]?.remove).toEqual([
      { EMAIL: 'a@example.com', EXTERN_ID: 'x-1' },
      { EMAIL: 'ann@example.com' },
    ])
  })

  test('is rejected with the field that is of no use, and why', async () => {
    const ingest = anEraser()
    const { body, text } = await ingest.send({
      path: '/v1/batch',
      body: JSON.stringify({ batch: [aDelete({ traits: { email: 'ann at home', phnoe: '030' } })] }),
    })
    expect(body.rejected).toMatchObject([
      {
        code: 'person_missing',
        found: expect.stringMatching(/^EMAIL is of no use \(unusable_value\), "phnoe" was probably/) as string,
      },
    ])
    expect(text).not.toContain('at home')
    expect(JSON.stringify(ingest.logs)).not.toContain('phnoe')
  })

  test('is rejected when it names nobody who can be erased, with the keys that it has', async () => {
    const ingest = anEraser()
    const { body } = await ingest.send({
      path: '/v1/batch',
      body: JSON.stringify({ batch: [aDelete({ traits: { plan: 'x' } })] }),
    })
    expect(body.rejected).toMatchObject([{ index: 0, code: 'person_missing', keys: ['traits.plan'] }])
  })
})

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Buffer.from(digest).toString('hex')
}
