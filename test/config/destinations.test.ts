import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseDestinations } from '../../lib/config/destinations.ts'
import { parseDestinationsJson } from '../../lib/config/destinations-json.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:facebook-token'

type File = { sources?: unknown; destinations?: unknown; [key: string]: unknown }
const file = (overrides: File = {}): File => ({
  sources: [{ name: 'server' }],
  destinations: [aDestination()],
  ...overrides,
})
const destination = (overrides: Record<string, unknown>) => file({ destinations: [aDestination(overrides)] })
const problemsOf = (input: unknown) => {
  const parsed = parseDestinations(input)
  return parsed.ok ? [] : parsed.problems
}

test('the file of the repository is usable, and exactly the seed’s example', () => {
  const parsed = parseDestinations(JSON.parse(readFileSync('cdk/destinations.json', 'utf8')))
  expect(parsed).toMatchObject({
    ok: true,
    warnings: [],
    destinations: {
      sources: [{ name: 'server' }],
      destinations: [
        { name: 'main', userSchema: ['EMAIL', 'FN'], events: { USER_ADD: { audiences: ['23846440602800582'] } } },
      ],
    },
  })
})

describe('a setting that is left out', () => {
  test('has its default', () => {
    expect(settingsOf()).toEqual({
      sources: [{ name: 'server', signed: false, mayErase: false }],
      destinations: [
        {
          name: 'main',
          userSchema: ['EMAIL', 'FN'],
          events: { USER_ADD: { audiences: [AUDIENCE] } },
          memberships: {},
          sourceAudience: {},
          userFields: {},
          isHashRequired: true,
          dryRun: false,
          disableFormat: false,
          sources: ['server'],
          apiVersion: 'v26.0',
          maxUserCount: 10_000,
          isValueBasedAudience: false,
        },
      ],
    })
  })

  test('lets all sources without allowedOrigins feed a destination, because a browser’s key is public', () => {
    const sources = [{ name: 'a' }, { name: 'web', allowedOrigins: ['*'] }, { name: 'b' }]
    const destinations = [
      aDestination(),
      aDestination({ name: 'web', sources: ['web', 'a'], events: { X: OTHER_AUDIENCE } }),
    ]
    expect(settingsOf({ sources, destinations }).destinations.map((each) => each.sources)).toEqual([
      ['a', 'b'],
      ['web', 'a'],
    ])
  })
})

describe('a setting may be', () => {
  test.each([
    [
      'events',
      { A: [AUDIENCE, OTHER_AUDIENCE], B: AUDIENCE },
      { A: { audiences: [AUDIENCE, OTHER_AUDIENCE] }, B: { audiences: [AUDIENCE] } },
    ],
    ['events', { ' any name ☃ ': AUDIENCE }, { ' any name ☃ ': { audiences: [AUDIENCE] } }],
    ['userSchema', ['PHONE_SHA256', 'MOBILE_ADVERTISER_ID'], ['PHONE', 'MADID']],
    ['isHashRequired', false, false],
    ['disableFormat', true, true],
    ['dryRun', true, true],
    ['accessTokenSecret', 'my/token', 'my/token'],
    ['accessTokenSecret', `${SECRET_ARN}-AbC123`, `${SECRET_ARN}-AbC123`],
    ['adAccountId', '1234567890', 'act_1234567890'],
    ['adAccountId', 'act_1234567890', 'act_1234567890'],
    ['apiVersion', 'v99.0', 'v99.0'],
    ['maxUserCount', 1, 1],
    ['isRaw', true, true],
    ['type', 'EVENT_BASED', 'EVENT_BASED'],
    ['subType', 'HASHES', 'HASHES'],
    ['defaultCountry', 'de', 'DE'],
    ['limitedDataUse', true, true],
    ['limitedDataUse', { country: 1, state: 1000 }, { country: 1, state: 1000 }],
    ['limitedDataUse', { country: 0, state: 0 }, { country: 0, state: 0 }],
  ])('%s: %j', (key, given, value) => {
    expect(settingsOf({ destinations: [aDestination({ [key]: given })] }).destinations[0]).toMatchObject({
      [key]: value,
    })
  })

  test('a source’s origins, signature and header, whose name is compared in lower case', () => {
    const sources = [
      { name: 'web', allowedOrigins: ['https://www.example.com', 'http://localhost:8080'] },
      { name: 'hook', signed: true, secretHeader: 'X-My-Secret' },
    ]
    expect(settingsOf({ sources, destinations: [aDestination({ sources: ['web', 'hook'] })] }).sources).toEqual([
      {
        name: 'web',
        allowedOrigins: ['https://www.example.com', 'http://localhost:8080'],
        signed: false,
        mayErase: false,
      },
      { name: 'hook', signed: true, secretHeader: 'x-my-secret', mayErase: false },
    ])
  })

  test('a source that only erases, and so feeds no destination', () => {
    const sources = [{ name: 'server' }, { name: 'privacy', mayErase: true }]
    const { sources: parsed } = settingsOf({ sources, destinations: [aDestination({ sources: ['server'] })] })
    expect(parsed).toContainEqual({ name: 'privacy', signed: false, mayErase: true })
  })
})

