import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat, CfnAccount, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigateway'
import type { StageOptions } from 'aws-cdk-lib/aws-apigateway'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge } from './allow.ts'
import type { Settings } from './settings.ts'

/** The content of a line. It has no path, query string, headers or body, because write keys and users are there. */
const LINE = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  sourceIp: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  error: '$context.error.responseType',
}

/** The log of requests, one JSON line each. */
export class AccessLog extends Construct {
  readonly stageOptions: StageOptions
  readonly logs: LogGroup
  /** Must exist before the stage that logs. */
  readonly account: CfnAccount | undefined

  constructor(scope: Construct, id: string, settings: Pick<Settings, 'gatewayLogRole' | 'logRetentionDays'>) {
    super(scope, id)
    this.logs = new LogGroup(this, 'Logs', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.stageOptions = {
      accessLogDestination: new LogGroupLogDestination(this.logs),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(LINE)),
    }
    if (settings.gatewayLogRole === 'create') this.account = gatewayAccount(Stack.of(this))
  }
}

/**
 * API Gateway writes logs with one role for all APIs of an account and region. One stack makes it. It stays when that
 * stack goes, because other APIs may use it by then.
 */
function gatewayAccount(stack: Stack): CfnAccount {
  const known = stack.node.tryFindChild('GatewayAccount')
  if (known instanceof CfnAccount) return known
  const role = new Role(stack, 'GatewayLogRole', {
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs')],
  })
  role.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
  acknowledge(role, {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      'API Gateway takes no narrower policy for the role of the account, which serves all its APIs.',
  })
  const account = new CfnAccount(stack, 'GatewayAccount', { cloudWatchRoleArn: role.roleArn })
  account.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
  return account
}
