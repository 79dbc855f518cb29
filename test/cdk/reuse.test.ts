import { Stack } from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { destinationsOf, settingsOf } from '../support/settings.ts'
import { resourcesOf } from '../support/template.ts'
import { aSync, anApp, theStack } from './the-stack.ts'

const { stack } = theStack
const slow = { timeout: 120_000 }

test(
  'two of them live in one stack, each with its own resources and metrics, and one role for gateway logs',
  slow,
  () => {
    const theirs = new Stack(anApp(), 'Theirs')
    aSync({}, { stack: theirs, id: 'First' })
    aSync({ encryption: 'aws-owned' }, { stack: theirs, id: 'Second' })
    const template = Template.fromStack(theirs)
    template.resourceCountIs('AWS::ApiGateway::RestApi', 2)
    template.resourceCountIs('AWS::ApiGateway::Account', 1)
    template.resourceCountIs('AWS::SQS::Queue', 12)
    template.resourceCountIs('AWS::KMS::Key', 1)
    const names = Object.values(template.findResources('AWS::ApiGateway::RestApi')).map(
      (api) => (api.Properties as { Name: string }).Name,
    )
    expect(new Set(names).size).toBe(2)
    const text = JSON.stringify(template.findResources('AWS::Lambda::Function'))
    for (const namespace of ['Theirs/First', 'Theirs/Second'])
      expect(text).toContain(`"POWERTOOLS_METRICS_NAMESPACE":"${namespace}"`)
  },
)

test('two of them live in two stacks of an app', slow, () => {
  const app = anApp()
  const stacks = ['One', 'Two'].map((name) => new Stack(app, name))
  for (const each of stacks) aSync({}, { stack: each, id: 'Default' })
  expect(app.synth().stacks.map(({ stackName }) => stackName)).toEqual(['One', 'Two'])
})

test('nothing has a physical name, so that nothing stands in the way of a second one', () => {
  const NAMES = /^(QueueName|FunctionName|TableName|RoleName|LogGroupName|AlarmName|DashboardName|TopicName|AliasName)$/
  for (const [id, { Type, Properties = {} }] of Object.entries(stack.Resources)) {
    expect([
      id,
      Object.keys(Properties).filter((key) => NAMES.test(key) && typeof Properties[key] === 'string'),
    ]).toEqual([id, []])
    // The names of tokens have a part of the stack's id, so that they are new in every stack.
    if (Type === 'AWS::SecretsManager::Secret' && Properties.Name !== undefined)
      expect(JSON.stringify(Properties.Name)).toContain('AWS::StackId')
  }
})

test('what cannot be made again outlives the stack, but not a first deployment that fails, and nothing else does', () => {
  const policies = Object.entries(stack.Resources).map(([id, resource]) => {
    const { DeletionPolicy, UpdateReplacePolicy } = resource as Record<string, unknown>
    return [id.replace(/[0-9A-F]{8}$/, ''), DeletionPolicy, UpdateReplacePolicy] as const
  })
  for (const [id, deletion] of policies) expect([id, deletion]).not.toEqual([id, 'Retain'])
  const kept = policies.filter(([, ...both]) => both.join() === 'RetainExceptOnCreate,Retain').map(([id]) => id)
  expect(kept.sort()).toEqual(
    [
      ...['AccessTokensmainSecret', 'EncryptionKey', 'QueuesDeadLetters', 'QueuesSessionDeadLetters', 'RegisterTable'],
      ...['RegisterErasureKey', 'TrackApiWriteKeys', 'GatewayAccount', 'GatewayLogRole'],
    ].sort(),
  )
})

