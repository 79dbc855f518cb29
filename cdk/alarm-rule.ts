import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'

/** Something that a person must know of. */
export type AlarmRule = {
  id: string
  /** The heading in the runbook, as an anchor. */
  runbook: string
  /** What it means for the people who use the service. */
  impact: string
  metric: IMetric
  /** It raises the alarm at this and beyond; below it for what runs out. */
  threshold: number
  runsOut?: true
  /** Periods that are looked at, one of which must be beyond the threshold. */
  periods: number
  /** `fine`: nothing is measured where nothing happens. `keep`: measured once a day, valid until the next. */
  missing: 'fine' | 'keep'
}
