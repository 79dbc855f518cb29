import { RemovalPolicy } from 'aws-cdk-lib'
import type { Duration } from 'aws-cdk-lib'
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Destinations } from '../lib/config/destinations.ts'
import { bundle } from './bundle.ts'

type NodeFunctionProps = {
  /** The folder below functions/. */
  name: string
  description: string
  destinations: Destinations
  environment: Record<string, string>
  timeout: Duration
  memorySize: number
}

/** A Lambda function with the project's defaults: Node 24 on arm64, JSON logs in a group with a retention. */
export function nodeFunction(scope: Construct, id: string, props: NodeFunctionProps): LambdaFunction {
  const { name, destinations, ...rest } = props
  return new LambdaFunction(scope, id, {
    ...rest,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: bundle(name, destinations),
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    // Start and report lines would cost more than the function itself at one event per request.
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: new LogGroup(scope, `${id}Logs`, {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  })
}