test('queues, register and secrets have one key, which is rotated', () => {
  expect(resourcesOf(stack, 'AWS::KMS::Key').map(([, key]) => key)).toMatchObject([{ EnableKeyRotation: true }])
  for (const type of ['AWS::SecretsManager::Secret', 'AWS::DynamoDB::Table'])
    for (const [, resource] of resourcesOf(stack, type))
      expect(JSON.stringify(resource)).toMatch(/"(?:KmsKeyId|KMSMasterKeyId)":\{"Fn::GetAtt":\["EncryptionKey/)
})

test('the role for gateway logs waits for an API, because an account that never had one refuses it', () => {
  const { DependsOn } = stack.Resources.GatewayAccount as { DependsOn?: string[] }
  expect(DependsOn?.map((id) => stack.Resources[id]?.Type)).toContain('AWS::ApiGateway::RestApi')
})

test('after a switch to AWS’s own keys, what waits can still be read with the key of before', slow, () => {
  const formerKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/of-before'
  const theirs = new Stack(anApp(), 'Theirs')
  aSync({ encryption: 'aws-owned', formerKeyArn }, { stack: theirs })
  const policies = Object.values(Template.fromStack(theirs).findResources('AWS::IAM::Policy'))
  const ofKey = policies.flatMap(({ Properties }) => {
    const { PolicyDocument } = Properties as { PolicyDocument: { Statement: { Resource: unknown }[] } }
    return PolicyDocument.Statement.filter(({ Resource }) => Resource === formerKeyArn)
  })
  expect(ofKey).toHaveLength(3)
  for (const statement of ofKey) expect(statement).toMatchObject({ Action: 'kms:Decrypt', Effect: 'Allow' })
  Annotations.fromStack(theirs).hasNoWarning('*', Match.stringLikeRegexp('formerKeyArn'))
})

test('whoever turns the own key off is told what it takes to read what waits', slow, () => {
  const [ours, theirs] = [new Stack(anApp(), 'Ours'), new Stack(anApp(), 'Theirs')]
  aSync({}, { stack: ours })
  aSync({ encryption: 'aws-owned' }, { stack: theirs })
  const message = Match.stringLikeRegexp('set formerKeyArn to its output KeyArn.* when you switch back')
  Annotations.fromStack(ours).hasNoWarning('*', message)
  Annotations.fromStack(theirs).hasWarning('*', message)
})

test('with AWS’s own keys there is no key, and no permission for one', slow, () => {
  const theirs = new Stack(anApp(), 'Theirs')
  aSync({ encryption: 'aws-owned' }, { stack: theirs })
  const text = JSON.stringify(Template.fromStack(theirs).toJSON())
  expect(text).not.toMatch(/kms/i)
  expect(text.match(/"SqsManagedSseEnabled":true/g)).toHaveLength(6)
})

test('settings reach what they are about', slow, () => {
  const theirs = new Stack(anApp(), 'Theirs')
  aSync(
    {
      ...{ throttleRate: 7, throttleBurst: 9, maximumConcurrency: 4, ingestConcurrency: 30, consumerConcurrency: 16 },
      ...{ trackWindowSeconds: 120, retryWindowSeconds: 9, giveUpAfterHours: 48, logRetentionDays: 90 },
      graphApiUrl: 'https://graph.example',
      webAclArn: 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b',
      accessLogs: false,
    },
    { stack: theirs },
  )
  const template = Template.fromStack(theirs)
  template.hasResourceProperties('AWS::ApiGateway::Stage', {
    MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 })],
    AccessLogSetting: Match.absent(),
  })
  template.resourceCountIs('AWS::ApiGateway::Account', 0)
  template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { WebACLArn: Match.stringLikeRegexp('webacl/a/b') })
  for (const [size, window] of [
    [10_000, 120],
    [100, 9],
  ])
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ScalingConfig: { MaximumConcurrency: 4 },
      BatchSize: size,
      MaximumBatchingWindowInSeconds: window,
    })
  template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 6 * 180 + 120 })
  template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 25, ReservedConcurrentExecutions: 30 })
  template.hasResourceProperties('AWS::Lambda::Function', {
    ReservedConcurrentExecutions: 16,
    Environment: {
      Variables: Match.objectLike({ GIVE_UP_AFTER_HOURS: '48', GRAPH_API_URL: 'https://graph.example' }),
    },
  })
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 })
})

test('nothing is reserved unless somebody says so', () => {
  for (const [, lambda] of resourcesOf(stack, 'AWS::Lambda::Function'))
    expect(lambda).not.toHaveProperty('ReservedConcurrentExecutions')
})

test.each<[string, string, string | undefined]>([
  ['v24.0', '2026-08-01', undefined],
  ['v24.0', '2026-08-08', 'API version v24.0 ends 2026-10-06'],
  ['v24.0', '2026-10-06', 'API version v24.0 ends 2026-10-06'],
  ['v26.0', '2026-11-23', undefined],
  ['v26.0', '2027-01-15', 'API version v26.0 may end from 2027-02-26 on \\(estimated'],
  ['v99.0', '2026-11-23', 'API version v99.0 is newer than the table'],
])('a destination with %s, synthesised on %s: %s', slow, (apiVersion, day, warning) => {
  const theirs = new Stack(anApp(), 'Theirs')
  const destinations = { ...settingsOf(), destinations: destinationsOf({ apiVersion }) }
  aSync({ destinations, today: new Date(day) }, { stack: theirs })
  const warned = Annotations.fromStack(theirs).findWarning('*', Match.stringLikeRegexp('API version'))
  if (warning === undefined) expect(warned).toEqual([])
  else expect(warned).toMatchObject([{ entry: { data: expect.stringMatching(warning) as string } }])
})

test.each([
  ['v24.0', '2026-10-07', 'destinations.0.apiVersion: v24.0 ended 2026-10-06'],
  ['v3.0', '2026-11-23', 'destinations.0.apiVersion: v3.0 ended'],
])('API version %s on %s is refused, because Meta refuses it', (apiVersion, day, message) => {
  const destinations = { ...settingsOf(), destinations: destinationsOf({ apiVersion }) }
  expect(() => aSync({ destinations, today: new Date(day) })).toThrow(message)
})
