import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { afterAll, describe, expect, test } from 'vitest'
import { addStack } from '../../cdk/synthesise.ts'
import { readConsumerEnvironment, readHealthEnvironment, readIngestEnvironment } from '../../lib/config/environment.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../support/settings.ts'
import { referenceOf, resolved, resourceOf, resourcesOf } from '../support/template.ts'
import type { CloudFormation } from '../support/template.ts'
import { anApp, theStack } from './the-stack.ts'

const directory = mkdtempSync(join(tmpdir(), 'stack-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
const { stack, template } = theStack

const functions = resourcesOf(stack, 'AWS::Lambda::Function')
const [ingest, consumer, health] = ['TrackApiIngest', 'ConsumerHandler', 'HealthHandler'].map((id) =>
  resourceOf(stack, 'AWS::Lambda::Function', id),
)
const queue = (name: string) => resourceOf(stack, 'AWS::SQS::Queue', `Queues${name}`)
const mappings = resourcesOf(stack, 'AWS::Lambda::EventSourceMapping').map(([, mapping]) => mapping)
const mappingOf = (name: string) =>
  mappings.find(({ EventSourceArn }) => referenceOf(EventSourceArn) === `Queues${name}`)
const environmentOf = (of: Record<string, unknown> | undefined) => {
  const { Variables } = of?.Environment as { Variables: Record<string, unknown> }
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, resolved(value)]))
}

describe('queues', () => {
  const timeout = Number(consumer?.Timeout)

  test.each(['Track', 'Removal', 'Session', 'Retry'])(
    'every message of the %s queue that fails comes back alone',
    (name) => {
      expect(mappingOf(name)).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      })
    },
  )

  test('no queue but these feeds a function, and no function but the consumer is fed', () => {
    expect(mappings).toHaveLength(4)
    expect(new Set(mappings.map(({ FunctionName }) => referenceOf(FunctionName)))).toEqual(new Set(['ConsumerHandler']))
  })

  test('single events are gathered for a minute into large batches', () => {
    expect(mappingOf('Track')).toMatchObject({ BatchSize: 10_000, MaximumBatchingWindowInSeconds: 60 })
  })

  test('a FIFO queue takes no window and at most ten messages', () => {
    expect(mappingOf('Session')).toMatchObject({ BatchSize: 10 })
    expect(mappingOf('Session')).not.toHaveProperty('MaximumBatchingWindowInSeconds')
  })

  test.each(['Track', 'Removal', 'Retry'])(
    'a message of the %s queue is hidden six times as long as its consumer may run, and the window',
    (name) => {
      const window = Number(mappingOf(name)?.MaximumBatchingWindowInSeconds)
      const least = 6 * timeout + (name === 'Retry' ? 0 : window)
      expect(Number(queue(name).VisibilityTimeout)).toBeGreaterThanOrEqual(least)
      expect(Number(queue(name).VisibilityTimeout)).toBeLessThanOrEqual(43_200)
    },
  )

  test('a session stands still no longer than two runs, because Meta ends it after 90 minutes', () => {
    expect(queue('Session')).toMatchObject({ VisibilityTimeout: 2 * timeout, FifoQueue: true })
  })

  test('sessions do not share 300 calls a second: each is limited, and recognised when sent twice, alone', () => {
    const highThroughput = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
    expect(queue('Session')).toMatchObject(highThroughput)
  })

  test.each([
    ['Track', 'DeadLetters', 7],
    ['Removal', 'DeadLetters', 7],
    ['Session', 'SessionDeadLetters', 200],
    ['Retry', 'DeadLetters', 100],
  ])('what is received from the %s queue too often goes to the %s', (name, deadLetters, maxReceiveCount) => {
    const { deadLetterTargetArn, ...policy } = queue(name).RedrivePolicy as Record<string, unknown>
    expect([referenceOf(deadLetterTargetArn), policy]).toEqual([`Queues${deadLetters}`, { maxReceiveCount }])
    expect(queue(deadLetters).FifoQueue).toBe(queue(name).FifoQueue)
  })

  test('what is not delivered is kept for four days, and what was given up for fourteen', () => {
    const days = (name: string) => Number(queue(name).MessageRetentionPeriod) / 86_400
    expect(['Track', 'Removal', 'Session', 'Retry', 'DeadLetters', 'SessionDeadLetters'].map(days)).toEqual([
      4, 4, 4, 4, 14, 14,
    ])
  })

  test('every queue takes messages of 1 MiB, whatever the default of the account and tool is', () => {
    const sizes = resourcesOf(stack, 'AWS::SQS::Queue').map(([, { MaximumMessageSize }]) => MaximumMessageSize)
    expect(sizes).toEqual(Array.from({ length: 6 }, () => 1_048_576))
  })

  test('every queue is encrypted with the key of the deployment, and taken only over TLS', () => {
    const queues = resourcesOf(stack, 'AWS::SQS::Queue')
    expect(queues).toHaveLength(6)
    for (const [, each] of queues) {
      expect(referenceOf(each.KmsMasterKeyId)).toBe('EncryptionKey')
      expect(each.KmsDataKeyReusePeriodSeconds).toBeGreaterThanOrEqual(3600)
    }
    expect(resourcesOf(stack, 'AWS::SQS::QueuePolicy')).toHaveLength(6)
    for (const [, policy] of resourcesOf(stack, 'AWS::SQS::QueuePolicy'))
      expect(JSON.stringify(policy)).toContain('{"Bool":{"aws:SecureTransport":"false"}}')
  })
})

