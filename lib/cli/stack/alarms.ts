import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import { SNSClient, paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns'
import type { Stack } from './stack.ts'

/** An alarm of a deployed stack. `id` is its name in the template, `since` when its state changed. `actions` are the ARNs of whom it tells, none when its actions are switched off. */
export type StackAlarm = {
  name: string
  id: string
  isRaised: boolean
  since: number
  description: string
  actions: readonly string[]
}

/** CloudFormation's names: the stack, the logical id, and some letters. So stack `a` is told from stack `a-b`. */
const BEHIND_STACK = /^([A-Za-z0-9]+)-[A-Za-z0-9]+$/

/** The alarms of a deployed stack. Rejects with the SDK's error. */
export async function stackAlarms({ aws, name: stack = '' }: Pick<Stack, 'aws' | 'name'>): Promise<StackAlarm[]> {
  const prefix = `${stack}-`
  const client = new CloudWatchClient(aws)
  try {
    const alarms: StackAlarm[] = []
    for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix }))
      for (const alarm of MetricAlarms) {
        const {
          AlarmName: name = '',
          StateValue,
          AlarmDescription: description = '',
          ActionsEnabled,
          AlarmActions,
        } = alarm
        const [, id] = BEHIND_STACK.exec(name.slice(prefix.length)) ?? []
        const actions = ActionsEnabled === false ? [] : (AlarmActions ?? [])
        const since = alarm.StateUpdatedTimestamp?.getTime() ?? 0
        if (id !== undefined) alarms.push({ name, id, isRaised: StateValue === 'ALARM', since, description, actions })
      }
    return alarms
  } finally {
    client.destroy()
  }
}

/** How many subscribe to a topic, and how many of them have not confirmed it yet. Rejects with the SDK's error. */
export async function subscribersOf(
  topicArn: string,
  { aws }: Pick<Stack, 'aws'>,
): Promise<{ all: number; pending: number }> {
  const client = new SNSClient(aws)
  try {
    const arns: string[] = []
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn: topicArn }))
      arns.push(...Subscriptions.map(({ SubscriptionArn = '' }) => SubscriptionArn))
    return { all: arns.length, pending: arns.filter((arn) => arn === 'PendingConfirmation').length }
  } finally {
    client.destroy()
  }
}
