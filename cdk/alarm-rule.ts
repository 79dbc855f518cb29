import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'

/** Something that a person must know. */
export type AlarmRule = {
  id: string
  /** The heading in the runbook, as an anchor. */
  runbook: string
  /** What it means for the people who use the service. */
  impact: string
  metric: IMetric
  /** The alarm is raised at this value and above, or below it for something that runs out. */
  threshold: number
  runsOut?: true
  /** How many periods are looked at. One of them beyond the threshold raises the alarm. */
  periods: number
  /**
   * What missing data means. `fine`: nothing happened. `keep`: it is measured once a day and valid until the next time.
   */
  missing: 'fine' | 'keep'
}
