import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Destinations } from '../lib/config/destinations-schema.ts'
import type { MetricName } from '../lib/metrics.ts'
import type { Consumer } from './consumer.ts'
import type { Health } from './health.ts'
import type { TrackApi } from './track-api.ts'
import type { TrackQueues } from './track-queues.ts'

/** The resources that alarms and dashboard look at. */
export type Watched = {
  trackApi: TrackApi
  queues: TrackQueues
  consumer: Consumer
  health: Health
  destinations: Destinations
  /** The namespace of the product's own metrics. */
  namespace: string
}

type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'p50' | 'p99'
type Dimensions = Partial<Record<'source' | 'destination' | 'direction' | 'reason' | 'dryRun', string>>

/** A metric that a function writes; Powertools adds the function's name as `service`. */
export function productMetric(
  { namespace }: Pick<Watched, 'namespace'>,
  service: 'ingest' | 'consumer' | 'health',
  metricName: MetricName,
  dimensions: Dimensions,
  { statistic = Stats.SUM, period = Duration.minutes(5) }: { statistic?: Statistic; period?: Duration } = {},
): Metric {
  return new Metric({ namespace, metricName, dimensionsMap: { service, ...dimensions }, statistic, period })
}

/** All metrics of a name with these dimensions, one line each, also those that appear later. Only for dashboards. */
export function searchExpression(
  { namespace }: Pick<Watched, 'namespace'>,
  metricName: MetricName,
  dimensions: readonly (keyof Dimensions)[],
  statistic: Statistic = 'Sum',
): MathExpression {
  const schema = [`"${namespace}"`, 'service', ...dimensions].join(',')
  return new MathExpression({
    expression: `SEARCH('{${schema}} MetricName="${metricName}"', '${statistic}')`,
    usingMetrics: {},
    label: '',
    period: Duration.minutes(5),
  })
}
