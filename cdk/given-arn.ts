import { Token } from 'aws-cdk-lib'
import type { Stack } from 'aws-cdk-lib'
import * as v from 'valibot'
import type { SettingProblem } from '../lib/config/setting-problem.ts'

/** An ARN of one kind of resource. Another CDK app may give one that is known only at deployment; it is not checked. */
export function givenArn(service: string, resource: RegExp, example: string) {
  const whole = new RegExp(`^arn:aws[a-z-]*:${service}:[a-z]{2}[a-z0-9-]*:\\d{12}:${resource.source}$`)
  return v.pipe(
    v.string('must be text'),
    v.check(
      (value) => Token.isUnresolved(value) || whole.test(value),
      `must be an ARN such as arn:aws:${service}:eu-west-1:123456789012:${example}`,
    ),
  )
}

type Arns = Partial<Record<'formerKeyArn' | 'alarmTopicArn' | 'webAclArn', string>>

/**
 * The problems with ARNs of another account or region than the stack's, if those are known. A topic may be another
 * account's.
 */
export function arnsFromElsewhere({ formerKeyArn, alarmTopicArn, webAclArn }: Arns, stack: Stack): SettingProblem[] {
  const { partition, region, account } = stack
  const compare = (path: keyof Arns, arn: string | undefined, here: Record<string, string>): SettingProblem[] => {
    if (arn === undefined || Token.isUnresolved(arn)) return []
    const [, ofPartition = '', , ofRegion = '', ofAccount = ''] = arn.split(':')
    const there: Record<string, string> = { partition: ofPartition, region: ofRegion, account: ofAccount }
    return Object.entries(here)
      .filter(([place, value]) => !Token.isUnresolved(value) && value !== there[place])
      .map(([place, value]) => ({
        path,
        message: `must be of the stack's ${place}, ${value}, and is of ${there[place] ?? ''}`,
      }))
  }
  return [
    ...compare('formerKeyArn', formerKeyArn, { partition, region, account }),
    ...compare('alarmTopicArn', alarmTopicArn, { partition, region }),
    ...compare('webAclArn', webAclArn, { partition, region, account }),
  ]
}
