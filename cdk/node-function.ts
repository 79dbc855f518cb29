import { RemovalPolicy } from 'aws-cdk-lib'
import type { Duration } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Destinations } from '../lib/config/destinations-schema.ts'
import { acknowledge, allow } from './allow.ts'
import { bundle } from './bundle.ts'
import type { Settings } from './settings.ts'

/** Settings that all functions of a deployment share. */
export type FunctionDefaults = {
  destinations: Destinations
  metricsNamespace: string
  logRetentionDays: Settings['logRetentionDays']
}

type NodeFunctionProps = {
  /** The folder below functions/. */
  name: string
  description: string
  environment: Record<string, string>
  timeout: Duration
  memorySize: number
  /** Environments that are reserved for it; none when undefined. */
  reservedConcurrency: number | undefined
  /** Why its failed asynchronous invocations need no queue. */
  asynchronousFailures: string
}

/** A function with the project's defaults: Node 24 on arm64, JSON logs, and a role that may write to its own log only. */
export function nodeFunction(
  scope: Construct,
  id: string,
  { destinations, metricsNamespace, logRetentionDays }: FunctionDefaults,
  props: NodeFunctionProps,
): LambdaFunction {
  const { name, environment, reservedConcurrency, asynchronousFailures, ...rest } = props
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn)
  const lambda = new LambdaFunction(scope, id, {
    ...rest,
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    role,
    environment: { ...environment, POWERTOOLS_METRICS_NAMESPACE: metricsNamespace },
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: bundle(name, destinations),
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    // With one event per request, start and report lines would cost more than the function itself.
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup,
  })
  acknowledge(lambda, {
    'Serverless-LambdaTracing':
      'Traces would be another place for identifiers; logs and metrics answer the same questions.',
    'Serverless-LambdaDLQ': asynchronousFailures,
  })
  return lambda
}
