import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { HealthVariables } from '../lib/config/environment.ts'
import type { AccessTokens } from './access-tokens.ts'
import { acknowledge } from './allow.ts'
import type { Encryption } from './encryption.ts'
import { nodeFunction } from './node-function.ts'
import type { FunctionDefaults } from './node-function.ts'
import { HEALTH_TIMEOUT } from './timings.ts'

type HealthProps = { tokens: AccessTokens; encryption: Encryption; defaults: FunctionDefaults; graphApiUrl: string }

/** The function that asks once a day how long tokens and API versions will last. */
export class Health extends Construct {
  readonly handler: LambdaFunction

  constructor(scope: Construct, id: string, { tokens, encryption, defaults, graphApiUrl }: HealthProps) {
    super(scope, id)
    const repeated = 'Lambda repeats it twice, then its errors raise an alarm, and the next day asks the same again.'
    this.handler = nodeFunction(this, 'Handler', defaults, {
      name: 'health',
      description: 'Measures how many days access tokens and API versions have left',
      timeout: HEALTH_TIMEOUT,
      memorySize: 256,
      reservedConcurrency: undefined,
      asynchronousFailures: repeated,
      environment: { ACCESS_TOKEN_PREFIX: tokens.prefix, GRAPH_API_URL: graphApiUrl } satisfies HealthVariables,
    })
    tokens.allowReading(this.handler)
    encryption.allowReading(this.handler)
    const rule = new Rule(this, 'Daily', {
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaTarget(this.handler)],
    })
    acknowledge(rule, { 'Serverless-EventBusDLQ': repeated })
  }
}
