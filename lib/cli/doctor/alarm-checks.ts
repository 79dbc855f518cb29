import { stackAlarms, subscribersOf } from '../stack/alarms.ts'
import type { StackAlarm } from '../stack/alarms.ts'
import type { Stack } from '../stack/stack.ts'
import { counted } from '../terminal/counted.ts'
import { printable } from '../terminal/terminal.ts'
import { fail, ok, warn } from './check.ts'
import type { Finding } from './check.ts'
import { unansweredByAws } from './unanswered.ts'

const SUBSCRIBE = 'Deploy with: npm run deploy -- -c alarmEmail=you@example.com'

/** The alarms that are raised, one finding each, and whether anybody hears of them. */
export async function alarmFindings(stack: Stack): Promise<Record<string, Finding>> {
  let alarms: StackAlarm[]
  try {
    alarms = await stackAlarms(stack)
  } catch (error) {
    return { alarms: unansweredByAws(error, 'cloudwatch:DescribeAlarms', 'Repeat this.') }
  }
  if (alarms.length === 0) return { alarms: fail('the stack has none', 'Deploy again: npm run deploy') }
  const raised = alarms.filter(({ isRaised }) => isRaised)
  return {
    ...(raised.length === 0
      ? { alarms: ok(`${counted(alarms.length, 'alarm')}, and none is raised`) }
      : Object.fromEntries(raised.map((alarm) => [`alarm ${shortName(alarm, stack)}`, raisedFinding(alarm)]))),
    'alarms told': await toldFinding(alarms, stack),
  }
}

/** `TrackAge` of `stack-AlarmsTrackAgeD3E45F67-XYZ`. */
function shortName({ name }: StackAlarm, { name: stackName = '' }: Stack): string {
  const [id = name] = name.slice(stackName.length + 1).split('-')
  return printable(id.replace(/^.*Alarms/, '').replace(/[0-9A-F]{8}$/, ''))
}

/** Its description says what it means for people, and where the runbook is. */
function raisedFinding({ description }: StackAlarm): Finding {
  const [impact = '', runbook] = printable(description).split(/ Runbook: /)
  return fail(impact, runbook === undefined ? 'See the runbook in cdk/README.md.' : `Runbook: ${runbook}`)
}

async function toldFinding(alarms: readonly StackAlarm[], stack: Stack): Promise<Finding> {
  const actions = [...new Set(alarms.flatMap((alarm) => alarm.actions))]
  if (actions.length === 0) return warn('nobody: the alarms have no action', SUBSCRIBE)
  const topics = actions.filter((arn) => arn.split(':')[2] === 'sns')
  if (topics.length < actions.length) return ok('by actions that are not only topics')
  try {
    const counts = await Promise.all(topics.map((topic) => subscribersOf(topic, stack)))
    const all = counts.reduce((sum, each) => sum + each.all, 0)
    const pending = counts.reduce((sum, each) => sum + each.pending, 0)
    if (all === 0) return warn('nobody subscribes to their topic', SUBSCRIBE)
    if (all === pending) return warn('nobody has confirmed the subscription', 'Confirm the e-mail that SNS sent.')
    return ok(counted(all - pending, 'subscriber'))
  } catch (error) {
    return unansweredByAws(error, 'sns:ListSubscriptionsByTopic', SUBSCRIBE)
  }
}
