import { Duration } from 'aws-cdk-lib'

// The times and sizes of the stack, each derived from the one it depends on.

/** Two attempts of the SQS client at 3 s each fit, and every SDK's own timeout is longer than a normal answer. */
export const INGEST_TIMEOUT = Duration.seconds(10)

/** A Graph request may take 60 s; this leaves a minute and a half in which one may begin, and room to store what must wait. */
export const CONSUMER_TIMEOUT = Duration.seconds(180)

/** Lambda gives 0.58 of a processor with it; the fullest invocation takes less than three quarters of both. */
export const CONSUMER_MEMORY_MB = 1024

/** Three attempts at a secret of 5 s each, and one of 10 s at Meta, for all destinations at once. */
export const HEALTH_TIMEOUT = Duration.seconds(60)

/** Track, removal, session and retry. */
export const QUEUES_OF_CONSUMER = 4

/** Meta itself takes up to a day to apply a change, so a minute of gathering costs nothing and saves calls. */
export const TRACK_WINDOW = Duration.seconds(60)

/** What waits is merged already; this only lets deliveries of one moment share a request. */
export const RETRY_WINDOW = Duration.seconds(5)

/** Lambda's advice: six times the function's timeout, and the window on top, so that no message runs twice at once. */
export function trackVisibility(windowSeconds: number): Duration {
  return Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds() + windowSeconds)
}
export const RETRY_VISIBILITY = Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds())

/** A FIFO group stands still while a message is invisible, and Meta ends a session after 90 minutes. */
export const SESSION_VISIBILITY = Duration.seconds(2 * CONSUMER_TIMEOUT.toSeconds())

/** Longer than anything waits (72 h at most), so that a weekend's outage loses nothing. */
export const RETENTION = Duration.days(4)

/** A moved message keeps its first timestamp, so this leaves ten days to look at it. */
export const DEAD_LETTER_RETENTION = Duration.days(14)

/**
 * Receives before SQS moves a message of the track or the removal queue by itself: six until one that ends its consumer is alone
 * (functions/consumer/parts.ts), and one to spare, because throttled deliveries count too.
 */
export const MAX_RECEIVES = 7

/** Waiting counts as receiving in the retry queue; age decides there, and this only stops a message that kills its consumer. */
export const MAX_RETRY_RECEIVES = 100

/** How long a secret is kept in memory before it is read again. */
export const SECRET_LIFETIME = Duration.minutes(5)

/** How long a queue uses a data key before it asks KMS for another: an hour instead of five minutes, a twelfth of the calls. */
export const DATA_KEY_REUSE = Duration.hours(1)

/** Older than this, and a message of the track queue has failed at least once and failed again. */
export function trackAgeLimit(windowSeconds: number): Duration {
  return Duration.seconds(2 * trackVisibility(windowSeconds).toSeconds())
}

/** At an hour, users of a session go on without it; this leaves a quarter of an hour to do something. */
export const SESSION_AGE_LIMIT = Duration.minutes(45)

/** Every wait writes a new message, delayed and hidden for less than 11.5 h; older, and nobody takes it. */
export const RETRY_AGE_LIMIT = Duration.hours(12)

/** SQS hands out nothing more from 120,000 messages in flight on. */
export const IN_FLIGHT_LIMIT = 80_000

/** Refused requests in a day: a stray one is nothing, and a source that sends a few events a day is noticed. */
export const REFUSED_LIMIT = 5

/** The longest wait in the retry queue is 2.5 h, so what is paused shows itself at least this often. */
export const PAUSE_MEMORY = Duration.hours(3)

/** Days before a token ends, enough to reach somebody who may make another; and before a version does, to test the next. */
export const TOKEN_DAYS_LIMIT = 7
export const VERSION_DAYS_LIMIT = 60

/** Percent of Meta's limit at which the consumer sends nothing for a while (lib/graph-api/pace.ts). */
export const USAGE_LIMIT = 90
