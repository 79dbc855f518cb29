import { expect, test } from 'vitest'
import { readTemplate } from '../../lib/local/template.ts'
import type { Resource } from '../../lib/local/template-value.ts'

const read = (resources: Record<string, Resource>, parameters = {}) =>
  readTemplate(
    { Resources: resources, Parameters: parameters },
    { directory: '/assembly', queueUrl: (name) => `http://127.0.0.1:9324/000000000000/${name}` },
  )

const track: Resource = { Type: 'AWS::SQS::Queue', Properties: {} }
const aFunction = (variables: Record<string, unknown>): Resource => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Handler: 'index.handler', Code: { S3Key: 'abc.zip' }, Environment: { Variables: variables } },
  Metadata: { 'aws:asset:path': 'asset.abc' },
})

const resources: Record<string, Resource> = {
  Track: track,
  Named: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'named' } },
  Session: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
  Keys: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
  Register: { Type: 'AWS::DynamoDB::Table', Properties: {} },
}

test.each<[string, unknown, string]>([
  ['text', 'as it is', 'as it is'],
  ['a number', 5, '5'],
  ['Ref of a queue', { Ref: 'Track' }, 'http://127.0.0.1:9324/000000000000/Track'],
  ['Ref of a named queue', { Ref: 'Named' }, 'http://127.0.0.1:9324/000000000000/named'],
  ['Ref of a FIFO queue', { Ref: 'Session' }, 'http://127.0.0.1:9324/000000000000/Session.fifo'],
  ['the ARN of a queue', { 'Fn::GetAtt': ['Session', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:Session.fifo'],
  ['the name of a queue', { 'Fn::GetAtt': ['Track', 'QueueName'] }, 'Track'],
  ['the URL of a queue', { 'Fn::GetAtt': 'Track.QueueUrl' }, 'http://127.0.0.1:9324/000000000000/Track'],
  ['Ref of a table', { Ref: 'Register' }, 'Register'],
  ['Ref of a parameter with a default', { Ref: 'Stage' }, 'prod'],
  [
    'pseudo parameters',
    { 'Fn::Join': ['/', [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }]] },
    'us-east-1/000000000000',
  ],
  ['Fn::Sub', { 'Fn::Sub': '${AWS::Partition}:${Track.QueueName}:${!Literal}' }, 'aws:Track:${Literal}'],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${a}-${Register}', { a: { Ref: 'AWS::Region' } }] }, 'us-east-1-Register'],
  [
    'Fn::Select of Fn::Split',
    { 'Fn::Select': [5, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Track', 'Arn'] }] }] },
    'Track',
  ],
])('%s is resolved in a variable', (_, value, expected) => {
  const { functions } = read({ ...resources, Ingest: aFunction({ X: value }) }, { Stage: { Default: 'prod' } })
  expect(functions[0]?.environment).toEqual({ X: expected })
})

test('a secret has one ARN, by Ref and among the secrets', () => {
  const { functions, secrets } = read({ ...resources, Ingest: aFunction({ KEYS: { Ref: 'Keys' } }) })
  expect(secrets).toEqual([{ name: 'Keys', arn: functions[0]?.environment.KEYS }])
  expect(secrets[0]?.arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:Keys-[\da-f]{6}$/)
})

test.each([
  [{ 'Fn::ImportValue': 'other-stack' }, 'other-stack'],
  [{ 'Fn::GetAtt': ['Track', 'Nonsense'] }, 'Nonsense'],
  [{ Ref: 'Missing' }, 'Missing'],
  [{ 'Fn::Sub': 'x-${Missing}' }, 'Missing'],
])('%o is an error that names the variable, the resource and the value', (value, part) => {
  const template = { ...resources, Ingest: aFunction({ ENDPOINT: value }) }
  const message = new RegExp(`^Variable ENDPOINT of Ingest has no local value for .*${part}`)
  expect(() => read(template)).toThrow(
    expect.objectContaining({ name: 'UnresolvableValueError', message: expect.stringMatching(message) as string }),
  )
})

test('a function has its code, handler, timeout and memory, with CloudFormation’s defaults', () => {
  const { functions } = read({ Ingest: aFunction({}) })
  expect(functions).toEqual([
    {
      name: 'Ingest',
      codeDirectory: '/assembly/asset.abc',
      handler: 'index.handler',
      environment: {},
      timeoutSeconds: 3,
      memoryMb: 128,
    },
  ])
})

test('the asset is found by its key where the template has no asset metadata', () => {
  const { functions } = read({ Ingest: { ...aFunction({}), Metadata: {} } })
  expect(functions[0]?.codeDirectory).toBe('/assembly/asset.abc')
})

test('a queue has its settings as SQS attributes and its redrive policy resolved', () => {
  const { queues } = read({
    Dead: track,
    Track: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        VisibilityTimeout: 1140,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
      },
    },
  })
  const deadLetterArn = 'arn:aws:sqs:us-east-1:000000000000:Dead'
  expect(queues[1]).toMatchObject({ name: 'Track', fifo: false, deadLetterArn })
  expect(queues[1]?.attributes).toEqual({
    VisibilityTimeout: '1140',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount: 5 }),
  })
})