const FIELDS = /^must be one of EMAIL, .*EXTERN_ID/
const at = (path: string) => `destinations.0.${path}`

describe('a problem is told by its path, with what to do', () => {
  test.each([
    ['no object', 7, '(the whole file)', 'must be an object: {"…": …}'],
    [
      'an unknown key',
      file({ destination: [] }),
      'destination',
      'is not a setting; remove it, or write "destinations" if you meant that',
    ],
    ['no sources', file({ sources: undefined }), 'sources', 'is missing'],
    ['sources that are no list', file({ sources: {} }), 'sources', 'must be a list of sources'],
    ['an empty list of sources', file({ sources: [] }), 'sources', 'needs at least one source'],
    ['a source that is text', file({ sources: ['server'] }), 'sources.0', 'must be an object: {"name":"server"}'],
    ['a source that is a number', file({ sources: [1] }), 'sources.0', 'must be an object: {"…": …}'],
    ['a source without name', file({ sources: [{}] }), 'sources.0.name', 'is missing'],
    ['destinations that are no list', file({ destinations: {} }), 'destinations', 'must be a list of destinations'],
    ['an empty list of destinations', file({ destinations: [] }), 'destinations', 'needs at least one destination'],
    [
      'an unknown setting',
      destination({ accessToken: 'x' }),
      at('accessToken'),
      'is not a setting; remove it, or write "accessTokenSecret" if you meant that',
    ],
    [
      'a name with a blank',
      destination({ name: 'a b' }),
      at('name'),
      'must be 1 to 64 letters, digits, "-" or "_", beginning with a letter',
    ],
    ...['constructor', 'hasOwnProperty', 'prototype', 'toString'].map((name): [string, File, string, string] => [
      `the name ${name}, which objects inherit`,
      destination({ name }),
      at('name'),
      `"${name}" cannot be used; choose another`,
    ]),
    [
      'the name __proto__',
      destination({ name: '__proto__' }),
      at('name'),
      'must be 1 to 64 letters, digits, "-" or "_", beginning with a letter',
    ],
    ['no schema', destination({ userSchema: undefined }), at('userSchema'), 'is missing'],
    ['an empty schema', destination({ userSchema: [] }), at('userSchema'), 'needs at least one field'],
    ['an unknown field', destination({ userSchema: ['EMAIL', 'NAME'] }), at('userSchema.1'), FIELDS],
    [
      'a field in small letters',
      destination({ userSchema: ['email'] }),
      at('userSchema.0'),
      /^write EMAIL: must be one of EMAIL, /,
    ],
    ['a mistaken field', destination({ userSchema: ['first_name'] }), at('userSchema.0'), /^write FN: must be one of /],
    [
      'events that are a list',
      destination({ events: ['A', 'B'] }),
      at('events'),
      'must be an object: {"A": "23846440602800582", "B": "23846440602800582"}, with your audience\'s id',
    ],
    ['events that are a list of ids', destination({ events: [AUDIENCE] }), at('events'), /^must be an object: /],
    ['a field twice', destination({ userSchema: ['EMAIL', 'EMAIL_SHA256'] }), at('userSchema'), 'names EMAIL twice'],
    [
      'a schema that names nobody',
      destination({ userSchema: ['DATA_PROCESSING_OPTIONS'] }),
      at('userSchema'),
      'needs a field that identifies a person, such as EMAIL',
    ],
    ['no events', destination({ events: {} }), at('events'), /^needs at least one event name/],
    [
      'events that are text',
      destination({ events: 'USER_ADD' }),
      at('events'),
      'must be an object: {"USER_ADD": "23846440602800582"}, with your audience\'s id',
    ],
    [
      'events that are a number',
      destination({ events: 7 }),
      at('events'),
      'must be an object: {"USER_ADD": "23846440602800582"}',
    ],
    [
      'a sourceAudience that is an id',
      destination({ sourceAudience: AUDIENCE }),
      at('sourceAudience'),
      'must be an object: {"NAME_OF_A_SOURCE": "23846440602800582"}',
    ],
    ['a setting of a destination beside them', { events: { A: AUDIENCE } }, 'events', /^belongs into a destination: /],
    [
      'an event without name',
      destination({ events: { '': AUDIENCE } }),
      at('events.'),
      'an event name may not be empty',
    ],
    [
      'an audience id that is a number',
      destination({ events: { A: 23846440602800580 } }),
      at('events.A'),
      'must be a custom audience id in quotes, such as "23846440602800582", or a list of them',
    ],
    [
      'an audience id that is a name',
      destination({ events: { A: 'my audience' } }),
      at('events.A'),
      'must be a custom audience id in quotes, such as "23846440602800582", or a list of them',
    ],
    [
      'an empty list of audiences',
      destination({ events: { A: [] } }),
      at('events.A'),
      'needs at least one audience id',
    ],
    [
      'an audience twice',
      destination({ events: { A: [AUDIENCE, AUDIENCE] } }),
      at('events.A'),
      `names audience ${AUDIENCE} twice`,
    ],
    [
      'an event name that objects inherit',
      destination({ events: JSON.parse(`{"__proto__":"${AUDIENCE}","A":"${AUDIENCE}"}`) }),
      at('events.__proto__'),
      'is a name that cannot be used; choose another',
    ],
    [
      'isHashRequired that is text',
      destination({ isHashRequired: 'yes' }),
      at('isHashRequired'),
      'must be true or false',
    ],
    ['dryRun that is text', destination({ dryRun: 'true' }), at('dryRun'), 'must be true or false'],
    ['disableFormat that is a number', destination({ disableFormat: 1 }), at('disableFormat'), 'must be true or false'],
    ['an empty secret name', destination({ accessTokenSecret: '' }), at('accessTokenSecret'), 'may not be empty'],
    ['an unknown source', destination({ sources: ['web'] }), at('sources'), 'names "web", which is not in sources'],
    ['an empty list of its sources', destination({ sources: [] }), at('sources'), 'needs at least one source name'],
    ...['*', 'my token', 'x'.repeat(513), 'arn:aws:s3:::x', SECRET_ARN, `${SECRET_ARN}-??????`].map(
      (accessTokenSecret): [string, File, string, RegExp] => [
        `the secret ${accessTokenSecret.slice(0, 80)}`,
        destination({ accessTokenSecret }),
        at('accessTokenSecret'),
        /^must be the name of a secret .* or its whole ARN/,
      ],
    ),
    ...[1234567890, 'act_<id>', 'ACT_1234567890', 'act_', ' 1234567890', '0', '123-456', ''].map(
      (adAccountId): [string, File, string, string] => [
        `the ad account ${JSON.stringify(adAccountId)}`,
        destination({ adAccountId }),
        at('adAccountId'),
        'must be the ad account id in quotes, digits with or without "act_" before them, such as "act_1234567890": the address bar of Ads Manager shows it after act=',
      ],
    ),
    ['a wrong version', destination({ apiVersion: '26' }), at('apiVersion'), 'must look like "v26.0"'],
    ['a version that never was', destination({ apiVersion: 'v20.5' }), at('apiVersion'), 'must look like "v26.0"'],
    [
      'too many users',
      destination({ maxUserCount: 10_001 }),
      at('maxUserCount'),
      'must be at most 10000: Meta takes no more users in one request',
    ],
    ['no users', destination({ maxUserCount: 0 }), at('maxUserCount'), 'must be at least 1'],
    ['half a user', destination({ maxUserCount: 1.5 }), at('maxUserCount'), 'must be a whole number'],
    ['a wrong type', destination({ type: 'FILE' }), at('type'), /^must be one of UNKNOWN, FILE_IMPORTED/],
    ['a wrong sub-type', destination({ subType: 'X' }), at('subType'), /^must be one of ANYTHING, NOTHING/],
    [
      'a country of three letters',
      destination({ defaultCountry: 'USA' }),
      at('defaultCountry'),
      'must be a two-letter country code',
    ],
    [
      'a language in place of a country',
      destination({ defaultCountry: 'EN' }),
      at('defaultCountry'),
      'must be the code of a country, such as "US", "GB" or "DE"',
    ],
    [
      'limitedDataUse: false',
      destination({ limitedDataUse: false }),
      at('limitedDataUse'),
      'must be true, or {"country": 0 or 1, "state": 0 or a state code such as 1000}',
    ],
    [
      'half a limitedDataUse',
      destination({ limitedDataUse: { country: 1, state: 0 } }),
      at('limitedDataUse'),
      'needs country and state together: {"country": 1, "state": 1000}, or true to let Meta locate the person',
    ],
    [
      'a state that is no whole number',
      destination({ limitedDataUse: { country: 1, state: 1000.5 } }),
      at('limitedDataUse.state'),
      'must be a whole number',
    ],
    [
      'a state that Meta has no code for',
      destination({ limitedDataUse: { country: 1, state: 5 } }),
      at('limitedDataUse.state'),
      'must be 0 or a state code such as 1000',
    ],
    [
      'a value without its audience',
      destination({ userSchema: ['EMAIL', 'LOOKALIKE_VALUE'] }),
      at('isValueBasedAudience'),
      /^must be true for LOOKALIKE_VALUE; set it/,
    ],
    [
      'a value-based audience without value',
      destination({ isValueBasedAudience: true }),
      at('userSchema'),
      'needs LOOKALIKE_VALUE, because isValueBasedAudience is true',
    ],
    [
      'an origin with a path',
      file({ sources: [{ name: 'a', allowedOrigins: ['https://a.example/'] }] }),
      'sources.0.allowedOrigins.0',
      /^must be an exact origin such as/,
    ],
    [
      'an origin in capitals',
      file({ sources: [{ name: 'a', allowedOrigins: ['https://A.example'] }] }),
      'sources.0.allowedOrigins.0',
      /^must be an exact origin/,
    ],
    [
      'no origins',
      file({ sources: [{ name: 'a', allowedOrigins: [] }] }),
      'sources.0.allowedOrigins',
      'needs at least one origin',
    ],
    [
      'a header name with a blank',
      file({ sources: [{ name: 'a', secretHeader: 'a b' }] }),
      'sources.0.secretHeader',
      'must be a header name',
    ],
    [
      'a browser that signs',
      file({
        sources: [{ name: 'a', allowedOrigins: ['*'], signed: true }],
        destinations: [aDestination({ sources: ['a'] })],
      }),
      'sources.0.signed',
      'is for webhooks; browsers cannot sign',
    ],
    [
      'a browser that erases',
      file({
        sources: [{ name: 'a', allowedOrigins: ['*'], mayErase: true }],
        destinations: [aDestination({ sources: ['a'] })],
      }),
      'sources.0.mayErase',
      'is not for a source with allowedOrigins: every visitor of a page can read its key, and could erase anybody; make a source of its own for erasures, without allowedOrigins',
    ],
    [
      'mayErase that is text',
      file({ sources: [{ name: 'server', mayErase: 'yes' }] }),
      'sources.0.mayErase',
      'must be true or false',
    ],
    [
      'only browser sources',
      file({ sources: [{ name: 'a', allowedOrigins: ['*'] }] }),
      at('sources'),
      'is missing: all sources have allowedOrigins, and such a source feeds a destination only if it is named here',
    ],
    [
      'a source that feeds nothing',
      file({ sources: [{ name: 'server' }, { name: 'web', allowedOrigins: ['*'] }] }),
      'sources.1',
      '"web" feeds no destination; name it in a destination\'s sources, or remove it',
    ],
    [
      'a source’s name twice',
      file({ sources: [{ name: 'a' }, { name: 'A' }] }),
      'sources.1.name',
      'repeats the name of sources.0; give it another',
    ],
    [
      'a destination’s name twice',
      file({ destinations: [aDestination(), aDestination({ name: 'Main' })] }),
      'destinations.1.name',
      'repeats the name of destinations.0; give it another',
    ],
    [
      'an audience with two schemas',
      file({ destinations: [aDestination(), aDestination({ name: 'b', userSchema: ['EMAIL'] })] }),
      'destinations.1.events.USER_ADD',
      `audience ${AUDIENCE} has another userSchema in destination "main"; an audience keeps one schema for life`,
    ],
  ])('%s', (_, input, path, message) => {
    const matching = typeof message === 'string' ? message : (expect.stringMatching(message) as string)
    expect(problemsOf(input)).toContainEqual({ path, message: matching })
  })

  test('all of them at once, those between settings too, and every unknown key', () => {
    const problems = problemsOf({
      source: [],
      sources: [
        { name: 'server', key: 'x', origins: [] },
        { name: 'server', secretHeader: 'a b' },
      ],
      destinations: [
        aDestination({ sources: ['nobody'], maxUserCount: 0 }),
        aDestination({ userSchema: ['EMAIL'], isRaw: 1, typo: 1, event: {} }),
      ],
    })
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'destinations.0.maxUserCount',
      'destinations.0.sources',
      'destinations.1.event',
      'destinations.1.events.USER_ADD',
      'destinations.1.isRaw',
      'destinations.1.name',
      'destinations.1.typo',
      'source',
      'sources.0.key',
      'sources.0.origins',
      'sources.1.name',
      'sources.1.secretHeader',
    ])
  })
})