describe('functions', () => {
  test('run Node 24 on arm64, and log JSON into a group that forgets', () => {
    expect(functions).toHaveLength(3)
    for (const [, properties] of functions) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'INFO' },
      })
      const { LogGroup } = properties.LoggingConfig as { LogGroup: unknown }
      expect(resourceOf(stack, 'AWS::Logs::LogGroup', referenceOf(LogGroup)).RetentionInDays).toBeGreaterThan(0)
    }
    for (const [, group] of resourcesOf(stack, 'AWS::Logs::LogGroup')) expect(group.RetentionInDays).toBeGreaterThan(0)
  })

  test('end before API Gateway gives up, and outlast two Graph requests of a minute', () => {
    expect(Number(ingest?.Timeout)).toBeLessThan(29)
    expect(Number(consumer?.Timeout)).toBeGreaterThan(120)
  })

  test('have the environment that they read', () => {
    expect(readIngestEnvironment(environmentOf(ingest))).toMatchObject({
      TRACK_QUEUE_URL: 'https://example.com/QueuesTrack',
      REMOVAL_QUEUE_URL: 'https://example.com/QueuesRemoval',
      SESSION_QUEUE_URL: 'https://example.com/QueuesSession',
      WRITE_KEYS_SECRET_ID: 'https://example.com/TrackApiWriteKeys',
    })
    expect(readConsumerEnvironment(environmentOf(consumer))).toMatchObject({
      TRACK_QUEUE_URL: 'https://example.com/QueuesTrack',
      REMOVAL_QUEUE_URL: 'https://example.com/QueuesRemoval',
      SESSION_QUEUE_URL: 'https://example.com/QueuesSession',
      RETRY_QUEUE_URL: 'https://example.com/QueuesRetry',
      DEAD_LETTER_QUEUE_URL: 'https://example.com/QueuesDeadLetters',
      ACCESS_TOKEN_PREFIX: expect.stringMatching(/^FacebookAudienceSync-AccessTokens-.+\/$/) as string,
      GRAPH_API_URL: 'https://graph.facebook.com',
    })
    expect(readHealthEnvironment(environmentOf(health))).toEqual({
      ACCESS_TOKEN_PREFIX: expect.stringMatching(/^FacebookAudienceSync-AccessTokens-.+\/$/) as string,
      GRAPH_API_URL: 'https://graph.facebook.com',
    })
  })

  test('write their metrics to the namespace of their deployment', () => {
    for (const each of [ingest, consumer, health])
      expect(environmentOf(each)).toMatchObject({ POWERTOOLS_METRICS_NAMESPACE: 'FacebookAudienceSync' })
  })

  test('health runs once a day', () => {
    expect(resourcesOf(stack, 'AWS::Events::Rule').map(([, rule]) => rule)).toMatchObject([
      { ScheduleExpression: 'rate(1 day)', State: 'ENABLED' },
    ])
  })
})

