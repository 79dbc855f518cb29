import { expect, test } from 'vitest'
import { readLocalSettings } from '../../lib/local/settings.ts'

test('without variables the defaults hold', () => {
  expect(readLocalSettings({})).toEqual({
    port: 3000,
    graphPort: 3001,
    awsPort: 0,
    graphApiUrl: undefined,
    destinationsPath: 'cdk/destinations.json',
    writeKey: 'local-write-key',
    accessToken: 'local-access-token',
    batchWindow: 1,
    timeScale: 1,
  })
})

test('every variable is read', () => {
  const env = {
    PORT: '0',
    GRAPH_PORT: '8080',
    GRAPH_API_URL: 'http://127.0.0.1:4000',
    DESTINATIONS: 'mine.json',
    WRITE_KEY: 'w',
    ACCESS_TOKEN: 'a',
    BATCH_WINDOW: '60',
    TIME_SCALE: '0.01',
  }
  expect(readLocalSettings(env)).toEqual({
    port: 0,
    graphPort: 8080,
    awsPort: 0,
    graphApiUrl: 'http://127.0.0.1:4000',
    destinationsPath: 'mine.json',
    writeKey: 'w',
    accessToken: 'a',
    batchWindow: 60,
    timeScale: 0.01,
  })
})

test.each([
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['GRAPH_PORT', '1.5'],
  ['GRAPH_API_URL', 'graph.example'],
  ['GRAPH_API_URL', 'http://graph.example'],
  ['GRAPH_API_URL', 'file:///etc/hosts'],
  ['BATCH_WINDOW', '0.5'],
  ['BATCH_WINDOW', '301'],
  ['TIME_SCALE', '0'],
  ['TIME_SCALE', '-1'],
  ['TIME_SCALE', 'fast'],
])('%s=%s is refused with a message that names both', (name, value) => {
  expect(() => readLocalSettings({ [name]: value })).toThrow(`${name} is "${value}", and must`)
})

test.each(['https://g.example?access_token=s3cret', 'https://u:s3cret@g.example', 'g.example#s3cret'])(
  'a Graph API address that may hold a token is refused, and not printed: %s',
  (GRAPH_API_URL) => {
    expect(() => readLocalSettings({ GRAPH_API_URL })).toThrow(
      /^GRAPH_API_URL must have no user, password, "\?" or "#"(?!.*s3cret)/,
    )
  },
)

test('all wrong variables are told at once', () => {
  expect(() => readLocalSettings({ PORT: 'x', TIME_SCALE: 'y' })).toThrow(/PORT is .*\nTIME_SCALE is /)
})

test.each(['PORT', 'GRAPH_API_URL', 'DESTINATIONS', 'WRITE_KEY', 'TIME_SCALE'])('an empty %s is refused', (name) => {
  for (const value of ['', ' '])
    expect(() => readLocalSettings({ [name]: value })).toThrow(
      `${name} is empty; unset it for its default, or give it a value`,
    )
})

test('a write key with a colon is refused, because Basic authentication cannot carry it', () => {
  expect(() => readLocalSettings({ WRITE_KEY: 'a:b' })).toThrow(/^WRITE_KEY has a ":"/)
})

test.each([
  [['--port', '4000'], 'use PORT=4000 npm start'],
  [['--port=4000'], 'use PORT=4000 npm start'],
  [['--graph-port', '4001'], 'use GRAPH_PORT=4001 npm start'],
  [['4000'], 'use PORT=4000 npm start'],
])('the arguments %j are refused, with the variable to use', (args, use) => {
  expect(() => readLocalSettings({}, args)).toThrow(use)
})

test('npm start --dryRun, which npm keeps to itself, is refused with the setting to use', () => {
  expect(() => readLocalSettings({ npm_config_dryrun: 'true' })).toThrow('"dryRun": true')
})
