import { Duration } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { AlarmRule } from './alarm-rule.ts'
import type { Settings } from './settings.ts'
import { IN_FLIGHT_LIMIT, REFUSED_LIMIT, RETRY_AGE_LIMIT, SESSION_AGE_LIMIT, trackAgeLimit } from './timings.ts'
import { productMetric } from './watched.ts'
import type { Watched } from './watched.ts'

const FIVE_MINUTES = { period: Duration.minutes(5) }
const HIGHEST = { ...FIVE_MINUTES, statistic: 'Maximum' }
const SUM = { ...FIVE_MINUTES, statistic: 'Sum' }

/** The alarms of queues, functions and endpoint, which belong to no single destination. */
export function stackAlarms(watched: Watched, settings: Settings): AlarmRule[] {
  return [...deadLetters(watched), ...ages(watched, settings), ...inFlight(watched), ...failures(watched)]
}

// The alarm goes by the number of messages there, because messages that are moved in do not count as sent.
function deadLetters({ queues }: Watched): AlarmRule[] {
  const common = { runbook: 'dead-letters', threshold: 1, periods: 1, missing: 'fine' } as const
  return [
    {
      ...common,
      id: 'DeadLetters',
      impact: 'Users were given up: they are not added to or removed from their audience until somebody redrives them.',
      metric: queues.deadLetters.metricApproximateNumberOfMessagesVisible(HIGHEST),
    },
    {
      ...common,
      id: 'SessionDeadLetters',
      impact: 'Batches of a session were given up: their users are not delivered until somebody redrives them.',
      metric: queues.sessionDeadLetters.metricApproximateNumberOfMessagesVisible(HIGHEST),
    },
  ]
}

function ages({ queues }: Watched, { trackWindowSeconds }: Settings): AlarmRule[] {
  const common = { runbook: 'old-messages', periods: 1, missing: 'fine' } as const
  return [
    {
      ...common,
      id: 'TrackAge',
      impact: 'Events are accepted, but have not been processed for a long time; audiences fall behind.',
      metric: queues.track.metricApproximateAgeOfOldestMessage(HIGHEST),
      threshold: trackAgeLimit(trackWindowSeconds).toSeconds(),
    },
    {
      ...common,
      id: 'RemovalAge',
      impact: 'People who left have not been taken out of audiences for a long time.',
      metric: queues.removal.metricApproximateAgeOfOldestMessage(HIGHEST),
      threshold: trackAgeLimit(trackWindowSeconds).toSeconds(),
    },
    {
      ...common,
      id: 'SessionAge',
      impact: 'A session stands still; when it has waited for an hour, its users go on without it.',
      metric: queues.session.metricApproximateAgeOfOldestMessage(HIGHEST),
      threshold: SESSION_AGE_LIMIT.toSeconds(),
    },
    {
      ...common,
      id: 'RetryAge',
      impact: 'Waiting users are not tried again; after four days SQS deletes them.',
      metric: queues.retry.metricApproximateAgeOfOldestMessage(HIGHEST),
      threshold: RETRY_AGE_LIMIT.toSeconds(),
    },
  ]
}

function inFlight({ queues: { track, removal, session, retry } }: Watched): AlarmRule[] {
  return Object.entries({ Track: track, Removal: removal, Session: session, Retry: retry }).map(([name, queue]) => ({
    id: `${name}InFlight`,
    runbook: 'messages-in-flight',
    impact: `At 120,000 messages in flight the ${name.toLowerCase()} queue hands out nothing more, and delivery stops.`,
    metric: queue.metricApproximateNumberOfMessagesNotVisible(HIGHEST),
    threshold: IN_FLIGHT_LIMIT,
    periods: 1,
    missing: 'fine',
  }))
}

function failures(watched: Watched): AlarmRule[] {
  const { trackApi, consumer, health } = watched
  const functions = {
    Ingest: [
      trackApi.ingest,
      'Ingest fails or is throttled: senders get errors and repeat their requests; a browser that is closed loses them.',
    ],
    Consumer: [
      consumer.handler,
      'The consumer fails or is throttled: its messages come again, and after too many failures they go to the dead letters.',
    ],
    Health: [health.handler, 'Health fails or is throttled: nobody watches when access tokens end.'],
  } as const
  const common = { threshold: 1, periods: 1, missing: 'fine' } as const
  return [
    ...Object.entries(functions).flatMap(([name, [lambda, impact]]): AlarmRule[] => [
      { ...common, id: `${name}Errors`, runbook: 'function-errors', impact, metric: lambda.metricErrors(SUM) },
      { ...common, id: `${name}Throttles`, runbook: 'throttles', impact, metric: lambda.metricThrottles(SUM) },
    ]),
    {
      ...common,
      id: 'EndpointErrors',
      runbook: 'endpoint-errors',
      impact: 'Events cannot be stored; senders are told to repeat them, and a browser that is closed loses them.',
      metric: trackApi.api.metricServerError(SUM),
      threshold: 5,
    },
    refusedKeys(watched),
    {
      ...common,
      id: 'WriteKeysUnreadable',
      runbook: 'refused-requests',
      impact: 'A source’s entry in the write-keys secret cannot be read: a new environment tells that source to wait.',
      metric: productMetric(watched, 'ingest', 'WriteKeysUnreadable', {}),
    },
    {
      ...common,
      id: 'RegisterFailures',
      runbook: 'register-failures',
      impact: 'The register cannot be reached: users wait, to be added and to be removed.',
      metric: productMetric(watched, 'consumer', 'RegisterFailures', {}),
      threshold: 5,
    },
  ]
}

/** Refused requests. SDKs do not repeat them, so a source with a wrong key or path loses all that it sends. */
function refusedKeys(watched: Watched): AlarmRule {
  const period = Duration.days(1)
  const reasons = [
    ...['key_missing', 'key_unknown', 'origin_not_allowed', 'signature_invalid', 'payload_too_large'],
    ...['payload_too_large_without_key', 'too_many_values', 'not_found'],
  ]
  const usingMetrics = Object.fromEntries(
    reasons.map((reason) => [
      `m_${reason}`,
      productMetric(watched, 'ingest', 'RequestsRefused', { reason }, { period }),
    ]),
  )
  return {
    id: 'RequestsRefused',
    runbook: 'refused-requests',
    impact:
      'A sender’s requests are refused, and it does not repeat them: what it sends is lost until its key, path or size is right.',
    metric: new MathExpression({
      expression: `SUM([${reasons.map((reason) => `FILL(m_${reason}, 0)`).join(', ')}])`,
      usingMetrics,
      label: 'refused',
      period,
    }),
    threshold: REFUSED_LIMIT,
    periods: 1,
    missing: 'fine',
  }
}