describe('permissions', () => {
  type Statement = { Action: string | string[]; Resource: unknown }
  const statements = (policy: string) => {
    const { PolicyDocument } = resourceOf(stack, 'AWS::IAM::Policy', `${policy}RoleDefaultPolicy`)
    return (PolicyDocument as { Statement: Statement[] }).Statement.map(({ Action, Resource }) => ({
      actions: [Action].flat(),
      resources: [Resource].flat().map((resource) => referenceOf(resource) || tokens(resource)),
    }))
  }
  // Recognised by the beginning of their names, which has the stack's id.
  const TOKENS = 'secret:FacebookAudienceSync-AccessTokens-…/*'
  const tokens = (resource: unknown) => {
    const text = JSON.stringify(resource)
    return /:secret:FacebookAudienceSync-AccessTokens-\w+-",.*AWS::StackId.*,"\/\*"\]\]\}$/.test(text) ? TOKENS : ''
  }
  const reach = (policy: string, action: string) =>
    statements(policy)
      .flatMap(({ actions, resources }) => (actions.includes(action) ? resources : []))
      .sort()

  test('ingest reads write keys and no token, the consumer tokens and no write key, and both the key of erasures', () => {
    expect(reach('TrackApiIngest', 'secretsmanager:GetSecretValue')).toEqual([
      'RegisterErasureKey',
      'TrackApiWriteKeys',
    ])
    expect(reach('ConsumerHandler', 'secretsmanager:GetSecretValue')).toEqual(['RegisterErasureKey', TOKENS])
  })

  test('ingest writes who is erased into the register, reads what became of it, and reaches nothing else in there', () => {
    const { PolicyDocument } = resourceOf(stack, 'AWS::IAM::Policy', 'TrackApiIngestRoleDefaultPolicy')
    const about = (PolicyDocument as { Statement: Record<string, unknown>[] }).Statement.filter(({ Action }) =>
      [Action].flat().some((action) => String(action).startsWith('dynamodb:')),
    )
    expect(about.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      ['dynamodb:PutItem', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['erased', 'erasures'] } }],
      [
        'dynamodb:Query',
        { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['erased', 'erasures', 'erasure#*'] } },
      ],
    ])
  })

  test('the consumer writes receipts in batches, and nothing else in this way', () => {
    const { PolicyDocument } = resourceOf(stack, 'AWS::IAM::Policy', 'ConsumerHandlerRoleDefaultPolicy')
    const batches = (PolicyDocument as { Statement: Record<string, unknown>[] }).Statement.filter(({ Action }) =>
      [Action].flat().includes('dynamodb:BatchWriteItem'),
    )
    expect(batches.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      ['dynamodb:BatchWriteItem', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['receipt#*'] } }],
    ])
  })

  test('ingest fills the queues that the consumer empties', () => {
    expect(reach('TrackApiIngest', 'sqs:SendMessage')).toEqual(['QueuesRemoval', 'QueuesSession', 'QueuesTrack'])
    expect(reach('TrackApiIngest', 'sqs:ReceiveMessage')).toEqual([])
    expect(reach('ConsumerHandler', 'sqs:SendMessage')).toEqual(['QueuesDeadLetters', 'QueuesRetry'])
    expect(reach('ConsumerHandler', 'sqs:ReceiveMessage')).toEqual([
      'QueuesRemoval',
      'QueuesRetry',
      'QueuesSession',
      'QueuesTrack',
    ])
    expect(reach('ConsumerHandler', 'sqs:ChangeMessageVisibility')).toEqual(['QueuesRetry', 'QueuesSession'])
  })

  test('health reads tokens and nothing else', () => {
    expect(statements('HealthHandler').flatMap(({ actions }) => actions)).toEqual([
      ...['logs:CreateLogStream', 'logs:PutLogEvents', 'secretsmanager:GetSecretValue', 'kms:Decrypt'],
    ])
    expect(reach('HealthHandler', 'secretsmanager:GetSecretValue')).toEqual([TOKENS])
  })

  test('each writes to its own log only, by a role without policies of AWS', () => {
    for (const name of ['TrackApiIngest', 'ConsumerHandler', 'HealthHandler']) {
      expect(reach(name, 'logs:PutLogEvents')).toEqual([`${name}Logs`])
      expect(resourceOf(stack, 'AWS::IAM::Role', `${name}Role`)).not.toHaveProperty('ManagedPolicyArns')
    }
  })

  test('of the key, ingest and consumer use what sending and receiving takes, and health what reading takes', () => {
    const ofKey = (name: string) =>
      statements(name).flatMap(({ actions, resources }) => (resources.includes('EncryptionKey') ? actions : []))
    expect(ofKey('TrackApiIngest')).toEqual(['kms:Decrypt', 'kms:GenerateDataKey'])
    expect(ofKey('ConsumerHandler')).toEqual(['kms:Decrypt', 'kms:GenerateDataKey'])
    expect(ofKey('HealthHandler')).toEqual(['kms:Decrypt'])
  })

  test('no statement of ours allows everything', () => {
    for (const policy of ['TrackApiIngest', 'ConsumerHandler', 'HealthHandler'])
      for (const { actions, resources } of statements(policy)) {
        expect(actions.filter((action) => action.includes('*'))).toEqual([])
        expect(resources).not.toContain('')
      }
  })
})

