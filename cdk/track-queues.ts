import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import {
  DEAD_LETTER_RETENTION,
  MAX_RECEIVES,
  MAX_RETRY_RECEIVES,
  RETENTION,
  RETRY_VISIBILITY,
  SESSION_VISIBILITY,
  TRACK_VISIBILITY,
} from './timings.ts'

/**
 * The queues between ingest and consumer: `track` for events that may be merged freely, `session` (FIFO) for those
 * whose order matters, `retry` for rows that must wait; `deadLetters` and `sessionDeadLetters` for what was given up.
 */
export class TrackQueues extends Construct {
  readonly track: Queue
  readonly session: Queue
  readonly retry: Queue
  readonly deadLetters: Queue
  readonly sessionDeadLetters: Queue

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, retentionPeriod: DEAD_LETTER_RETENTION })
    this.sessionDeadLetters = new Queue(this, 'SessionDeadLetters', {
      ...common,
      fifo: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
    })
    this.track = new Queue(this, 'Track', {
      ...common,
      retentionPeriod: RETENTION,
      visibilityTimeout: TRACK_VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    })
    this.session = new Queue(this, 'Session', {
      ...common,
      fifo: true,
      retentionPeriod: RETENTION,
      visibilityTimeout: SESSION_VISIBILITY,
      deadLetterQueue: { queue: this.sessionDeadLetters, maxReceiveCount: MAX_RECEIVES },
    })
    this.retry = new Queue(this, 'Retry', {
      ...common,
      retentionPeriod: RETENTION,
      visibilityTimeout: RETRY_VISIBILITY,
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RETRY_RECEIVES },
    })
  }
}
