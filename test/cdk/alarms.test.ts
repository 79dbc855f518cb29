import { readFileSync } from 'node:fs'
import { Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { anchorsOf, readPage } from '../support/pages.ts'
import { aDestination, destinationsOf, settingsOf } from '../support/settings.ts'
import { resourcesOf } from '../support/template.ts'
import { aSync, anApp, theStack } from './the-stack.ts'

type Alarm = {
  AlarmDescription: string
  MetricName?: string
  Threshold: number
  ComparisonOperator: string
  TreatMissingData: string
  EvaluationPeriods: number
  Period?: number
  Metrics?: { Expression?: string; MetricStat?: { Period: number; Metric: { MetricName: string } } }[]
}

const alarms = Object.fromEntries(
  resourcesOf(theStack.stack, 'AWS::CloudWatch::Alarm').map(([id, alarm]) => [
    id.replace(/^Alarms|[0-9A-F]{8}$/g, ''),
    alarm as Alarm,
  ]),
)

describe('alarms', () => {
  test.each([
    ['DeadLetters', 'ApproximateNumberOfMessagesVisible', '>=', 1],
    ['SessionDeadLetters', 'ApproximateNumberOfMessagesVisible', '>=', 1],
    ['TrackAge', 'ApproximateAgeOfOldestMessage', '>=', 2 * (6 * 180 + 60)],
    ['SessionAge', 'ApproximateAgeOfOldestMessage', '>=', 45 * 60],
    ['RetryAge', 'ApproximateAgeOfOldestMessage', '>=', 12 * 3600],
    ['TrackInFlight', 'ApproximateNumberOfMessagesNotVisible', '>=', 80_000],
    ['SessionInFlight', 'ApproximateNumberOfMessagesNotVisible', '>=', 80_000],
    ['RetryInFlight', 'ApproximateNumberOfMessagesNotVisible', '>=', 80_000],
    ['IngestErrors', 'Errors', '>=', 1],
    ['IngestThrottles', 'Throttles', '>=', 1],
    ['ConsumerErrors', 'Errors', '>=', 1],
    ['ConsumerThrottles', 'Throttles', '>=', 1],
    ['HealthErrors', 'Errors', '>=', 1],
    ['HealthThrottles', 'Throttles', '>=', 1],
    ['EndpointErrors', '5XXError', '>=', 5],
    ['WriteKeysUnreadable', 'WriteKeysUnreadable', '>=', 1],
    ['RegisterFailures', 'RegisterFailures', '>=', 5],
    ['mainUsage', 'UsagePercent', '>=', 90],
    ['mainTokenEnds', 'TokenDaysLeft', '<', 7],
    ['mainVersionEnds', 'VersionDaysLeft', '<', 60],
  ])('%s: %s %s %d', (id, metric, comparison, threshold) => {
    expect(alarms[id]).toMatchObject({
      MetricName: metric,
      Threshold: threshold,
      ComparisonOperator: comparison === '<' ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
    })
  })

  test('a destination is paused when Meta asks for a person, and when its token is missing or unreadable', () => {
    const { Metrics = [], Threshold } = alarms.mainPaused ?? ({} as Alarm)
    const [expression, ...inputs] = Metrics
    expect(expression?.Expression).toBe('SUM([FILL(refused, 0), FILL(notSet, 0), FILL(unreadable, 0)])')
    expect(Threshold).toBe(1)
    const read = inputs.map(({ MetricStat }) => JSON.stringify(MetricStat?.Metric))
    for (const [index, reason] of ['pause', 'token_not_set', 'token_unreadable'].entries())
      expect(read[index]).toContain(`{"Name":"reason","Value":"${reason}"}`)
  })

  test('a destination that has a trial run has those of its token and version, and none on deliveries', () => {
    const stack = new Stack(anApp(), 'Theirs')
    aSync({ destinations: settingsOf({ destinations: [aDestination({ dryRun: true })] }) }, { stack })
    const ids = Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'))
    const ofDestination = ids.flatMap((id) => /main(.+)[0-9A-F]{8}$/.exec(id)?.[1] ?? [])
    expect(ofDestination.sort()).toEqual(['TokenEnds', 'VersionEnds'])
  })

  test('refused requests of a day raise an alarm by every reason for which a sender’s events are lost', () => {
    const { Metrics = [], Threshold } = alarms.RequestsRefused ?? ({} as Alarm)
    const read = Metrics.slice(1).map(({ MetricStat }) => JSON.stringify(MetricStat))
    const reasons = [
      ...['key_missing', 'key_unknown', 'origin_not_allowed', 'signature_invalid', 'payload_too_large'],
      ...['payload_too_large_without_key', 'too_many_values', 'not_found'],
    ]
    expect([read.length, Threshold]).toEqual([reasons.length, 5])
    for (const [index, reason] of reasons.entries()) {
      expect(read[index]).toContain(`{"Name":"reason","Value":"${reason}"}`)
      expect(read[index]).toContain('"Period":86400')
    }
  })

  test('it remembers a pause longer than the longest wait, after which there is a probe', () => {
    const { EvaluationPeriods = 0, Metrics = [] } = alarms.mainPaused ?? {}
    for (const { MetricStat } of Metrics.slice(1)) expect(MetricStat?.Period).toBe(3600)
    expect(EvaluationPeriods).toBeGreaterThan(2.5)
  })

  test('where nothing happens nothing is measured, and that is no alarm; what is measured once a day holds until the next', () => {
    const kept = Object.entries(alarms).filter(([, { TreatMissingData }]) => TreatMissingData === 'ignore')
    expect(kept.map(([id]) => id)).toEqual(['mainTokenEnds', 'mainVersionEnds'])
    // A short period, so that the alarm ends at once when somebody asks again on the same day.
    for (const [, { Period }] of kept) expect(Period).toBe(300)
    for (const [, { TreatMissingData }] of Object.entries(alarms))
      expect(TreatMissingData).toMatch(/^(?:ignore|notBreaching)$/)
  })

  test('each says what it means for whom, and where the runbook has it', () => {
    const anchors = anchorsOf(readPage('cdk/README.md'))
    expect(Object.keys(alarms)).toHaveLength(24)
    for (const { AlarmDescription } of Object.values(alarms)) {
      const [, impact, anchor] = /^(.{20,}\.) Runbook: cdk\/README\.md#(.+)$/.exec(AlarmDescription) ?? []
      expect(impact).toBeDefined()
      expect(anchors).toContain(anchor)
    }
  })

  test('an alarm of a function says which one it is', () => {
    for (const name of ['Ingest', 'Consumer', 'Health'])
      for (const alarm of [alarms[`${name}Errors`], alarms[`${name}Throttles`]])
        expect(alarm?.AlarmDescription.toLowerCase()).toContain(name.toLowerCase())
  })

  test('every destination has its own, and they go to whoever is named, with an all-clear', { timeout: 60_000 }, () => {
    const stack = new Stack(anApp(), 'Theirs')
    const destinations = {
      ...settingsOf(),
      destinations: destinationsOf({ name: 'one' }, { name: 'two', events: { B: '23848672402580582' } }),
    }
    aSync(
      {
        destinations,
        alarmEmail: 'ops@example.com',
        alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:ops',
        runbookUrl: 'https://wiki.example/runbook',
      },
      { stack },
    )
    const template = Template.fromStack(stack)
    template.resourceCountIs('AWS::CloudWatch::Alarm', 24 + 4)
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [Match.anyValue(), 'arn:aws:sns:eu-west-1:123456789012:ops'],
      OKActions: [Match.anyValue(), 'arn:aws:sns:eu-west-1:123456789012:ops'],
      AlarmDescription: Match.stringLikeRegexp('https://wiki.example/runbook#'),
    })
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' })
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
          }),
        ]),
      },
    })
  })
})

