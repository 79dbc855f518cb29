import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { AlarmRule } from './alarm-rule.ts'
import { destinationAlarms } from './destination-alarms.ts'
import type { Settings } from './settings.ts'
import { stackAlarms } from './stack-alarms.ts'
import type { Watched } from './watched.ts'

type AlarmsProps = { watched: Watched; settings: Settings; topics: readonly ITopic[] }

/** All alarms. Each has its impact and a link into the runbook. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, { watched, settings, topics }: AlarmsProps) {
    super(scope, id)
    const rules = [...stackAlarms(watched, settings), ...destinationAlarms(watched)]
    this.all = rules.map((rule) => this.alarm(rule, settings.runbookUrl))
    for (const alarm of this.all)
      for (const topic of topics) {
        alarm.addAlarmAction(new SnsAction(topic))
        alarm.addOkAction(new SnsAction(topic))
      }
  }

  private alarm({ id, runbook, impact, metric, threshold, runsOut, periods, missing }: AlarmRule, url: string): Alarm {
    return new Alarm(this, id, {
      alarmDescription: `${impact} Runbook: ${url}#${runbook}`,
      metric,
      threshold,
      comparisonOperator: runsOut
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: 1,
      treatMissingData: missing === 'fine' ? TreatMissingData.NOT_BREACHING : TreatMissingData.IGNORE,
    })
  }
}
