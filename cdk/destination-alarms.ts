import { Duration } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import { TOKEN_DAYS_LIMIT } from '../lib/graph-api/debug-token.ts'
import type { AlarmRule } from './alarm-rule.ts'
import { VERSION_DAYS_LIMIT } from '../lib/graph-api/versions.ts'
import { PAUSE_MEMORY, USAGE_LIMIT } from './timings.ts'
import { productMetric } from './watched.ts'
import type { Watched } from './watched.ts'

const HOUR = Duration.hours(1)
// These are measured once a day and kept until the next time. The period is short, so that asking again ends the alarm
// at once.
const MEASURED_DAILY = { statistic: 'Minimum', period: Duration.minutes(5) } as const

/** The alarms of each destination. An alarm cannot search for metrics, so each destination has its own. */
export function destinationAlarms(watched: Watched): AlarmRule[] {
  return watched.destinations.destinations.flatMap(({ name, dryRun }) => [
    // A trial run makes no requests, so what they say could never raise an alarm.
    ...(dryRun ? [] : deliveryAlarms(watched, name)),
    ...dailyAlarms(watched, name),
  ])
}

function deliveryAlarms(watched: Watched, name: string): AlarmRule[] {
  return [
    {
      id: `${name}Paused`,
      runbook: 'paused-destination',
      impact: `Nothing reaches an audience of "${name}" until a person acts; its users wait, and are given up in the end.`,
      metric: paused(watched, name),
      threshold: 1,
      periods: PAUSE_MEMORY.toHours(),
      missing: 'fine',
    },
    {
      id: `${name}Usage`,
      runbook: 'meta-limits',
      impact: `Meta's limit of calls is nearly used up for "${name}": its users wait, and go on by themselves.`,
      metric: productMetric(watched, 'consumer', 'UsagePercent', { destination: name }, { statistic: 'Maximum' }),
      threshold: USAGE_LIMIT,
      periods: 1,
      missing: 'fine',
    },
  ]
}

function dailyAlarms(watched: Watched, name: string): AlarmRule[] {
  return [
    {
      id: `${name}TokenEnds`,
      runbook: 'token-ends',
      impact: `The access token of "${name}" ends within ${TOKEN_DAYS_LIMIT} days; then nothing is delivered.`,
      metric: productMetric(watched, 'health', 'TokenDaysLeft', { destination: name }, MEASURED_DAILY),
      threshold: TOKEN_DAYS_LIMIT,
      runsOut: true,
      periods: 1,
      missing: 'keep',
    },
    {
      id: `${name}VersionEnds`,
      runbook: 'version-ends',
      impact: `The API version of "${name}" ends within ${VERSION_DAYS_LIMIT} days; then Meta refuses every call.`,
      metric: productMetric(watched, 'health', 'VersionDaysLeft', { destination: name }, MEASURED_DAILY),
      threshold: VERSION_DAYS_LIMIT,
      runsOut: true,
      periods: 1,
      missing: 'keep',
    },
  ]
}

/** How often Meta's answer needed a person, or users waited for a token (which is known without a call). */
function paused(watched: Watched, destination: string): MathExpression {
  const hourly = { period: HOUR }
  const waiting = (reason: string) =>
    productMetric(watched, 'consumer', 'UsersWaiting', { destination, reason }, hourly)
  return new MathExpression({
    expression: 'SUM([FILL(refused, 0), FILL(notSet, 0), FILL(unreadable, 0)])',
    usingMetrics: {
      refused: productMetric(watched, 'consumer', 'Verdicts', { destination, reason: 'pause' }, hourly),
      notSet: waiting('token_not_set'),
      unreadable: waiting('token_unreadable'),
    },
    label: 'paused',
    period: HOUR,
  })
}