test(
  'the dashboard shows a hundred alarms in a widget, which is the most that CloudWatch takes',
  { timeout: 60_000 },
  () => {
    const destinations = Array.from({ length: 22 }, (_, index) => ({
      name: `d${index}`,
      events: { [`E${index}`]: String(23848672402580000 + index) },
    }))
    const stack = new Stack(anApp(), 'Theirs')
    aSync({ destinations: { ...settingsOf(), destinations: destinationsOf(...destinations) } }, { stack })
    const { Properties } = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'))[0] as {
      Properties: unknown
    }
    const widgets = JSON.stringify(Properties).split('\\"type\\":\\"alarm\\"').slice(1)
    expect(
      widgets.map((widget) => widget.split('"Fn::GetAtt"').filter((text) => text.includes('"Arn"')).length),
    ).toEqual([100, expect.any(Number)])
  },
)

test('the dashboard answers its four questions with every metric that the functions write', () => {
  const [[, dashboard] = []] = resourcesOf(theStack.stack, 'AWS::CloudWatch::Dashboard')
  const body = JSON.stringify(dashboard)
  for (const question of ['Is it flowing?', 'What is stuck?', 'What did Meta say?', 'Will it go on?'])
    expect(body).toContain(question)
  const METRICS = /^ {2}(\w+): \{ unit/gm
  const names = [...readFileSync('lib/metrics.ts', 'utf8').matchAll(METRICS)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(15)
  for (const name of names) expect(body).toContain(`MetricName=\\\\\\"${name}`)
})
