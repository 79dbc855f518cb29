import { describe, expect, test } from 'vitest'
import { EnvironmentError, readConsumerEnvironment, readIngestEnvironment } from '../../lib/config/environment.ts'

const INGEST = {
  TRACK_QUEUE_URL: 'https://sqs.example/1/track',
  REMOVAL_QUEUE_URL: 'https://sqs.example/1/removal',
  SESSION_QUEUE_URL: 'https://sqs.example/1/session.fifo',
  REGISTER_TABLE: 'register',
  ERASURE_KEY_SECRET_ID: 'arn:aws:secretsmanager:us-east-1:1:secret:erasures',
  WRITE_KEYS_SECRET_ID: 'arn:aws:secretsmanager:us-east-1:1:secret:keys',
  SECRET_LIFETIME_SECONDS: '300',
}

/** The message of the error that the environment leads to. */
function problemsOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError)
    return (error as Error).message
  }
  throw new Error('the environment was taken')
}

test('the variables of the ingest function are read, and others do not matter', () => {
  expect(readIngestEnvironment({ ...INGEST, AWS_REGION: 'x' })).toEqual({ ...INGEST, SECRET_LIFETIME_SECONDS: 300 })
})

test('all missing variables are named at once', () => {
  const problems = problemsOf(() => readIngestEnvironment({}))
  for (const name of Object.keys(INGEST)) expect(problems).toContain(`${name} is missing`)
})

test.each([
  ['TRACK_QUEUE_URL', 'track', 'must be an address'],
  ['SESSION_QUEUE_URL', '', 'must be an address'],
  ['WRITE_KEYS_SECRET_ID', '', ''],
  ['SECRET_LIFETIME_SECONDS', '5m', 'must be a whole number'],
])('%s cannot be "%s"', (name, value, message) => {
  expect(problemsOf(() => readIngestEnvironment({ ...INGEST, [name]: value }))).toContain(`${name} ${message}`)
})

describe('the Graph address', () => {
  const graphUrl = (value: string) => {
    try {
      readConsumerEnvironment({ GRAPH_API_URL: value })
    } catch (error) {
      return (error as Error).message.includes('GRAPH_API_URL') ? 'refused' : 'taken'
    }
    return 'taken'
  }

  test.each([
    'https://graph.facebook.com',
    'https://graph.facebook.com/',
    'https://proxy.example:8443/graph',
    'http://127.0.0.1:3001',
    'http://host.docker.internal:3001',
    'http://localhost:3001',
    'http://[::1]:3001',
  ])('may be %s', (value) => {
    expect(graphUrl(value)).toBe('taken')
  })

  test.each([
    'http://graph.facebook.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://user:127.0.0.1@example.com',
    'ftp://graph.facebook.com',
    'graph.facebook.com',
    '',
    '//graph.facebook.com',
    'https://graph.facebook.com?access_token=secret',
    'https://user:secret@graph.facebook.com',
    'https://graph.facebook.com/#secret',
  ])('may not be %s, because personal data leaves by it', (value) => {
    expect(graphUrl(value)).toBe('refused')
  })
})