describe('secrets', () => {
  test('write keys are made by the stack, and a token is missing until somebody sets it', () => {
    expect(resourceOf(stack, 'AWS::SecretsManager::Secret', 'TrackApiWriteKeys')).toMatchObject({
      GenerateSecretString: { SecretStringTemplate: '{}', GenerateStringKey: 'server', ExcludePunctuation: true },
    })
    expect(resourceOf(stack, 'AWS::SecretsManager::Secret', 'AccessTokensmainSecret')).toMatchObject({
      SecretString: 'not-set',
    })
  })

  const synthesiseWith = (destinations: Record<string, unknown>[]) => {
    const path = join(directory, 'destinations.json')
    writeFileSync(path, JSON.stringify({ sources: [{ name: 'server' }], destinations }))
    return addStack(anApp(), path)
  }

  test('a token may be a secret that was there before: by name, or by whole ARN', () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:'
    const secrets = ['by/name', `${arn}whole-AbC123`]
    const other = synthesiseWith(
      secrets.map((accessTokenSecret, index) =>
        aDestination({ name: `d${index}`, accessTokenSecret, events: { A: `${AUDIENCE}${index}` } }),
      ),
    )
    const theirs = Template.fromStack(other)
    const made = Object.keys(theirs.findResources('AWS::SecretsManager::Secret'))
    expect(made.filter((id) => id.startsWith('AccessTokens'))).toEqual([])
    const policies = JSON.stringify(theirs.findResources('AWS::IAM::ManagedPolicy'))
    for (const resource of [':secret:by/name-??????', `${arn}whole-AbC123`]) expect(policies).toContain(`${resource}"`)
    expect(JSON.stringify(theirs.findResources('AWS::IAM::Policy'))).not.toContain('AccessTokens-')
    for (const role of ['Consumer', 'Health'])
      expect(resourceOf(theirs.toJSON() as CloudFormation, 'AWS::IAM::Role', `${role}HandlerRole`)).toMatchObject({
        ManagedPolicyArns: [{ Ref: expect.stringMatching(/^AccessTokensNamed1/) as string }],
      })
  })

  test('a warning about the settings is one of the stack', () => {
    const warned = synthesiseWith([aDestination({ events: { A: [AUDIENCE, OTHER_AUDIENCE] } })])
    Annotations.fromStack(warned).hasWarning(
      '*',
      Match.stringLikeRegexp('destinations.0.events.A maps to several audiences'),
    )
  })
})

test('the template is the one that was looked at', () => {
  const masked = JSON.stringify(template, null, 2).replace(/[0-9a-f]{64}/g, '<asset>')
  expect(JSON.parse(masked)).toMatchSnapshot()
})
