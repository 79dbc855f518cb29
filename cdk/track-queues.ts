import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { acknowledge } from './allow.ts'
import { SESSION_RECEIVES } from '../lib/session/patience.ts'
import type { Encryption } from './encryption.ts'
import {
  DATA_KEY_REUSE,
  DEAD_LETTER_RETENTION,
  MAX_RECEIVES,
  MAX_RETRY_RECEIVES,
  RETENTION,
  RETRY_VISIBILITY,
  SESSION_VISIBILITY,
  trackVisibility,
} from './timings.ts'

/** The most that SQS takes. It is set here because the default is 256 KiB in some of its APIs and 1 MiB in others. */
const MAX_QUEUE_MESSAGE_BYTES = 1024 * 1024

/**
 * The queues between ingest and consumer:
 * - `track`: users to add, who may be merged freely
 * - `removal`: users to remove, who may be merged freely
 * - `session` (FIFO): users whose order matters
 * - `retry`: rows that must wait
 * - `deadLetters` and `sessionDeadLetters`: what was given up
 */
export class TrackQueues extends Construct {
  readonly track: Queue
  readonly removal: Queue
  readonly session: Queue
  readonly retry: Queue
  readonly deadLetters: Queue
  readonly sessionDeadLetters: Queue

  constructor(scope: Construct, id: string, props: { encryption: Encryption; trackWindowSeconds: number }) {
    super(scope, id)
    const { key } = props.encryption
    const common = {
      enforceSSL: true,
      maxMessageSizeBytes: MAX_QUEUE_MESSAGE_BYTES,
      ...(key
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: DATA_KEY_REUSE }
        : { encryption: QueueEncryption.SQS_MANAGED }),
    }
    // Dead letters were accepted and not delivered, so these queues outlive the stack.
    const kept = {
      ...common,
      retentionPeriod: DEAD_LETTER_RETENTION,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    }
    this.deadLetters = new Queue(this, 'DeadLetters', kept)
    this.sessionDeadLetters = new Queue(this, 'SessionDeadLetters', { ...kept, fifo: true })
    for (const queue of [this.deadLetters, this.sessionDeadLetters])
      acknowledge(queue, { 'Serverless-SQSRedrivePolicy': 'It is a dead-letter queue: nothing receives from it.' })
    const merged = {
      ...common,
      retentionPeriod: RETENTION,
      visibilityTimeout: trackVisibility(props.trackWindowSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    }
    this.track = new Queue(this, 'Track', merged)
    this.removal = new Queue(this, 'Removal', merged)
    this.session = new Queue(this, 'Session', {
      ...common,
      fifo: true,
      // High throughput. Without these two settings, all sessions together have 300 calls a second.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      retentionPeriod: RETENTION,
      visibilityTimeout: SESSION_VISIBILITY,
      deadLetterQueue: { queue: this.sessionDeadLetters, maxReceiveCount: SESSION_RECEIVES },
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
