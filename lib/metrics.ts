import { MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Metrics } from '@aws-lambda-powertools/metrics'

/** Every metric, with its unit. Dimensions hold names from the settings and codes, never content. */
export const METRICS = {
  EventsAccepted: MetricUnit.Count,
  EventsRejected: MetricUnit.Count,
  EventsIgnored: MetricUnit.Count,
  UsersSent: MetricUnit.Count,
  UsersDropped: MetricUnit.Count,
  UsersInvalid: MetricUnit.Count,
  UsersWaiting: MetricUnit.Count,
  UsersGivenUp: MetricUnit.Count,
  GraphCalls: MetricUnit.Count,
  GraphLatency: MetricUnit.Milliseconds,
  Verdicts: MetricUnit.Count,
  UsagePercent: MetricUnit.Percent,
  AccountScorePercent: MetricUnit.Percent,
  OldestUndeliveredAge: MetricUnit.Seconds,
} as const

export type MetricName = keyof typeof METRICS
export type Dimensions = Partial<Record<'source' | 'destination' | 'audience' | 'direction' | 'reason', string>>
export type Measure = (name: MetricName, value: number, dimensions: Dimensions) => void

/** Metrics in CloudWatch's embedded format: one log line each, no call. Values of zero are not written. */
export function createMeasure(metrics: Pick<Metrics, 'singleMetric'>): Measure {
  return (name, value, dimensions) => {
    if (value === 0) return
    const metric = metrics.singleMetric()
    metric.addDimensions({ ...dimensions })
    metric.addMetric(name, METRICS[name], value)
  }
}
