import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { EventSourceMappingOptions, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { ConsumerVariables } from '../lib/config/environment.ts'
import type { AccessTokens } from './access-tokens.ts'
import { acknowledge, allow } from './allow.ts'
import type { Encryption } from './encryption.ts'
import { nodeFunction } from './node-function.ts'
import type { FunctionDefaults } from './node-function.ts'
import type { Register } from './register.ts'
import type { Settings } from './settings.ts'
import { CONSUMER_MEMORY_MB, CONSUMER_TIMEOUT, SECRET_LIFETIME } from './timings.ts'
import type { TrackQueues } from './track-queues.ts'

type ConsumerProps = {
  queues: TrackQueues
  register: Register
  tokens: AccessTokens
  encryption: Encryption
  defaults: FunctionDefaults
  settings: Settings
}

/** The function that adds users to audiences and removes them, and the queues that feed it. */
export class Consumer extends Construct {
  readonly handler: LambdaFunction

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id)
    const { queues, register, tokens, encryption, settings } = props
    this.handler = nodeFunction(this, 'Handler', props.defaults, {
      name: 'consumer',
      description: 'Adds users to and removes them from Facebook custom audiences',
      timeout: CONSUMER_TIMEOUT,
      memorySize: CONSUMER_MEMORY_MB,
      reservedConcurrency: settings.consumerConcurrency,
      asynchronousFailures: 'It is invoked by event source mappings only, whose messages stay in their queue.',
      environment: {
        TRACK_QUEUE_URL: queues.track.queueUrl,
        REMOVAL_QUEUE_URL: queues.removal.queueUrl,
        SESSION_QUEUE_URL: queues.session.queueUrl,
        RETRY_QUEUE_URL: queues.retry.queueUrl,
        DEAD_LETTER_QUEUE_URL: queues.deadLetters.queueUrl,
        REGISTER_TABLE: register.table.tableName,
        ERASURE_KEY_SECRET_ID: register.erasureKey.secretArn,
        ACCESS_TOKEN_PREFIX: tokens.prefix,
        SECRET_LIFETIME_SECONDS: String(SECRET_LIFETIME.toSeconds()),
        GRAPH_API_URL: settings.graphApiUrl,
        GIVE_UP_AFTER_HOURS: String(settings.giveUpAfterHours),
      } satisfies ConsumerVariables,
    })
    tokens.allowReading(this.handler)
    encryption.allowSending(this.handler)
    allow(
      this.handler,
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      register.table.tableArn,
    )
    register.allowReceipts(this.handler)
    allow(this.handler, ['secretsmanager:GetSecretValue'], register.erasureKey.secretArn)
    allow(this.handler, ['sqs:SendMessage'], queues.retry.queueArn, queues.deadLetters.queueArn)
    allow(this.handler, ['sqs:ChangeMessageVisibility'], queues.session.queueArn, queues.retry.queueArn)

    const { trackWindowSeconds, retryWindowSeconds } = settings
    for (const queue of [queues.track, queues.removal])
      this.feedFrom(queue, settings, { batchSize: 10_000, maxBatchingWindow: Duration.seconds(trackWindowSeconds) })
    this.feedFrom(queues.session, settings, { batchSize: 10 })
    this.feedFrom(queues.retry, settings, { batchSize: 100, maxBatchingWindow: Duration.seconds(retryWindowSeconds) })
  }

  private feedFrom(queue: Queue, { maximumConcurrency }: Settings, options: EventSourceMappingOptions): void {
    // Lambda polls with the function's role, and checks these three permissions when the mapping is made.
    allow(this.handler, ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], queue.queueArn)
    const mapping = new EventSourceMapping(this, queue.node.id, {
      target: this.handler,
      eventSourceArn: queue.queueArn,
      maxConcurrency: maximumConcurrency,
      reportBatchItemFailures: true,
      ...options,
    })
    acknowledge(mapping, {
      'Serverless-LambdaEventSourceMappingDestination':
        'For SQS there is none: what fails again and again goes to the dead letters by the queue’s redrive policy.',
    })
  }
}
