import { join } from 'node:path'
import type { GatewayResponse } from '../emulator/gateway/answer.ts'
import { secretArn } from '../emulator/aws/secrets.ts'
import { UnresolvableValueError, createResolver, physicalName } from './template-value.ts'
import type { Resolve, Resource, Template } from './template-value.ts'

export type FunctionResource = {
  name: string
  codeDirectory: string
  handler: string
  environment: Record<string, string>
  timeoutSeconds: number
  memoryMb: number
}

export type QueueResource = {
  name: string
  arn: string
  fifo: boolean
  /** As SQS takes them: numbers as text, the redrive policy as JSON. */
  attributes: Record<string, string>
  /** ARN of the dead-letter queue. */
  deadLetterArn: string | undefined
}

export type MappingResource = {
  functionName: string
  queueArn: string
  batchSize: number
  windowSeconds: number
  maximumConcurrency: number | undefined
  reportBatchItemFailures: boolean
}

export type SecretResource = { name: string; arn: string }

type ApiResource = { functionName: string; timeoutMs: number; gatewayResponses: GatewayResponse[] }

export type StackResources = {
  functions: FunctionResource[]
  queues: QueueResource[]
  mappings: MappingResource[]
  secrets: SecretResource[]
  /** CreateTable requests. */
  tables: Record<string, unknown>[]
  api: ApiResource | undefined
  /** Those that have a value on this machine. */
  outputs: Record<string, string>
}

/** Queue properties whose names and meaning are those of the SQS attributes. */
const QUEUE_ATTRIBUTES = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MessageRetentionPeriod',
  'MaximumMessageSize',
  'ReceiveMessageWaitTimeSeconds',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
]

/**
 * The parts of a synthesised template that the local stack runs, with references resolved to this machine. `directory`
 * is the cloud assembly's directory with the assets. Throws UnresolvableValueError. Defaults are CloudFormation's.
 * Source: "AWS resource and property types reference".
 */
export function readTemplate(
  template: Template,
  options: { directory: string; queueUrl: (name: string) => string },
): StackResources {
  const resolve = createResolver(template, options.queueUrl)
  const ofType = (...types: string[]) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => types.includes(Type))
      .map(([logicalId, resource]) => ({ logicalId, resource, name: physicalName(logicalId, resource) }))

  return {
    functions: ofType('AWS::Lambda::Function')
      // CDK adds functions of its own for custom resources. These have no variables and nothing to do here.
      .filter(({ resource }) => resource.Properties?.Environment !== undefined)
      .map(({ logicalId, resource, name }) => readFunction(logicalId, resource, name, options.directory, resolve)),
    queues: ofType('AWS::SQS::Queue').map(({ logicalId, resource, name }) =>
      readQueue(logicalId, resource, name, resolve),
    ),
    mappings: ofType('AWS::Lambda::EventSourceMapping')
      .filter(({ resource }) => resource.Properties?.Enabled !== false)
      .map(({ logicalId, resource }) => readMapping(logicalId, resource, resolve)),
    secrets: ofType('AWS::SecretsManager::Secret').map(({ logicalId, resource, name: fallback }) => {
      const name = (resolve(resource.Properties?.Name, logicalId) as string | undefined) ?? fallback
      return { name, arn: secretArn(name) }
    }),
    tables: ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(({ resource, name }) => ({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: resource.Properties?.KeySchema,
      AttributeDefinitions: resource.Properties?.AttributeDefinitions,
      ...(resource.Properties?.GlobalSecondaryIndexes !== undefined && {
        GlobalSecondaryIndexes: resource.Properties.GlobalSecondaryIndexes,
      }),
    })),
    api: readApi(
      ofType('AWS::ApiGateway::Method').map(({ resource }) => resource),
      ofType('AWS::ApiGateway::GatewayResponse').map(({ resource }) => resource),
      resolve,
    ),
    outputs: readOutputs(template.Outputs ?? {}, resolve),
  }
}

function readOutputs(outputs: NonNullable<Template['Outputs']>, resolve: Resolve): Record<string, string> {
  const resolved = Object.entries(outputs).flatMap(([name, { Value }]) => {
    try {
      return [[name, String(resolve(Value, `Output ${name}`))]]
    } catch (error) {
      // Logs, the key and the dashboard are not on this machine.
      if (error instanceof UnresolvableValueError) return []
      throw error
    }
  })
  return Object.fromEntries(resolved) as Record<string, string>
}

