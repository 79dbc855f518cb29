import { MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Metrics } from '@aws-lambda-powertools/metrics'
import type { MiddlewareObj } from '@middy/core'

const { Count, Milliseconds, NoUnit, Percent, Seconds } = MetricUnit

/**
 * Every metric, with its unit and how the measures of one invocation are joined. Counts are added. Of a gauge the
 * highest is kept, or the lowest if it is something that runs out. Latencies stay single values, so that percentiles
 * can be read from them.
 */
const METRICS = {
  EventsAccepted: { unit: Count, join: 'sum' },
  EventsRejected: { unit: Count, join: 'sum' },
  EventsIgnored: { unit: Count, join: 'sum' },
  EventWarnings: { unit: Count, join: 'sum' },
  RequestsRefused: { unit: Count, join: 'sum' },
  WriteKeysUnreadable: { unit: Count, join: 'sum' },
  UsersSent: { unit: Count, join: 'sum' },
  UsersWouldBeSent: { unit: Count, join: 'sum' },
  UsersDropped: { unit: Count, join: 'sum' },
  ValuesReported: { unit: Count, join: 'sum' },
  UsersInvalid: { unit: Count, join: 'sum' },
  UsersWaiting: { unit: Count, join: 'sum' },
  UsersGivenUp: { unit: Count, join: 'sum' },
  RegisterFailures: { unit: Count, join: 'sum' },
  GraphCalls: { unit: Count, join: 'sum' },
  GraphLatency: { unit: Milliseconds, join: 'keep' },
  Verdicts: { unit: Count, join: 'sum' },
  UsagePercent: { unit: Percent, join: 'highest' },
  AccountScorePercent: { unit: Percent, join: 'highest' },
  OldestUndeliveredAge: { unit: Seconds, join: 'highest' },
  TokenDaysLeft: { unit: NoUnit, join: 'lowest' },
  VersionDaysLeft: { unit: NoUnit, join: 'lowest' },
} as const

const JOIN = {
  sum: ([sum = 0], value) => [sum + value],
  highest: ([highest = -Infinity], value) => [Math.max(highest, value)],
  lowest: ([lowest = Infinity], value) => [Math.min(lowest, value)],
  keep: (values, value) => [...values, value],
} satisfies Record<string, (known: readonly number[], value: number) => number[]>

export type MetricName = keyof typeof METRICS

/** Names from the settings and codes, never content. */
type Dimensions = Partial<Record<'source' | 'destination' | 'audience' | 'direction' | 'reason' | 'dryRun', string>>

export type Measure = (name: MetricName, value: number, dimensions: Dimensions) => void

type Gathered = { dimensions: Dimensions; values: Map<MetricName, number[]> }
type Publisher = Pick<Metrics, 'addDimensions' | 'addMetric' | 'publishStoredMetrics'>

/**
 * Metrics in CloudWatch's embedded format, which need no call. `measure` gathers, and `flush` writes one log line for
 * each set of dimensions. Zero is written only for gauges that run out.
 */
export function createMetrics(publisher: Publisher): { measure: Measure; flush: () => void } {
  const gathered = new Map<string, Gathered>()
  return {
    measure: (name, value, dimensions) => {
      if ((value === 0 && METRICS[name].join !== 'lowest') || !Number.isFinite(value)) return
      const key = JSON.stringify(Object.entries(dimensions).sort())
      const set = gathered.get(key) ?? { dimensions, values: new Map<MetricName, number[]>() }
      set.values.set(name, JOIN[METRICS[name].join](set.values.get(name) ?? [], value))
      gathered.set(key, set)
    },
    flush: () => {
      const sets = [...gathered.values()]
      gathered.clear()
      for (const set of sets) publish(publisher, set)
    },
  }
}

/** CloudWatch takes 100 values of a metric in a line. At the hundredth, Powertools publishes by itself. */
const MAX_VALUES = 99

function publish(publisher: Publisher, { dimensions, values }: Gathered): void {
  const longest = Math.max(...[...values.values()].map(({ length }) => length))
  for (let start = 0; start < longest; start += MAX_VALUES) {
    publisher.addDimensions({ ...dimensions })
    for (const [name, list] of values)
      for (const value of list.slice(start, start + MAX_VALUES)) publisher.addMetric(name, METRICS[name].unit, value)
    publisher.publishStoredMetrics()
  }
}

/** Writes the measures of an invocation when it ends, even with an error. */
export function flushAtTheEnd(flush: () => void): MiddlewareObj {
  return { after: () => flush(), onError: () => flush() }
}
