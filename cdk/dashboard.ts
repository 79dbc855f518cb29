import { Duration } from 'aws-cdk-lib'
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { IAlarm, IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import { searchExpression } from './watched.ts'
import type { Watched } from './watched.ts'

/** Four questions, each in a row or two: is it flowing, what is stuck, what did Meta say, and will it go on? */
export class Dashboard extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, { watched, alarms }: { watched: Watched; alarms: readonly IAlarm[] }) {
    super(scope, id)
    const { dashboardName } = new CloudWatchDashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(1),
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        ...alarmStatus(alarms),
        [question('Is it flowing?')],
        flowing(watched),
        [question('What is stuck?')],
        stuckInQueues(watched),
        stuckUsers(watched),
        [question('What did Meta say?')],
        fromMeta(watched),
        [question('Will it go on?')],
        lasting(watched),
      ],
    })
    this.name = dashboardName
  }
}

/** CloudWatch takes a hundred alarms in a widget. */
const MOST_ALARMS = 100

function alarmStatus(alarms: readonly IAlarm[]): IWidget[][] {
  const rows: IWidget[][] = []
  for (let start = 0; start < alarms.length; start += MOST_ALARMS)
    rows.push([
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: alarms.slice(start, start + MOST_ALARMS),
        width: 24,
        height: 4,
      }),
    ])
  return rows
}

function question(text: string): IWidget {
  return new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 })
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): IWidget {
  return new GraphWidget({ title, left, right, width: 8, height: 6, leftYAxis: { min: 0 } })
}

function flowing(watched: Watched): IWidget[] {
  const { api } = watched.trackApi
  const fiveMinutes = { period: Duration.minutes(5) }
  return [
    graph(
      'Requests, refused, failed · latency',
      [
        api.metricCount({ ...fiveMinutes, label: 'requests' }),
        api.metricClientError({ ...fiveMinutes, label: '4xx' }),
        api.metricServerError({ ...fiveMinutes, label: '5xx' }),
        searchExpression(watched, 'RequestsRefused', ['reason']),
        searchExpression(watched, 'WriteKeysUnreadable', []),
      ],
      [api.metricLatency({ ...fiveMinutes, statistic: 'p99', label: 'p99 ms' })],
    ),
    graph('Events by source', [
      searchExpression(watched, 'EventsAccepted', ['source']),
      searchExpression(watched, 'EventsIgnored', ['source', 'reason']),
      searchExpression(watched, 'EventsRejected', ['source', 'reason']),
      searchExpression(watched, 'EventWarnings', ['source', 'reason']),
    ]),
    graph('Users sent to Meta · that trial runs would send', [
      searchExpression(watched, 'UsersSent', ['destination', 'direction']),
      searchExpression(watched, 'UsersWouldBeSent', ['destination', 'direction', 'dryRun']),
    ]),
  ]
}

function stuckInQueues({
  queues: { track, removal, session, retry, deadLetters, sessionDeadLetters },
}: Watched): IWidget[] {
  const highest = { period: Duration.minutes(5), statistic: 'Maximum' }
  const waiting = { track, removal, session, retry }
  const each = Object.entries(waiting)
  return [
    graph(
      'Messages that wait · in flight',
      each.map(([label, queue]) => queue.metricApproximateNumberOfMessagesVisible({ ...highest, label })),
      each.map(([label, queue]) =>
        queue.metricApproximateNumberOfMessagesNotVisible({ ...highest, label: `${label}, in flight` }),
      ),
    ),
    graph(
      'Age of the oldest message, s',
      each.map(([label, queue]) => queue.metricApproximateAgeOfOldestMessage({ ...highest, label })),
    ),
    graph(
      'Dead letters',
      Object.entries({ deadLetters, sessionDeadLetters }).map(([label, queue]) =>
        queue.metricApproximateNumberOfMessagesVisible({ ...highest, label }),
      ),
    ),
  ]
}

function stuckUsers(watched: Watched): IWidget[] {
  const { trackApi, consumer, health } = watched
  const functions = [trackApi.ingest, consumer.handler, health.handler]
  const fiveMinutes = { period: Duration.minutes(5) }
  return [
    graph('Users that wait, by reason', [searchExpression(watched, 'UsersWaiting', ['destination', 'reason'])]),
    graph(
      'Users given up, dropped · s since the first failure',
      [
        searchExpression(watched, 'UsersGivenUp', ['destination', 'reason']),
        searchExpression(watched, 'UsersDropped', ['destination', 'reason']),
        searchExpression(watched, 'ValuesReported', ['destination', 'reason']),
      ],
      [searchExpression(watched, 'OldestUndeliveredAge', ['destination'], 'Maximum')],
    ),
    graph(
      'Errors of functions and register · throttles',
      [
        ...functions.map((lambda) => lambda.metricErrors(fiveMinutes)),
        searchExpression(watched, 'RegisterFailures', []),
      ],
      functions.map((lambda) => lambda.metricThrottles(fiveMinutes)),
    ),
  ]
}

function fromMeta(watched: Watched): IWidget[] {
  return [
    graph(
      'Calls · refusals by verdict',
      [searchExpression(watched, 'GraphCalls', ['destination'])],
      [searchExpression(watched, 'Verdicts', ['destination', 'reason'])],
    ),
    graph('Latency, ms', [
      searchExpression(watched, 'GraphLatency', ['destination'], 'p50'),
      searchExpression(watched, 'GraphLatency', ['destination'], 'p99'),
    ]),
    graph(
      'Users called invalid · % of limits',
      [searchExpression(watched, 'UsersInvalid', ['destination'])],
      [
        searchExpression(watched, 'UsagePercent', ['destination'], 'Maximum'),
        searchExpression(watched, 'AccountScorePercent', ['destination'], 'Maximum'),
      ],
    ),
  ]
}

function lasting(watched: Watched): IWidget[] {
  return [
    graph('Days that access tokens have left (3650: no end)', [
      searchExpression(watched, 'TokenDaysLeft', ['destination'], 'Minimum'),
    ]),
    graph('Days that API versions have left', [
      searchExpression(watched, 'VersionDaysLeft', ['destination'], 'Minimum'),
    ]),
  ]
}
