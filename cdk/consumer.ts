import { Duration, SecretValue } from 'aws-cdk-lib'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { PAUSED_TOKEN } from '../lib/aws/access-token.ts'
import type { Destination, Destinations } from '../lib/config/destinations.ts'
import type { ConsumerVariables } from '../lib/config/environment.ts'
import { nodeFunction } from './node-function.ts'
import type { Register } from './register.ts'
import { CONSUMER_TIMEOUT, MAXIMUM_CONCURRENCY, SECRET_LIFETIME, TRACK_WINDOW } from './timings.ts'
import type { TrackQueues } from './track-queues.ts'

type ConsumerProps = { queues: TrackQueues; register: Register; destinations: Destinations }

/** The function that brings users into and out of the audiences, and the access tokens it may read. */
export class Consumer extends Construct {
  readonly handler: LambdaFunction

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id)
    const { queues, register, destinations } = props
    const tokens = new Map(destinations.destinations.map((destination) => [destination, this.accessToken(destination)]))
    this.handler = nodeFunction(this, 'Handler', {
      name: 'consumer',
      description: 'Adds users to and removes them from Facebook custom audiences',
      destinations,
      timeout: CONSUMER_TIMEOUT,
      memorySize: 512,
      environment: {
        TRACK_QUEUE_URL: queues.track.queueUrl,
        SESSION_QUEUE_URL: queues.session.queueUrl,
        RETRY_QUEUE_URL: queues.retry.queueUrl,
        DEAD_LETTER_QUEUE_URL: queues.deadLetters.queueUrl,
        REGISTER_TABLE: register.table.tableName,
        ACCESS_TOKEN_SECRETS: this.secretIds(tokens),
        SECRET_LIFETIME_SECONDS: String(SECRET_LIFETIME.toSeconds()),
        GRAPH_API_URL: 'https://graph.facebook.com',
        GIVE_UP_AFTER_HOURS: '24',
      } satisfies ConsumerVariables,
    })
    for (const secret of new Set(tokens.values())) secret.grantRead(this.handler)
    register.table.grant(this.handler, 'dynamodb:PutItem', 'dynamodb:Query')
    queues.retry.grantSendMessages(this.handler)
    queues.deadLetters.grantSendMessages(this.handler)
    this.feedFrom(queues)
  }

  private accessToken({ name, accessTokenSecret }: Destination): ISecret {
    const id = `${name}AccessToken`
    if (accessTokenSecret?.startsWith('arn:'))
      // Secrets Manager ends an ARN with six characters of its own, which people leave out.
      return /-[A-Za-z0-9]{6}$/.test(accessTokenSecret)
        ? Secret.fromSecretCompleteArn(this, id, accessTokenSecret)
        : Secret.fromSecretPartialArn(this, id, accessTokenSecret)
    if (accessTokenSecret) return Secret.fromSecretNameV2(this, id, accessTokenSecret)
    return new Secret(this, id, {
      description: `Meta access token of destination "${name}": the token, or {"accessToken": "…", "appSecret": "…"}`,
      secretStringValue: SecretValue.unsafePlainText(PAUSED_TOKEN),
    }) as ISecret
  }

  // Lambda allows 4 KB of environment in all; secrets that destinations.json names itself need none of it.
  private secretIds(tokens: Map<Destination, ISecret>): string {
    const own = [...tokens].filter(([destination]) => destination.accessTokenSecret === undefined)
    if (own.length > 20)
      throw new Error(
        `${String(own.length)} destinations have no accessTokenSecret, and the addresses of more than 20 secrets do not fit into the function's environment: create the secrets yourself and name them in destinations.json`,
      )
    return JSON.stringify(Object.fromEntries(own.map(([destination, secret]) => [destination.name, secret.secretArn])))
  }

  private feedFrom({ track, session, retry }: TrackQueues): void {
    const common = { reportBatchItemFailures: true, maxConcurrency: MAXIMUM_CONCURRENCY }
    this.handler.addEventSource(
      new SqsEventSource(track, { ...common, batchSize: 10_000, maxBatchingWindow: TRACK_WINDOW }),
    )
    this.handler.addEventSource(new SqsEventSource(session, { ...common, batchSize: 10 }))
    this.handler.addEventSource(
      new SqsEventSource(retry, { ...common, batchSize: 100, maxBatchingWindow: Duration.seconds(5) }),
    )
  }
}