function readFunction(
  logicalId: string,
  { Properties = {}, Metadata = {} }: Resource,
  name: string,
  directory: string,
  resolve: Resolve,
): FunctionResource {
  const { Variables = {} } = Properties.Environment as { Variables?: Record<string, unknown> }
  const { S3Key } = Properties.Code as { S3Key?: string }
  const asset = (Metadata['aws:asset:path'] as string | undefined) ?? `asset.${S3Key?.replace(/\.zip$/, '') ?? ''}`
  const environment = Object.entries(Variables).map(([variable, value]) => [
    variable,
    String(resolve(value, `Variable ${variable} of ${logicalId}`) as string | number),
  ])
  return {
    name,
    codeDirectory: join(directory, asset),
    handler: Properties.Handler as string,
    environment: Object.fromEntries(environment) as Record<string, string>,
    timeoutSeconds: Number(Properties.Timeout ?? 3),
    memoryMb: Number(Properties.MemorySize ?? 128),
  }
}

function readQueue(logicalId: string, { Properties = {} }: Resource, name: string, resolve: Resolve): QueueResource {
  const place = (attribute: string) => `Property ${attribute} of ${logicalId}`
  const attributes: Record<string, string> = {}
  for (const attribute of QUEUE_ATTRIBUTES) {
    const value = Properties[attribute]
    if (value !== undefined) attributes[attribute] = String(resolve(value, place(attribute)))
  }
  const redrive = resolve(Properties.RedrivePolicy, place('RedrivePolicy')) as
    { deadLetterTargetArn: string } | undefined
  if (redrive) attributes.RedrivePolicy = JSON.stringify(redrive)
  return {
    name,
    arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    fifo: Properties.FifoQueue === true,
    attributes,
    deadLetterArn: redrive?.deadLetterTargetArn,
  }
}

function readMapping(logicalId: string, { Properties = {} }: Resource, resolve: Resolve): MappingResource {
  const scaling = Properties.ScalingConfig as { MaximumConcurrency?: number } | undefined
  const responseTypes = (Properties.FunctionResponseTypes ?? []) as string[]
  return {
    // A name or an ARN.
    functionName: (resolve(Properties.FunctionName, `Property FunctionName of ${logicalId}`) as string).replace(
      /.*:/,
      '',
    ),
    queueArn: resolve(Properties.EventSourceArn, `Property EventSourceArn of ${logicalId}`) as string,
    batchSize: Number(Properties.BatchSize ?? 10),
    windowSeconds: Number(Properties.MaximumBatchingWindowInSeconds ?? 0),
    maximumConcurrency: scaling?.MaximumConcurrency,
    reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
  }
}

function readApi(methods: Resource[], responses: Resource[], resolve: Resolve): ApiResource | undefined {
  const integration = methods
    .map((method) => method.Properties?.Integration as Record<string, unknown> | undefined)
    .find((candidate) => candidate?.Type === 'AWS_PROXY')
  if (!integration) return undefined
  const uri = resolve(integration.Uri, 'Property Integration.Uri of the API') as string
  return {
    functionName: /:function:([^/:]+)/.exec(uri)?.[1] ?? '',
    timeoutMs: Number(integration.TimeoutInMillis ?? 29_000),
    gatewayResponses: responses.map(({ Properties = {} }) => readGatewayResponse(Properties)),
  }
}

function readGatewayResponse(properties: Record<string, unknown>): GatewayResponse {
  const { ResponseType, StatusCode, ResponseTemplates, ResponseParameters = {} } = properties
  const headers = Object.entries(ResponseParameters as Record<string, string>).map(([name, mapping]) => [
    name.replace('gatewayresponse.header.', '').toLowerCase(),
    mapping,
  ])
  const template = (ResponseTemplates as Record<string, string> | undefined)?.['application/json']
  return {
    type: ResponseType as string,
    headers: Object.fromEntries(headers) as Record<string, string>,
    ...(StatusCode !== undefined && { status: Number(StatusCode) }),
    ...(template !== undefined && { template }),
  }
}
