import { Duration } from 'aws-cdk-lib'

// The times and sizes of the stack, each derived from the one it depends on.

/** Two attempts of the SQS client at 3 s each fit, and every SDK's own timeout is longer than a normal answer. */
export const INGEST_TIMEOUT = Duration.seconds(10)

/** A Graph request may take 60 s; this leaves room for two in a row and for storing what must wait. */
export const CONSUMER_TIMEOUT = Duration.seconds(180)

/** Meta itself takes up to a day to apply a change, so a minute of gathering costs nothing and saves calls. */
export const TRACK_WINDOW = Duration.seconds(60)

/** Lambda's advice: six times the function's timeout, and the window on top, so that no message runs twice at once. */
export const TRACK_VISIBILITY = Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds() + TRACK_WINDOW.toSeconds())
export const RETRY_VISIBILITY = Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds())

/** A FIFO group stands still while a message is invisible, and Meta ends a session after 90 minutes. */
export const SESSION_VISIBILITY = Duration.seconds(2 * CONSUMER_TIMEOUT.toSeconds())

/** Longer than anything waits (72 h at most), so that a weekend's outage loses nothing. */
export const RETENTION = Duration.days(4)

/** A moved message keeps its first timestamp, so this leaves ten days to look at it. */
export const DEAD_LETTER_RETENTION = Duration.days(14)

/** Receives before SQS moves a message by itself: throttled deliveries count too, so not fewer. */
export const MAX_RECEIVES = 5

/** Waiting counts as receiving in the retry queue; age decides there, and this only stops a message that kills its consumer. */
export const MAX_RETRY_RECEIVES = 100

/** Lambda's smallest; two keep one slow audience from holding back the others. */
export const MAXIMUM_CONCURRENCY = 2

/** How long a secret is kept in memory before it is read again. */
export const SECRET_LIFETIME = Duration.minutes(5)