test('an output has its value on this machine, and one that has none is left out', () => {
  const { outputs } = readTemplate(
    {
      Resources: resources,
      Outputs: { Url: { Value: { Ref: 'Track' } }, Hash: { Value: 'abc' }, Logs: { Value: { Ref: 'Elsewhere' } } },
    },
    { directory: '/assembly', queueUrl: (name) => `http://127.0.0.1:9324/000000000000/${name}` },
  )
  expect(outputs).toEqual({ Url: 'http://127.0.0.1:9324/000000000000/Track', Hash: 'abc' })
})

test('a mapping names its function and queue, and one that is disabled is left out', () => {
  const mapping = (properties: Record<string, unknown>): Resource => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      FunctionName: { Ref: 'Consumer' },
      EventSourceArn: { 'Fn::GetAtt': ['Track', 'Arn'] },
      ...properties,
    },
  })
  const { mappings } = read({
    Track: track,
    Consumer: aFunction({}),
    Plain: mapping({}),
    Full: mapping({
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 60,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
    Disabled: mapping({ Enabled: false }),
  })
  const common = { functionName: 'Consumer', queueArn: 'arn:aws:sqs:us-east-1:000000000000:Track' }
  expect(mappings).toEqual([
    { ...common, batchSize: 10, windowSeconds: 0, maximumConcurrency: undefined, reportBatchItemFailures: false },
    { ...common, batchSize: 10_000, windowSeconds: 60, maximumConcurrency: 2, reportBatchItemFailures: true },
  ])
})

test('the API names the function behind it, its timeout and its gateway responses', () => {
  const uri = [
    'arn:',
    { Ref: 'AWS::Partition' },
    ':apigateway:us-east-1:lambda:path/2015-03-31/functions/',
    { 'Fn::GetAtt': ['Ingest', 'Arn'] },
    '/invocations',
  ]
  const { api } = read({
    Ingest: aFunction({}),
    Any: {
      Type: 'AWS::ApiGateway::Method',
      Properties: { Integration: { Type: 'AWS_PROXY', Uri: { 'Fn::Join': ['', uri] } } },
    },
    TooLarge: {
      Type: 'AWS::ApiGateway::GatewayResponse',
      Properties: {
        ResponseType: 'REQUEST_TOO_LARGE',
        StatusCode: '413',
        ResponseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': "'*'" },
        ResponseTemplates: { 'application/json': '{}' },
      },
    },
  })
  expect(api).toEqual({
    functionName: 'Ingest',
    timeoutMs: 29_000,
    gatewayResponses: [
      { type: 'REQUEST_TOO_LARGE', status: 413, headers: { 'access-control-allow-origin': "'*'" }, template: '{}' },
    ],
  })
})
