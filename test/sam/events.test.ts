import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { APIGatewayProxyEvent, SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { synthesise } from '../../cdk/synthesise.ts'
import { readConsumerEnvironment, readIngestEnvironment } from '../../lib/config/environment.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import { NOON, anIngest } from '../support/ingest.ts'
import { resourcesOf } from '../support/template.ts'
import type { CloudFormation } from '../support/template.ts'
import { samTemplate } from './template.ts'

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'))

const trackEvent = read('track-event.json') as APIGatewayProxyEvent
const { Records } = read('sqs-event.json') as SQSEvent
const environment = read('environment.json') as Record<string, Record<string, string>>

describe('the sample events', () => {
  test('ingest takes the request, and writes what the consumer is sent', async () => {
    const ingest = anIngest({ secret: '{"server":"local-write-key"}' })
    const { status, body } = await ingest.invoke(trackEvent)
    expect([status, body]).toEqual([200, { success: true, accepted: 1 }])
    expect(ingest.world.now).toBe(NOON)
    expect(ingest.track.map((message) => message.body)).toEqual(Records.map((record) => record.body))
  })

  test('the consumer can read its message', () => {
    for (const { body, md5OfBody } of Records) {
      expect(decodeMessage(body)?.events.map(({ name }) => name)).toEqual(['USER_ADD'])
      expect(md5OfBody).toBe(createHash('md5').update(body).digest('hex'))
    }
  })
})

describe('environment.json', () => {
  let directory: string
  let template: CloudFormation
  let functions: [string, Record<string, unknown>][]

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'facebook-audience-sync-'))
    const synthesis = synthesise({ destinationsPath: 'cdk/destinations.json', outputDirectory: directory })
    template = synthesis.template as CloudFormation
    functions = resourcesOf(samTemplate(template, 'x86_64'), 'AWS::Lambda::Function')
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const variablesOf = (properties: Record<string, unknown>) =>
    (properties.Environment as { Variables: Record<string, unknown> }).Variables

  test('names every function and every variable, and nothing else', () => {
    const names = (variables: Record<string, unknown>) => Object.keys(variables).sort()
    expect(Object.fromEntries(Object.entries(environment).map(([id, given]) => [id, names(given)]))).toEqual(
      Object.fromEntries(functions.map(([id, properties]) => [id, names(variablesOf(properties))])),
    )
  })

  test('gives the values that the template fixes, and the names that it refers to', () => {
    for (const [id, properties] of functions)
      for (const [name, value] of Object.entries(variablesOf(properties))) {
        if (name === 'AWS_ENDPOINT_URL' || name === 'GRAPH_API_URL') continue
        const given = environment[id]?.[name]
        if (typeof value === 'string') expect(given).toBe(value)
        else for (const logicalId of references(value)) expect(given).toContain(logicalId)
      }
  })

  test('fits the functions', () => {
    const given = (idStart: string) =>
      Object.entries(environment).find(([id]) => id.startsWith(idStart))?.[1] ?? expect.fail(idStart)
    expect(() => readIngestEnvironment(given('TrackApiIngest'))).not.toThrow()
    expect(() => readConsumerEnvironment(given('ConsumerHandler'))).not.toThrow()
  })

  test('the sample message comes from the queue of this template', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue').map(([id]) => id)
    for (const { eventSourceARN } of Records) {
      const name = eventSourceARN.split(':').at(-1)
      expect(queues).toContain(name)
      expect(Object.values(environment)[0]?.TRACK_QUEUE_URL?.endsWith(`/${name}`)).toBe(true)
    }
  })
})

test('SAM’s template has the functions and the API, for the architecture asked for, and nothing that SAM does not run', () => {
  const lambda = { Architectures: ['arm64'], Environment: { Variables: { A: 'a' } } }
  const template = {
    Resources: {
      F: {
        Type: 'AWS::Lambda::Function',
        Properties: lambda,
        Metadata: { 'aws:cdk:path': 'Stack/F', 'aws:asset:path': 'asset.1' },
      },
      Api: { Type: 'AWS::ApiGateway::RestApi', Properties: {}, Metadata: { 'aws:cdk:path': 'Stack/Api' } },
      Method: {
        Type: 'AWS::ApiGateway::Method',
        Properties: { HttpMethod: 'ANY', Integration: { Type: 'AWS_PROXY' } },
      },
      Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
    },
  }
  expect(samTemplate(template, 'x86_64').Resources).toEqual({
    F: {
      Type: 'AWS::Lambda::Function',
      Properties: { Architectures: ['x86_64'], Environment: { Variables: { A: 'a', AWS_ENDPOINT_URL: '' } } },
      Metadata: { 'aws:asset:path': 'asset.1' },
    },
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: {} },
    // SAM would take gzip for text without it.
    Method: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        HttpMethod: 'ANY',
        Integration: { Type: 'AWS_PROXY', ContentHandling: 'CONVERT_TO_BINARY', ContentType: '*/*' },
      },
    },
  })
})

/** Logical ids in a value, wherever they are. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if ('Ref' in value && typeof value.Ref === 'string') return value.Ref.startsWith('AWS::') ? [] : [value.Ref]
  return Object.values(value).flatMap(references)
}
