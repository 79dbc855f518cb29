import { Duration } from 'aws-cdk-lib'
import { SECRET_LIFETIME_SECONDS } from '../lib/aws/secret.ts'

// The times and sizes of the stack. Each is derived from the one it depends on.

/** With this, Lambda gives 0.29 of a processor. */
export const INGEST_MEMORY_MB = 512

/**
 * API Gateway waits for 29 s. Events are answered within ten. A new process that reads a million erased people before it
 * erases 10,000 needs 14 s, and would begin anew with each repetition of a request that it cannot finish.
 */
export const INGEST_TIMEOUT = Duration.seconds(25)

/**
 * A Graph request may take 60 s. This leaves a minute and a half in which one may begin, and time to store rows that
 * wait.
 */
export const CONSUMER_TIMEOUT = Duration.seconds(180)

/** With this, Lambda gives 0.58 of a processor. The fullest invocation takes less than three quarters of both. */
export const CONSUMER_MEMORY_MB = 1024

/** Three attempts at a secret of 5 s each, and one of 10 s at Meta, for all destinations at once. */
export const HEALTH_TIMEOUT = Duration.seconds(60)

/** Track, removal, session and retry. */
export const QUEUES_OF_CONSUMER = 4

/** Meta takes up to a day to apply a change, so gathering for a minute costs nothing and saves calls. */
export const TRACK_WINDOW = Duration.seconds(60)

/** Waiting rows are merged already. This only lets deliveries of one moment share a request. */
export const RETRY_WINDOW = Duration.seconds(5)

/** Lambda's advice: six times the function's timeout plus the window, so that no message is handled twice at once. */
export function trackVisibility(windowSeconds: number): Duration {
  return Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds() + windowSeconds)
}
export const RETRY_VISIBILITY = Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds())

/** A FIFO group stands still while a message is invisible, and Meta ends a session after 90 minutes. */
export const SESSION_VISIBILITY = Duration.seconds(2 * CONSUMER_TIMEOUT.toSeconds())

/** Rows wait 72 h at most, so a weekend's outage loses nothing. */
export const RETENTION = Duration.days(4)

/** A moved message keeps its first timestamp, so this leaves ten days to look at it. */
export const DEAD_LETTER_RETENTION = Duration.days(14)

/**
 * Receives before SQS moves a message of the track or the removal queue to the dead letters. After six, a message that
 * crashes its consumer is alone (functions/consumer/parts.ts). One is to spare, because throttled deliveries count too.
 */
export const MAX_RECEIVES = 7

/**
 * In the retry queue, a wait may be a receive too. So the age of rows decides when they are given up, and this only stops
 * a message that crashes its consumer.
 */
export const MAX_RETRY_RECEIVES = 100

/** How long a secret is kept in memory before it is read again. */
export const SECRET_LIFETIME = Duration.seconds(SECRET_LIFETIME_SECONDS)

/**
 * How long a queue uses a data key before it asks KMS for another. An hour in place of five minutes needs a twelfth of
 * the calls.
 */
export const DATA_KEY_REUSE = Duration.hours(1)

/** A message of the track queue that is older than this has failed at least twice. */
export function trackAgeLimit(windowSeconds: number): Duration {
  return Duration.seconds(2 * trackVisibility(windowSeconds).toSeconds())
}

/** After an hour, users of a session go on without it. An alarm at 45 minutes leaves a quarter of an hour to act. */
export const SESSION_AGE_LIMIT = Duration.minutes(45)

/** Every wait writes a new message, which is delayed and hidden for less than 11.5 h. An older one is stuck. */
export const RETRY_AGE_LIMIT = Duration.hours(12)

/** At 120,000 messages in flight, SQS hands out nothing more. */
export const IN_FLIGHT_LIMIT = 80_000

/** Refused requests in a day. A stray one is no alarm, but a source with a few events a day is noticed. */
export const REFUSED_LIMIT = 5

/** The longest wait in the retry queue is 2.5 h, so a paused destination shows itself at least this often. */
export const PAUSE_MEMORY = Duration.hours(3)

/** Percent of Meta's limit at which the consumer sends nothing for a while (lib/graph-api/pace.ts). */
export const USAGE_LIMIT = 90