test('an ARN that may end before its six characters is usable, with a warning', () => {
  const accessTokenSecret = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:facebook-secret'
  expect(parseDestinations(destination({ accessTokenSecret }))).toMatchObject({
    ok: true,
    warnings: [{ path: at('accessTokenSecret'), message: expect.stringContaining('may lack the six') as string }],
  })
})

test('keys that stand twice are named wherever they are, with what else is wrong', () => {
  const text = `{"sources":[{"name":"server","name":"other"}],
    "destinations":[{"name":"main","events":{"A":"${AUDIENCE}","B":"${AUDIENCE}","A":"${OTHER_AUDIENCE}"}}],
    "destinations":[{"name":"main","events":{"A":"${AUDIENCE}"}}]}`
  const parsed = parseDestinationsJson(text)
  expect(parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
    'sources.0.name stands a second time in line 1',
    'destinations.0.events.A stands a second time in line 2',
    'destinations stands a second time in line 3',
    'destinations.0.userSchema is missing',
  ])
  const wellFormed = JSON.stringify(destination({ events: { name: AUDIENCE, events: AUDIENCE } }))
  expect(parseDestinationsJson(wellFormed).ok).toBe(true)
})

test('an event of several audiences is usable, with the warning that its sessions are not sent', () => {
  expect(parseDestinations(destination({ events: { A: [AUDIENCE, OTHER_AUDIENCE] } }))).toMatchObject({
    ok: true,
    warnings: [{ path: at('events.A'), message: expect.stringContaining('its sessions are not sent') as string }],
  })
})

test('an event name with blanks around it is warned of, since no other fits', () => {
  const parsed = parseDestinations(destination({ events: { 'USER_ADD ': AUDIENCE } }))
  expect(parsed).toMatchObject({
    ok: true,
    warnings: [{ path: at('events.USER_ADD '), message: expect.stringContaining('write "USER_ADD"') as string }],
  })
})
